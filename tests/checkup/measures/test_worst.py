"""The worst pairs, picked from a table and shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lapa.checkup.measures.worst import HARDLY, worst
from lapa.evaluation.table import measure
from tests.synthetic import Copier, Oracle, frame_pairs


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(episodes=3, length=8)


@pytest.fixture(scope="module")
def table(pairs):
    return measure(Copier(), pairs)


def test_worst_come_first_one_of_an_episode(pairs, table):
    mse = np.zeros(len(table))
    mse[[4, 5, 20]] = 0.3, 0.5, 0.2
    found = worst(Copier(), pairs, replace(table, mse=mse, copy_mse=np.full(len(mse), 0.1)), 3)
    assert [each.ratio for each in found] == pytest.approx(
        [0.5 / (0.1 + HARDLY), 0.2 / (0.1 + HARDLY), 0]
    )
    assert (found[0].episode_id, found[0].t, found[0].embodiment) == ("arm-0", 5, "arm")
    assert (found[1].episode_id, found[1].t) == ("red-0", 2)
    assert len({each.episode_id for each in found}) == 3


def test_frames_and_codes_are_those_of_the_pair(pairs, table):
    found = worst(Oracle(), pairs, measure(Oracle(), pairs))
    assert len(found) == 6
    for each in found:
        index = [episode.id for episode in pairs.cache.episodes].index(each.episode_id)
        clip = pairs.cache.clip(index)
        assert np.array_equal(each.frame, clip[each.t])
        assert np.array_equal(each.future, clip[each.t + 2])
        assert np.array_equal(each.imagined, each.future)
        assert each.codes == tuple(Oracle().encode(each.frame, each.future).tolist())
        assert each.ratio == 0


def test_copied_pairs_in_which_nothing_moves_are_not_the_worst(pairs, table):
    assert table.copy_mse.min() == 0
    found = worst(Copier(), pairs, table, 1)[0]
    assert 0.5 < found.ratio < 1 and not np.array_equal(found.frame, found.future)
    assert np.array_equal(found.imagined, found.frame)


def test_more_than_there_are_gives_all(pairs, table):
    told = []
    assert len(worst(Copier(), pairs, table, 50, tick=lambda *step: told.append(step))) == 6
    assert told == [(1, 1)]
