"""Doing nothing, on quantizers that keep still and on some that do not."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.checkup.measures.no_op import no_op
from lapa.evaluation.table import psnr
from tests.synthetic import FADED, RED, Blurrer, Darker, Oracle, Random, frame_pairs

EXACT = float(psnr(np.zeros(1))[0])


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs()


def test_oracle_keeps_still(pairs):
    found = no_op(Oracle(), pairs).overall
    assert found.share.value == found.share.low == 1
    assert found.kept.value == pytest.approx(EXACT)
    assert found.code == (2, 2) and found.frames == 96


def test_change_of_the_frame_is_seen(pairs):
    kept = no_op(Darker(), pairs).overall.kept.value
    assert kept == pytest.approx(float(psnr(np.array([(FADED / 255) ** 2]))[0]))
    assert no_op(Blurrer(), pairs).overall.kept.value < 40


def test_codes_without_meaning_are_not_stable(pairs):
    found = no_op(Random(), pairs)
    for group in found.embodiments.values():
        assert group.frames == 48 and group.share.value < 0.25


def test_share_is_that_of_the_commonest_code_of_the_embodiment(pairs):
    class Halves(Oracle):
        """RED stands still under another code; of the frames of ARM half have a third one."""

        def encode(self, frame, future):
            codes = super().encode(frame, future)
            red = (frame[:, :, :, 0] == RED.ground[0]).mean((1, 2)) > 0.5
            low = np.argmax((frame != frame[:, -1:, -1:]).any(-1).any(-1), 1) % 2 == 1
            codes[~red & low] = (4, 4)
            codes[red] = (0, 1)
            return codes

    found = no_op(Halves(), pairs)
    arm = found.embodiments["arm"]
    assert found.embodiments["red"].share.value == 1 and found.embodiments["red"].code == (0, 1)
    assert 0.5 <= arm.share.value < 1 and arm.share.low < arm.share.high
    assert found.overall.share.value == pytest.approx((arm.share.value + 1) / 2)


def test_count_and_stride_bound_the_work(pairs):
    assert no_op(Oracle(), pairs, count=5).overall.frames == 10
    assert no_op(Oracle(), frame_pairs(episodes=2), stride=8).overall.frames == 12


def test_progress_is_told(pairs):
    told = []
    no_op(Oracle(), pairs, count=30, tick=lambda *step: told.append(step))
    assert told == [(32, 60), (60, 60)]
