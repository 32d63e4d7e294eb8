"""The bootstrap over episodes: whole episodes, known percentiles, honest coverage."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.estimate import (
    Estimate,
    bootstrap,
    episode_sums,
    interval,
    mean,
    mean_known,
    reweighted,
)
from lapa.evaluation.folds import folds


def test_value_is_of_all_rows_and_episodes_are_drawn_whole():
    episode, seen = np.array([7, 7, 7, 2, 2, 9]), []

    def statistic(rows):
        seen.append(rows)
        return float(len(rows))

    assert bootstrap(statistic, episode, draws=50).value == 6
    assert seen[0].tolist() == list(range(6)) and len(seen) == 51
    for rows in seen[1:]:
        times = np.bincount(rows, minlength=6)
        assert times[0] == times[1] == times[2] and times[3] == times[4]
        assert times[0] + times[3] + times[5] == 3


def test_percentiles_of_two_episodes_are_known():
    # a mean over two episodes of 0 and 1 is 0, 0.5 or 1 with chances 1/4, 1/2, 1/4
    assert mean(np.array([0.0, 1.0]), np.array([0, 1])) == Estimate(0.5, 0.0, 1.0)


def test_reweighted_sums_and_resampled_rows_agree():
    generator = np.random.default_rng(3)
    values, episode = generator.normal(size=60), generator.integers(9, size=60)
    by_rows = bootstrap(lambda rows: values[rows].mean(), episode, draws=80, seed=4)
    by_sums = mean(values, episode, draws=80, seed=4)
    assert (by_rows.value, by_rows.low, by_rows.high) == pytest.approx(
        (by_sums.value, by_sums.low, by_sums.high)
    )


def test_one_episode_or_no_draws_have_no_interval():
    for found in (mean(np.ones(4), np.zeros(4)), mean(np.ones(4), np.arange(4), draws=0)):
        assert found.value == 1 and np.isnan(found.low) and np.isnan(found.high)


def test_nothing_has_no_mean():
    assert np.isnan(mean(np.empty(0), np.empty(0, int)).value)


def test_draws_without_a_value_are_left_out():
    assert interval(1.0, np.array([np.nan, 2.0, np.inf])) == Estimate(1.0, 2.0, 2.0)
    assert np.isnan(interval(float("nan"), np.array([2.0])).low)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    episode = np.repeat(np.arange(30), 5)
    covered = 0
    for _ in range(200):
        # all the spread is between episodes: rows as such would give far too narrow an interval
        found = mean(np.repeat(generator.normal(size=30), 5), episode, draws=300)
        covered += found.low <= 0 <= found.high
    assert 0.88 < covered / 200 < 0.99


def test_the_same_seed_gives_the_same_interval():
    values, episode = np.arange(12.0), np.arange(12) // 2
    assert mean(values, episode, seed=1) == mean(values, episode, seed=1)
    assert mean(values, episode, seed=1) != mean(values, episode, seed=2)


def test_statistic_gets_all_draws_at_once():
    shapes = []
    reweighted(lambda w: shapes.append(w.shape) or w.sum(1), 4, draws=10)
    assert shapes == [(1, 4), (10, 4)]


def test_sums_over_episodes_and_means_of_what_is_known():
    sums = episode_sums(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([8, 3, 8]))
    assert sums.tolist() == [[3, 4], [6, 8]]
    found = mean_known(np.array([[1.0, np.nan, 3.0], [np.nan] * 3]))
    assert found[0] == 2 and np.isnan(found[1])


def test_folds_keep_episodes_whole_and_cover_every_row_once():
    episode = np.repeat([4, 1, 8, 9, 6, 5, 2], [9, 1, 5, 2, 7, 3, 3])
    told = np.zeros(len(episode))
    for rows, others in folds(episode):
        assert not set(episode[rows]) & set(episode[others])
        assert (rows ^ others).all() and 3 <= others.sum() <= 9
        told += others
    assert (told == 1).all() and len(list(folds(episode))) == 5
    assert len(list(folds(np.array([0, 1, 1])))) == 2
    assert not list(folds(np.zeros(5)))
