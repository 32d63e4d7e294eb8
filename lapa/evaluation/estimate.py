"""A figure with its uncertainty: the bootstrap over episodes.

Frame pairs of one episode overlap and are anything but independent, so whole episodes are drawn
with replacement (Efron and Tibshirani 1993, chapter 13: the percentile interval; the cluster
bootstrap of Davison and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 500


@dataclass(frozen=True)
class Estimate:
    """A figure on all data, and its 95 % percentile interval over episodes, in the same unit.

    low and high are NaN where there is one episode only, or where no interval was asked for.
    """

    value: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    episode: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """`statistic(rows)` with its interval; rows (n,) int64 index the data, with repetitions.

    Args:
        episode: (N,) the episode of every row, any integers.
        draws: how often all episodes are drawn again; 0 for no interval.

    Draws for which the statistic is not finite (nothing moved) are left out.
    """
    members = _members(episode)
    value = float(statistic(np.arange(len(episode))))
    resampled = [statistic(_rows(members, row)) for row in resamples(len(members), draws, seed)]
    return interval(value, np.array(resampled, dtype=np.float64))


def reweighted(
    statistic: Callable[[np.ndarray], np.ndarray],
    episodes: int,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """As `bootstrap`, for figures that are arithmetic on sums over episodes: all draws at once.

    statistic: weights (R, episodes) float64, how often each episode was drawn -> figures (R,).
    Weights of one are the data as they are.
    """
    value = float(statistic(np.ones((1, episodes)))[0])
    weights = resamples(episodes, draws, seed)
    resampled = statistic(weights.astype(np.float64)) if len(weights) else np.empty(0)
    return interval(value, resampled)


def mean(values: np.ndarray, episode: np.ndarray, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """The mean of values (N,) over rows, with its interval; NaN without rows."""
    if not len(values):
        return Estimate(float("nan"), float("nan"), float("nan"))
    sums = episode_sums(np.stack([values, np.ones_like(values)], 1, dtype=np.float64), episode)
    return reweighted(lambda w: np.divide(*(w @ sums).T), len(sums), draws=draws, seed=seed)


def share(
    part: np.ndarray, whole: np.ndarray, episode: np.ndarray, *, draws: int = DRAWS
) -> Estimate:
    """Σ part / Σ whole over rows (N,), and its interval over episodes; NaN where the whole is 0."""
    sums = episode_sums(np.stack([part, whole], 1), episode)

    def ratio(weights: np.ndarray) -> np.ndarray:
        above, below = (weights @ sums).T
        quotient: np.ndarray = np.divide(
            above, below, out=np.full_like(above, np.nan), where=below > 0
        )
        return quotient

    return reweighted(ratio, len(sums), draws=draws)


def resamples(episodes: int, draws: int, seed: int) -> np.ndarray:
    """How often each episode comes in each draw: (draws, episodes) int64; none for one episode."""
    if episodes < 2:
        return np.empty((0, episodes), dtype=np.int64)
    generator = np.random.default_rng(seed)
    return generator.multinomial(episodes, np.full(episodes, 1 / episodes), size=draws)


def interval(value: float, resampled: np.ndarray) -> Estimate:
    """`value` with the 2.5th and 97.5th percentile of the finite ones of resampled (R,)."""
    resampled = resampled[np.isfinite(resampled)]
    if not np.isfinite(value) or not len(resampled):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def episode_sums(values: np.ndarray, episode: np.ndarray) -> np.ndarray:
    """Sums of values (N, ...) over each episode (N,), in rising order of the episodes: (E, ...)."""
    names, place = np.unique(episode, return_inverse=True)
    sums = np.zeros((len(names), *values.shape[1:]))
    np.add.at(sums, place, values)
    return sums


def mean_known(values: np.ndarray) -> np.ndarray:
    """The mean over the last dimension of what is finite; NaN where nothing is."""
    known = np.isfinite(values)
    total, number = np.where(known, values, 0).sum(-1), known.sum(-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _members(episode: np.ndarray) -> list[np.ndarray]:
    """The rows of each episode."""
    _, place, sizes = np.unique(episode, return_inverse=True, return_counts=True)
    return np.split(np.argsort(place, kind="stable"), np.cumsum(sizes)[:-1])


def _rows(members: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    return np.concatenate([members[i] for i in np.repeat(np.arange(len(members)), weights)])
