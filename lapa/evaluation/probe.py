"""Action content: how much of the robot's own action can be read from a latent action?

The linear probe of LAOM (Nikulin et al. 2025, section 4): W z + b ≈ a without a gradient to z.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, episode_sums, interval, mean_known, resamples
from lapa.evaluation.ridge import predict_out_of_fold
from lapa.evaluation.table import TRANSLATION, Groups, PairTable

SCATTER = 200


@dataclass(frozen=True)
class Probe:
    """R² of a linear probe to the robot's true displacement, from the latents and from the codes.

    R² = 1 − Σ (a − â)² / Σ (a − mean a)², over all pairs of the group: 1 is exact, 0 is no better
    than the mean, below 0 is worse. â comes from ridge regression on standardised inputs (the
    latents, or the one-hot codes), one fit an embodiment. Every pair is predicted by a fit that
    saw none of its episode (up to five folds), the strength of the ridge chosen within the fit's
    own episodes.

    latent, codes: the mean R² over the translation (dimensions x, y, z). NaN for an embodiment
        that has none; overall the mean over embodiments that have one.
    per_dim_latent, per_dim_codes: R² of every action dimension by name; overall the mean over
        the embodiments that have it. Dimensions that never change are left out.
    scatter: up to 200 pairs as (true, predicted from the latent, index of TRANSLATION), both in
        standard deviations of the embodiment.

    The intervals draw episodes of these predictions; no ridge is fitted anew.
    """

    pairs: int
    latent: Estimate
    codes: Estimate
    per_dim_latent: dict[str, float]
    per_dim_codes: dict[str, float]
    scatter: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True)
class _Predicted:
    """What the probes of one embodiment say: rows are pairs, columns action dimensions.

    true, from_latent, from_codes (N, A) float64 in standard deviations; NaN where unknown.
    """

    names: tuple[str, ...]
    episode: np.ndarray
    true: np.ndarray
    from_latent: np.ndarray
    from_codes: np.ndarray

    def translation(self) -> list[int]:
        """Columns of x, y and z, as far as there are any."""
        return [self.names.index(axis) for axis in TRANSLATION if axis in self.names]

    def both(self, column: int) -> Iterator[tuple[float, float]]:
        """(true, predicted from the latent) of one dimension, where both are known."""
        pair = np.stack([self.true[:, column], self.from_latent[:, column]], 1)
        return iter(pair[np.isfinite(pair).all(1)].tolist())


def probe(
    table: PairTable,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Groups[Probe] | None:
    """The probe of every embodiment whose actions are known; None if there is none."""
    names = sorted(set(table.embodiment.tolist()) & set(table.action_names))
    said: dict[str, _Predicted] = {}
    for done, name in enumerate(names):
        said[name] = _predicted(table.where(table.embodiment == name), table.action_names[name])
        tick(done + 1, len(names))
    if not said:
        return None
    parts = {name: _probe([each], draws, seed) for name, each in said.items()}
    return Groups(_probe(list(said.values()), draws, seed), parts)


def _predicted(table: PairTable, names: tuple[str, ...]) -> _Predicted:
    """The probes of one embodiment: all columns that are known for the same rows in one fit."""
    true = table.displacement[:, : len(names)]
    deviation = np.nanstd(true, axis=0)
    true = (true - np.nanmean(true, axis=0)) / np.where(deviation > 1e-9, deviation, np.nan)
    inputs = (
        table.latent.reshape(len(table), -1).astype(np.float64),
        one_hot(table.codes, table.codebook_size),
    )
    answers = tuple(np.full(true.shape, np.nan) for _ in inputs)
    known = np.isfinite(true)
    for pattern in np.unique(known, axis=1).T:
        columns = np.flatnonzero((known == pattern[:, None]).all(0))
        block = np.ix_(pattern, columns)
        for each, answer in zip(inputs, answers, strict=True):
            if pattern.any():
                answer[block] = predict_out_of_fold(
                    each[pattern], true[block], table.episode[pattern]
                )
    return _Predicted(names, table.episode, true, *answers)


def _probe(said: Sequence[_Predicted], draws: int, seed: int) -> Probe:
    """One embodiment, or the mean over several."""
    latent = [_Scores.of(each, each.from_latent) for each in said]
    codes = [_Scores.of(each, each.from_codes) for each in said]
    return Probe(
        pairs=sum(int(np.isfinite(each.true).any(1).sum()) for each in said),
        latent=_translation(latent, draws, seed),
        codes=_translation(codes, draws, seed),
        per_dim_latent=_per_dim(latent),
        per_dim_codes=_per_dim(codes),
        scatter=_scatter(said, seed),
    )


@dataclass(frozen=True)
class _Scores:
    """Sums over episodes (E, A) of the number, value, square and squared error of predictions."""

    said: _Predicted
    sums: np.ndarray

    @classmethod
    def of(cls, said: _Predicted, predicted: np.ndarray) -> _Scores:
        known = np.isfinite(said.true) & np.isfinite(predicted)
        true, guess = np.where(known, said.true, 0), np.where(known, predicted, 0)
        parts = np.stack([known, true, true**2, (true - guess) ** 2], 1)
        return cls(said, episode_sums(parts, said.episode))

    def r2(self, weights: np.ndarray) -> np.ndarray:
        """Weights (R, E) of the episodes -> R² (R, A); NaN without predictions or spread."""
        number, value, square, error = np.moveaxis(np.tensordot(weights, self.sums, 1), 1, 0)
        total = square - value**2 / np.maximum(number, 1)
        return 1 - np.divide(error, total, out=np.full_like(total, np.nan), where=total > 1e-9)

    def whole(self) -> np.ndarray:
        return self.r2(np.ones((1, len(self.sums))))[0]


def _translation(scores: Sequence[_Scores], draws: int, seed: int) -> Estimate:
    """Mean R² over x, y and z, then over embodiments; episodes are drawn within each of them."""
    values, drawn = [], []
    for place, each in enumerate(scores):
        columns = each.said.translation()
        value = mean_known(each.whole()[columns])
        if np.isfinite(value):
            weights = resamples(len(each.sums), draws, seed + place)
            values.append(value)
            drawn.append(mean_known(each.r2(weights.astype(np.float64))[:, columns]))
    if not values:
        return Estimate(float("nan"), float("nan"), float("nan"))
    return interval(float(np.mean(values)), np.mean(drawn, axis=0))


def _per_dim(scores: Sequence[_Scores]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for each in scores:
        for name, value in zip(each.said.names, each.whole().tolist(), strict=True):
            if np.isfinite(value):
                found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _scatter(said: Sequence[_Predicted], seed: int) -> tuple[tuple[float, float, int], ...]:
    """At most SCATTER predictions of a translation, drawn without favour."""
    points = [
        (float(true), float(guess), axis)
        for each in said
        for axis, name in enumerate(TRANSLATION)
        if name in each.names
        for true, guess in each.both(each.names.index(name))
    ]
    chosen = np.random.default_rng(seed).permutation(len(points))[:SCATTER]
    return tuple(points[index] for index in sorted(chosen.tolist()))
