"""Codes of one body played on another."""

from __future__ import annotations

import pytest

from lapa.checkup.measures.transfer import transfer
from tests.synthetic import ARM, HAND, RED, Collapsed, Contrary, Copier, Oracle, frame_pairs


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, HAND)


def test_oracle_carries_over(pairs):
    # not quite 1: a square that goes over the edge comes in on the other side
    found = transfer(Oracle(), pairs, count=24)
    assert found.cosine.low > 0.9 and found.same_code.value == 1
    assert found.pairs == 6 * 24 and len(found.matrix) == 6
    assert min(found.matrix.values()) > 0.8
    assert 0 < found.chance < 0.6


def test_copier_moves_nothing(pairs):
    found = transfer(Copier(), pairs)
    assert found.cosine.value == 0 and found.cosine.high == 0
    # what it reads back from standing pictures is always "no shift"
    assert found.same_code.value < 0.5


def test_collapsed_gets_its_code_back_but_by_chance(pairs):
    found = transfer(Collapsed(), pairs)
    assert found.same_code.value == found.chance == 1
    assert found.cosine.value == 0


def test_body_that_moves_the_other_way_is_found(pairs):
    matrix = transfer(Contrary(), pairs, count=24).matrix
    for (source, target), cosine in matrix.items():
        assert cosine < -0.8 if target == "red" else cosine > 0.8, (source, target)


def test_one_embodiment_or_no_motion_cannot_tell():
    assert transfer(Oracle(), frame_pairs(ARM)) is None
    assert transfer(Oracle(), frame_pairs(still=True)) is None


def test_draw_is_seeded_and_progress_is_told(pairs):
    told = []
    first = transfer(Contrary(), pairs, count=4, seed=1, tick=lambda *step: told.append(step))
    assert transfer(Contrary(), pairs, count=4, seed=1) == first
    assert told == [(24, 24)] and first.pairs == 24
