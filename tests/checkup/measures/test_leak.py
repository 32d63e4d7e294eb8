"""The scene cut and the past-future cosine, on quantizers that do or do not store pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lapa.checkup.measures.leak import leak
from lapa.data import FramePairs
from lapa.evaluation import sample
from lapa.evaluation.table import psnr
from tests.synthetic import (
    ARM,
    GAP,
    PIXELS,
    RED,
    Cheater,
    Collapsed,
    Copier,
    Oracle,
    clips,
    frame_pairs,
    picture,
)

EXACT = float(psnr(np.zeros(1))[0])


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs()


def test_oracle_cannot_rebuild_a_foreign_scene(pairs):
    found = leak(Oracle(), pairs)
    assert abs(found.overall.foreign_gain.value) < 0.5
    assert found.overall.own_gain > 30
    assert set(found.embodiments) == {"arm", "red"}
    assert [each.pairs for each in found.embodiments.values()] == [24, 24]


def test_cheater_rebuilds_it_exactly(pairs):
    found = leak(Cheater(), pairs).overall
    assert found.foreign_gain.low > 30
    assert found.s_pcfc.value == pytest.approx(1)


def test_copier_gains_nothing_anywhere(pairs):
    found = leak(Copier(), pairs).overall
    assert found.foreign_gain.value == found.own_gain == 0


def test_one_embodiment_is_cut_to_another_episode():
    # one ground, so the codes of the oracle bring the square as near as they reach
    single = frame_pairs(ARM)
    assert leak(Cheater(), single).overall.foreign_gain.low > 10
    assert leak(Copier(), single).overall.foreign_gain.value == 0


def test_one_episode_has_no_foreign_scene():
    found = leak(Oracle(), frame_pairs(ARM, episodes=1)).overall
    assert np.isnan(found.foreign_gain.value)
    assert found.own_gain > 0 and np.isfinite(found.s_pcfc.value)


def steady(velocity: int) -> FramePairs:
    """Episodes in which the square goes on and on to the right."""
    made = clips((ARM,), episodes=3)
    length = made.episodes[0].length
    frames = np.stack([picture(ARM, velocity * t, 5) for t in range(length)])
    return FramePairs(replace(made, frames=np.tile(frames, (3, 1, 1, 1))), 0.2, split="holdout")


def test_opposite_motions_have_opposite_latents():
    # from the past to now is the opposite of from the future to now
    assert leak(Oracle(), steady(PIXELS)).overall.s_pcfc.value == pytest.approx(-1)


def test_latents_of_zero_have_no_cosine():
    assert np.isnan(leak(Oracle(), steady(0)).overall.s_pcfc.value)
    assert np.isnan(leak(Collapsed(), steady(PIXELS)).overall.s_pcfc.value)


def test_episodes_without_a_past_have_no_cosine():
    assert np.isnan(leak(Oracle(), frame_pairs(length=2 * GAP)).overall.s_pcfc.value)


def test_draw_is_seeded_and_batches_change_nothing(pairs, monkeypatch):
    first = leak(Oracle(), pairs, count=10, seed=3)
    monkeypatch.setattr(sample, "BATCH", 7)
    assert leak(Oracle(), pairs, count=10, seed=3) == first
    assert leak(Oracle(), pairs, count=10, seed=4) != first


def test_progress_is_told_and_can_stop_it(pairs):
    told = []
    leak(Copier(), pairs, count=20, tick=lambda *step: told.append(step))
    assert told[-1] == (80, 80) and sorted(told) == told

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        leak(Copier(), pairs, tick=stop)


def test_wide_interval_comes_from_few_episodes():
    few = leak(Cheater(), frame_pairs(episodes=2)).overall.foreign_gain
    assert few.low <= few.value <= few.high < EXACT


def test_red_is_never_cut_to_red():
    """The foreign frame is of the other embodiment: the stored picture has its ground."""
    seen = []

    class Watching(Cheater):
        def decode(self, frame, codes):
            image = super().decode(frame, codes)
            seen.extend(zip(frame, image, strict=True))
            return image

    leak(Watching(), frame_pairs(episodes=2), count=4)
    grounds = [tuple(tuple(np.median(f, (0, 1))) for f in pair) for pair in seen]
    cuts = [pair for pair in grounds if pair[0] != pair[1]]
    assert len(cuts) == 8 and {ARM.ground, RED.ground} == set(cuts[0])
