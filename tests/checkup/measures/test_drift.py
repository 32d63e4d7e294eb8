"""Imagined rollouts with true codes, on quantizers whose error at every step is known."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.checkup.measures.drift import drift
from lapa.evaluation import sample
from lapa.evaluation.perception import robot_error
from lapa.evaluation.table import psnr
from tests.synthetic import ARM, FADED, HAND, Blurrer, Copier, Darker, Oracle, Random, frame_pairs

EXACT = float(psnr(np.zeros(1))[0])
STEPS = 8


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(episodes=4)


def test_oracle_dreams_on_and_on(pairs):
    found = drift(Oracle(), pairs, steps=STEPS)
    for group in (found.overall, *found.embodiments.values()):
        assert group.psnr == pytest.approx([EXACT] * STEPS)
        assert group.ssim == pytest.approx([1] * STEPS)
        assert group.sharpness == pytest.approx([1] * STEPS)
        assert group.gain.low > 20 and group.trusted_until == STEPS
        assert np.all(np.array(group.copy_ssim) < 1)
    assert found.overall.episodes == 8 and found.embodiments["arm"].episodes == 4


def test_copier_gains_nothing_and_is_not_trusted(pairs):
    found = drift(Copier(), pairs, steps=STEPS).overall
    assert found.psnr == found.copy_psnr and found.ssim == found.copy_ssim
    assert found.gain.value == found.gain.low == 0 and found.trusted_until == 0


def test_blurrer_loses_sharpness_step_by_step(pairs):
    found = drift(Blurrer(), pairs, steps=STEPS).overall
    assert np.all(np.diff((1, *found.sharpness)) < 0)
    assert found.sharpness_at.value == pytest.approx(found.sharpness[-1])
    assert found.sharpness[-1] < 0.2
    assert np.all(np.diff(found.psnr) < 0)


def test_loop_is_closed(pairs):
    """What is lost at one step is missing at the next: n steps cost n times as much."""
    found = drift(Darker(), pairs, steps=STEPS).overall
    lost = FADED * np.arange(1, STEPS + 1) / 255
    # ARM and RED have no pixel so dark that it could not lose this much
    assert found.psnr == pytest.approx(psnr(lost**2))


def test_wrong_codes_are_trusted_for_no_step(pairs):
    found = drift(Random(), pairs, steps=STEPS).overall
    assert found.trusted_until < 2 and found.gain.value < 1


def test_trust_ends_before_the_first_step_that_copying_wins():
    class Late(Oracle):
        """Right for frames as they are; a frame that is a little darker turns black."""

        def _imagine(self, frame, codes):
            if (frame == 0).all() or frame.max() < 240 - 2 * FADED:
                return np.zeros_like(frame)
            return np.maximum(super()._imagine(frame, codes).astype(int) - FADED, 0).astype(
                np.uint8
            )

    found = drift(Late(), frame_pairs(HAND), steps=6).overall
    assert found.trusted_until == 3
    assert np.array(found.psnr[:3]).min() > max(found.copy_psnr) > max(found.psnr[3:])


def test_short_episodes_take_shorter_steps_or_none():
    # 26 frames: 12 steps of two fit, 16 do not
    assert drift(Oracle(), frame_pairs(), steps=12).overall.shortened == 0
    assert drift(Oracle(), frame_pairs(), steps=13).overall.shortened == 1
    assert drift(Oracle(), frame_pairs(), steps=25).overall.trusted_until == 25
    assert drift(Oracle(), frame_pairs(), steps=26) is None


def test_steps_are_the_gap_apart():
    """copy_psnr at step n is that of x_0 against x_2n."""
    pairs = frame_pairs(ARM, episodes=1)
    clip = pairs.cache.clip(0)
    errors = [
        robot_error(clip[[0]], clip[[2 * n]], clip[[0]], clip[[2 * n - 2]])[0] for n in (1, 2, 3)
    ]
    found = drift(Oracle(), pairs, steps=3).overall
    assert found.copy_psnr == pytest.approx(psnr(np.array(errors)))
    assert np.isnan(found.gain.low), "one episode has no interval"


def test_sharpness_is_judged_at_step_sixteen():
    found = drift(Blurrer(), frame_pairs(episodes=2), steps=20).overall
    assert found.sharpness_at.value == pytest.approx(found.sharpness[15])
    assert found.steps == 20 and found.sharpness[15] < 0.5 * found.sharpness[0]
    assert found.sharp_until == 0
    assert drift(Oracle(), frame_pairs(episodes=2), steps=20).overall.sharp_until == 20


@pytest.mark.parametrize("steps", [0, 33])
def test_steps_out_of_range_are_refused(pairs, steps):
    with pytest.raises(ValueError, match="1 to 32"):
        drift(Oracle(), pairs, steps=steps)


def test_batches_change_nothing_and_progress_is_told(pairs, monkeypatch):
    whole, told = drift(Blurrer(), pairs, steps=3), []
    monkeypatch.setattr(sample, "BATCH", 3)
    parts = drift(Blurrer(), pairs, steps=3, tick=lambda *step: told.append(step))
    assert parts == whole
    assert told == [(done, 9) for done in range(1, 10)]
