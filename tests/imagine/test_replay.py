"""A clip replayed: anchored at every step, now and then, or never."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.table import psnr
from lapa.imagine.replay import replay, trusted_until
from tests.synthetic import ARM, GAP, Blurrer, Copier, Darker, Oracle, clips

EXACT = float(psnr(np.zeros(1))[0])


@pytest.fixture(scope="module")
def clip():
    return clips((ARM,), episodes=1).clip(0)[::GAP]


def test_oracle_replays_the_clip(clip):
    steps = list(replay(Oracle(), clip))
    assert [step.step for step in steps] == list(range(1, len(clip)))
    assert [step.anchored for step in steps] == [True] + [False] * (len(clip) - 2)
    for step, true in zip(steps, clip[1:], strict=True):
        assert np.array_equal(step.imagined, true) and np.array_equal(step.true, true)
        assert step.psnr == pytest.approx(EXACT) and step.sharpness == pytest.approx(1)
        assert step.copy_psnr <= step.psnr


def test_errors_pile_up_until_the_next_anchor(clip):
    forced = [step.psnr for step in replay(Darker(), clip, every=1)]
    assert np.ptp(forced) < 1e-6
    for every in (2, 3):
        again = list(replay(Darker(), clip, every=every))
        assert [s.anchored for s in again] == [n % every == 0 for n in range(len(again))]
        for n, step in enumerate(again):
            assert (step.psnr == pytest.approx(forced[0])) is (n % every == 0)
    closed = [step.psnr for step in replay(Darker(), clip)]
    assert np.all(np.diff(closed) < 0)
    assert closed == [step.psnr for step in replay(Darker(), clip, every=len(clip))]


def test_copy_holds_the_frame_last_anchored_to(clip):
    steps = list(replay(Copier(), clip, every=2))
    assert all(step.psnr == step.copy_psnr for step in steps)
    blurred = list(replay(Blurrer(), clip))
    assert [s.copy_psnr for s in blurred] == [s.copy_psnr for s in replay(Copier(), clip)]
    sharp = [step.sharpness for step in blurred]
    assert sharp[0] < 0.7 and max(sharp[6:]) < sharp[0] / 2
    assert [step.sharpness for step in replay(Oracle(), clip)] == pytest.approx([1] * len(sharp))


def test_trusted_is_what_lies_above_copy_from_the_start():
    assert trusted_until([3, 3, 1, 3], [2, 2, 2, 2]) == 2
    assert trusted_until([3, 3], [2, 2]) == 2 and trusted_until([2], [2]) == 0


def test_wrong_questions_are_named(clip):
    with pytest.raises(ValueError, match="every is 0"):
        replay(Oracle(), clip, every=0)
    for frames in (clip[:1], clip[0]):
        with pytest.raises(ValueError, match="T ≥ 1"):
            replay(Oracle(), frames)
