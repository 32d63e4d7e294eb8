"""Consistency by hand, by a slow double loop, and of quantizers whose answer is known."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from lapa.checkup.measures.consistency import consistency, standardised
from lapa.data.directions import sectors
from lapa.evaluation.inferred import Inferred
from lapa.evaluation.table import measure
from tests.synthetic import ARM, BLIND, HAND, RED, Collapsed, Copier, Oracle, Random, frame_pairs


def told(moves, codes, episode, *, names=("x", "y"), embodiment="arm", size=2):
    """Inferred pairs of one embodiment with these displacements and codes."""
    rows = len(moves)
    return Inferred(
        embodiment=np.full(rows, embodiment),
        episode=np.asarray(episode),
        t=np.arange(rows),
        gap_frames=np.ones(rows, int),
        codes=np.asarray(codes).reshape(rows, -1),
        latent=np.zeros((rows, 1, 1), np.float32),
        displacement=np.asarray(moves, float),
        motion=np.zeros((rows, 2)),
        codebook_size=size,
        action_names={embodiment: names},
    )


RIGHT, LEFT = (1.0, 0.0), (-1.0, 0.0)


def test_a_code_that_always_does_the_same():
    table = told([RIGHT, LEFT] * 4, [0, 1] * 4, np.arange(8) // 2)
    found = consistency(table).overall
    assert found.cosine.value == pytest.approx(1) and found.cosine.low == pytest.approx(1)
    assert found.delta_mse.value == pytest.approx(0)
    assert found.delta_accuracy.value == 1 and found.chance == 0.5
    assert found.sector_share == (0.5, 0, 0, 0, 0.5, 0, 0, 0, 0)
    assert found.effects == (((1.0, 0.0, 4), (-1.0, 0.0, 4)),)


def test_a_code_that_does_the_opposite_in_every_other_episode():
    table = told([RIGHT, LEFT, LEFT, RIGHT], [0, 1, 0, 1], [0, 0, 1, 1])
    found = consistency(table).overall
    assert found.cosine.value == pytest.approx(-1)
    assert found.delta_mse.value == pytest.approx(1)
    assert found.delta_accuracy.value == 0


def test_pairs_of_one_episode_do_not_vouch_for_each_other():
    # code 0 agrees within episode 0 and has no other; code 1: 1·1 and 1·(−1) across episodes
    table = told([RIGHT, RIGHT, LEFT, LEFT, RIGHT], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1])
    effect = standardised(np.array([RIGHT, RIGHT, LEFT, LEFT, RIGHT]))[:, 0]
    signs = np.sign(effect)
    assert signs.tolist() == [1, 1, -1, -1, 1]
    assert consistency(table).overall.cosine.value == pytest.approx((1 - 1) / 2)


def test_codes_seen_in_one_episode_only_have_no_cosine():
    assert np.isnan(consistency(told([RIGHT, LEFT], [0, 0], [3, 3])).overall.cosine.value)


def test_figures_agree_with_loops_over_pairs():
    generator = np.random.default_rng(5)
    moves, codes = generator.normal(size=(40, 3)), generator.integers(3, size=(40, 2))
    episode = generator.integers(6, size=40)
    table = told(moves, codes, episode, names=("y", "z", "x"), size=3)
    found = consistency(table).overall
    effect = (moves - moves.mean(0)) / moves.std(0)
    unit = effect / np.linalg.norm(effect, axis=1, keepdims=True)
    cosines, errors = np.zeros((2, 3)), np.zeros(2)
    for position, code in itertools.product(range(2), range(3)):
        mine = np.flatnonzero(codes[:, position] == code)
        pairs = [p for p in itertools.combinations(mine, 2) if episode[p[0]] != episode[p[1]]]
        cosines[position, code] = np.mean([unit[i] @ unit[j] for i, j in pairs])
        errors[position] += len(mine) / 40 * effect[mine].var(0).sum() / effect.var(0).sum()
    assert found.cosine.value == pytest.approx(cosines.mean())
    assert found.delta_mse.value == pytest.approx(errors.mean())
    first = effect[codes[:, 0] == 2][:, [2, 0]].mean(0)
    assert found.effects[0][2] == pytest.approx((*first, (codes[:, 0] == 2).sum()))


def test_directions():
    angle = np.deg2rad([0, 22, 23, 45, 90, 135, 180, 225, 270, 315, 338])
    moved = np.stack([np.cos(angle), np.sin(angle)], 1)
    assert sectors(moved, 1.0).tolist() == [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 0]
    assert sectors(np.array([[0.2, 0.1], [0.2, 0.2], [0, 0]]), 1.0).tolist() == [8, 1, 8]


def test_units_of_a_simulator_do_not_matter():
    table = measure(Oracle(), frame_pairs(ARM, RED, episodes=3, length=14))
    grown = np.where(table.embodiment[:, None] == "red", 1000, 1) * table.displacement
    scaled, found = consistency(replace(table, displacement=grown)), consistency(table)
    assert scaled.overall.delta_mse.value == pytest.approx(found.overall.delta_mse.value)
    assert scaled.overall.sector_share == found.overall.sector_share


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, HAND)


def test_oracle_is_consistent(pairs):
    found = consistency(measure(Oracle(), pairs))
    assert found.overall.delta_accuracy.low > 0.9 and found.overall.chance < 0.2
    # each position says one of two axes, so half of the variance is left at each
    assert found.overall.delta_mse.value == pytest.approx(0.5, abs=0.03)
    assert found.overall.cosine.low > 0.45
    assert set(found.embodiments) == {"arm", "red"}, "a hand has no x and y"


def test_random_codes_are_not(pairs):
    found = consistency(measure(Random(), pairs)).overall
    assert abs(found.cosine.value) < 0.05 and found.delta_mse.value > 0.95
    assert found.delta_accuracy.value < found.chance + 0.05


def test_one_code_for_everything_says_nothing(pairs):
    found = consistency(measure(Collapsed(), pairs)).overall
    assert abs(found.cosine.value) < 0.05 and found.delta_mse.value == pytest.approx(1)
    assert found.delta_accuracy.value <= found.chance


def test_a_decoder_that_ignores_codes_takes_nothing_from_their_meaning(pairs):
    oracle, copier = (consistency(measure(q, pairs)).overall for q in (Oracle(), Copier()))
    assert oracle == copier


def test_clips_without_translation_cannot_tell():
    assert consistency(measure(Oracle(), frame_pairs(HAND, BLIND, episodes=2, length=8))) is None


def test_other_clips_can_be_learnt_from():
    clips = frame_pairs(ARM, episodes=1, length=20, seed=3)
    table, learn = measure(Oracle(), clips), measure(Oracle(), frame_pairs(ARM, RED))
    alone, taught = consistency(table).overall, consistency(table, learn=learn).overall
    assert np.isnan(alone.delta_accuracy.value) and alone.learnt_from == 0
    assert taught.delta_accuracy.value > 0.9
    assert taught.learnt_from == (learn.embodiment == "arm").sum()
    assert taught.cosine.value == alone.cosine.value or np.isnan(alone.cosine.value)
