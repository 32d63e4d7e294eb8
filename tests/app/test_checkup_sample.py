"""How much of the clips a checkup looks at."""

from __future__ import annotations

import pytest

from app.checkup_sample import SIZES, sample
from app.limits import UserError
from app.views import Clip


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
