"""Action content: how much of the robot's own action can be read from a latent action?

The linear probe of LAOM (Nikulin et al. 2025, section 4): W z + b ≈ a without a gradient to z.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.evaluation import mlp, ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, episode_sums, interval, mean_known, resamples
from lapa.evaluation.folds import predict_out_of_fold
from lapa.evaluation.inferred import TRANSLATION, Inferred
from lapa.evaluation.table import Groups

SCATTER = 200


@dataclass(frozen=True)
class Probe:
    """R² of a linear probe to the robot's true displacement, from the latents and from the codes.

    R² = 1 − Σ (a − â)² / Σ (a − mean a)², over all pairs of the group: 1 is exact, 0 is no better
    than the mean, below 0 is worse. â comes from ridge regression on standardised inputs (the
    latents, or the one-hot codes), one fit an embodiment. It learns from `learnt_from` pairs of
    other clips, or, where that is 0, from the other episodes of the same clips (up to five folds);
    the strength of the ridge is chosen by folds within the episodes that are learnt from.
    With a handful of episodes the second way underrates a latent action by far.

    latent, codes: the mean R² over the translation (dimensions x, y, z). NaN for an embodiment
        that has none; overall the mean over embodiments that have one.
    mlp: the same from the latent by a small network in place of the ridge (see mlp.py).
    per_dim_latent, per_dim_codes: R² of every action dimension by name; overall the mean over
        the embodiments that have it. Dimensions that never change are left out.
    scatter: up to 200 pairs as (true, predicted from the latent, index of TRANSLATION), both in
        standard deviations of the embodiment.

    The intervals draw episodes of these predictions; no ridge is fitted anew.
    """

    pairs: int
    latent: Estimate
    codes: Estimate
    mlp: Estimate
    per_dim_latent: dict[str, float]
    per_dim_codes: dict[str, float]
    scatter: tuple[tuple[float, float, int], ...]
    learnt_from: int = 0


@dataclass(frozen=True)
class _Predicted:
    """What the probes of one embodiment say: rows are pairs, columns action dimensions.

    true, from_latent, from_codes, from_mlp (N, A) float64 in standard deviations; NaN where
    unknown.
    learnt_from: pairs of other clips.
    """

    names: tuple[str, ...]
    episode: np.ndarray
    true: np.ndarray
    from_latent: np.ndarray
    from_codes: np.ndarray
    from_mlp: np.ndarray
    learnt_from: int

    def translation(self) -> list[int]:
        """Columns of x, y and z, as far as there are any."""
        return [self.names.index(axis) for axis in TRANSLATION if axis in self.names]

    def both(self, column: int) -> Iterator[tuple[float, float]]:
        """(true, predicted from the latent) of one dimension, where both are known."""
        pair = np.stack([self.true[:, column], self.from_latent[:, column]], 1)
        return iter(pair[np.isfinite(pair).all(1)].tolist())


def probe(
    table: Inferred,
    *,
    learn: Inferred | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Groups[Probe] | None:
    """The probe of every embodiment whose actions are known; None if there is none.

    learn: pairs of other episodes to learn from (training clips). An embodiment that it lacks
    learns from the other episodes of `table`.
    """
    names = sorted(set(table.embodiment.tolist()) & set(table.action_names))
    said: dict[str, _Predicted] = {}
    for done, name in enumerate(names):
        other = learn.of(name) if learn is not None and name in learn.action_names else None
        said[name] = _predicted(name, table.of(name), other)
        tick(done + 1, len(names))
    if not said:
        return None
    parts = {name: _probe([each], draws, seed) for name, each in said.items()}
    return Groups(_probe(list(said.values()), draws, seed), parts)


def _predicted(name: str, table: Inferred, learn: Inferred | None) -> _Predicted:
    """The probes of one embodiment: columns that are known for the same rows share a fit."""
    names = table.action_names[name]
    level, deviation = _scale(table.moved(name, names))
    true = (table.moved(name, names) - level) / deviation
    predictors = (ridge.predict, ridge.predict, mlp.predict)
    answers = [np.full(true.shape, np.nan) for _ in predictors]
    taught = true if learn is None else (learn.moved(name, names) - level) / deviation
    for rows, columns in _alike(np.isfinite(taught)):
        source = table if learn is None else learn
        for predict, answer, mine, theirs in zip(
            predictors, answers, _inputs(table), _inputs(source), strict=True
        ):
            lesson = theirs[rows], taught[np.ix_(rows, columns)], source.episode[rows]
            if learn is None:
                answer[np.ix_(rows, columns)] = predict_out_of_fold(predict, *lesson)
            else:
                answer[:, columns] = predict(*lesson, mine)
    return _Predicted(names, table.episode, true, *answers, 0 if learn is None else len(learn))


def _scale(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (A,) of what is known; NaN where nothing is or differs."""
    level = mean_known(moved.T)
    deviation = np.sqrt(mean_known(np.square(moved - level).T))
    return level, np.where(deviation > 1e-9, deviation, np.nan)


def _inputs(table: Inferred) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the two ridges and the network see."""
    flat = table.latent.reshape(len(table), -1).astype(np.float64)
    return flat, one_hot(table.codes, table.codebook_size), flat


def _alike(known: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns of known (N, A) that are known for the same rows: (mask (N,), columns)."""
    for rows in np.unique(known, axis=1).T:
        if rows.any():
            yield rows, np.flatnonzero((known == rows[:, None]).all(0))


def _probe(said: Sequence[_Predicted], draws: int, seed: int) -> Probe:
    """One embodiment, or the mean over several."""
    latent = [_Scores.of(each, each.from_latent) for each in said]
    codes = [_Scores.of(each, each.from_codes) for each in said]
    curved = [_Scores.of(each, each.from_mlp) for each in said]
    return Probe(
        pairs=sum(int(np.isfinite(each.true).any(1).sum()) for each in said),
        latent=_translation(latent, draws, seed),
        codes=_translation(codes, draws, seed),
        mlp=_translation(curved, draws, seed),
        per_dim_latent=_per_dim(latent),
        per_dim_codes=_per_dim(codes),
        scatter=_scatter(said, seed),
        learnt_from=sum(each.learnt_from for each in said),
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
