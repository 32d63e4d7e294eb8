"""How much of the clips a checkup looks at."""

from __future__ import annotations

import pytest

from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.checkup.sample import SIZES, sample


def clips(embodiment: str, count: int, frames: int = 40, uploaded: bool = False) -> list[Clip]:
    return [
        Clip(f"{embodiment}-{i}", "s", embodiment, "push", "", 10.0, frames, 48, 64, "", uploaded)
        for i in range(count)
    ]


def test_few_clips_are_looked_at_whole() -> None:
    chosen = sample(clips("panda", 3), 0.5, "quick")
    assert len(chosen.clips) == 3 and chosen.stride == 1
    assert chosen.pairs == 3 * 35 and chosen.frames == 120 and chosen.notes == ()


def test_many_clips_are_sampled_and_it_is_said() -> None:
    many = clips("panda", 70) + clips("fetch", 5) + clips("jaco", 70)
    quick, thorough = sample(many, 0.5, "quick"), sample(many, 0.5, "thorough")
    assert len(quick.clips) == SIZES["quick"].episodes
    assert quick.pairs <= SIZES["quick"].pairs + len(quick.clips)
    bodies = [clip.embodiment for clip in quick.clips]
    assert bodies.count("fetch") == 5 and abs(bodies.count("panda") - bodies.count("jaco")) <= 1
    assert "44 of 145 episodes" in quick.notes[0] and "frame pair" in quick.notes[0]
    assert thorough.pairs == 145 * 35 and not thorough.notes
    assert sample(many, 0.5, "quick") == quick, "always the same part"


def test_a_clip_shorter_than_the_gap_is_left_out_and_said() -> None:
    chosen = sample(clips("panda", 2) + clips("short", 1, frames=4), 0.5, "quick")
    assert {clip.embodiment for clip in chosen.clips} == {"panda"}
    assert chosen.notes == ("1 of the 3 clips is shorter than the gap and left out.",)


def test_an_own_video_is_told_with_its_limits() -> None:
    chosen = sample(clips("upload", 1, uploaded=True), 0.5, "quick")
    assert "nobody knows the robot's actions" in chosen.notes[-1]


@pytest.mark.parametrize(
    ("frames", "size", "said"), [(4, "quick", "gap of 0.5 s"), (40, "huge", "no size 'huge'")]
)
def test_what_cannot_be_looked_at(frames: int, size: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        sample(clips("panda", 1, frames), 0.5, size)


def test_the_true_gap_is_told_and_named_where_it_is_far_from_the_models() -> None:
    def slow(fps: float) -> Clip:
        return Clip(f"slow-{fps}", "s", "panda", "push", "", fps, 40, 48, 64, "")

    chosen = sample([*clips("panda", 2), slow(2), slow(0.1)], 0.3, "quick")
    assert chosen.apart == "0.3 to 10"
    assert chosen.notes[-1] == (
        "The pairs of 2 clips are 0.5 to 10 s apart, not 0.3 s, as there are too few frames a "
        "second."
    )
    assert sample([slow(0.1)], 0.3, "quick").apart == "10"
    assert sample(clips("panda", 2), 0.3, "quick").notes == ()
