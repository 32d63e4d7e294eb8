"""Action content: how much of the robot's own action can be read from a latent action?

The linear probe of LAOM (Nikulin et al. 2025, section 4): W z + b ≈ a without a gradient to z.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings.scatter import scatter
from lapa.checkup.measure import (
    FEW_EPISODES,
    NO_ACTIONS,
    Checkup,
    Column,
    Figure,
    Material,
    Measure,
    fitting,
    percent,
)
from lapa.checkup.scale import Scale
from lapa.evaluation import mlp, ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, episode_sums, interval, mean_known, resamples
from lapa.evaluation.folds import predict_out_of_fold
from lapa.evaluation.inferred import TRANSLATION, Inferred
from lapa.evaluation.sample import silent
from lapa.evaluation.table import Groups
from lapa.evaluation.watch import Tick

# dots in the picture of predictions
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
class _Predictions:
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
    tick: Tick = silent,
) -> Groups[Probe] | None:
    """The probe of every embodiment whose actions are known; None if there is none.

    learn: pairs of other episodes to learn from (training clips). An embodiment that it lacks
    learns from the other episodes of `table`.
    """
    names = sorted(set(table.embodiment.tolist()) & set(table.action_names))
    predictions: dict[str, _Predictions] = {}
    for done, name in enumerate(names):
        other = learn.of(name) if learn is not None and name in learn.action_names else None
        predictions[name] = _predictions(name, table.of(name), other)
        tick(done + 1, len(names))
    if not predictions:
        return None
    parts = {name: _probe([each], draws, seed) for name, each in predictions.items()}
    return Groups(_probe(list(predictions.values()), draws, seed), parts)


def _predictions(name: str, table: Inferred, learn: Inferred | None) -> _Predictions:
    """The probes of one embodiment: columns that are known for the same rows share a fit."""
    names = table.action_names[name]
    level, deviation = _scale(table.moved(name, names))
    true = (table.moved(name, names) - level) / deviation
    predictors = (ridge.predict, ridge.predict, mlp.predict)
    answers = [np.full(true.shape, np.nan) for _ in predictors]
    goal = true if learn is None else (learn.moved(name, names) - level) / deviation
    for rows, columns in _alike(np.isfinite(goal)):
        source = table if learn is None else learn
        for predict, answer, mine, theirs in zip(
            predictors, answers, _inputs(table), _inputs(source), strict=True
        ):
            lesson = theirs[rows], goal[np.ix_(rows, columns)], source.episode[rows]
            if learn is None:
                answer[np.ix_(rows, columns)] = predict_out_of_fold(predict, *lesson)
            else:
                answer[:, columns] = predict(*lesson, mine)
    latent, codes, curved = answers
    number = 0 if learn is None else len(learn)
    return _Predictions(names, table.episode, true, latent, codes, curved, number)


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


def _probe(parts: Sequence[_Predictions], draws: int, seed: int) -> Probe:
    """One embodiment, or the mean over several."""
    latent = [_Scores.of(each, each.from_latent) for each in parts]
    codes = [_Scores.of(each, each.from_codes) for each in parts]
    curved = [_Scores.of(each, each.from_mlp) for each in parts]
    return Probe(
        pairs=sum(int(np.isfinite(each.true).any(1).sum()) for each in parts),
        latent=_translation(latent, draws, seed),
        codes=_translation(codes, draws, seed),
        mlp=_translation(curved, draws, seed),
        per_dim_latent=_per_dim(latent),
        per_dim_codes=_per_dim(codes),
        scatter=_scatter(parts, seed),
        learnt_from=sum(each.learnt_from for each in parts),
    )


@dataclass(frozen=True)
class _Scores:
    """Sums over episodes (E, A) of the number, value, square and squared error of predictions."""

    predictions: _Predictions
    sums: np.ndarray

    @classmethod
    def of(cls, predictions: _Predictions, predicted: np.ndarray) -> _Scores:
        known = np.isfinite(predictions.true) & np.isfinite(predicted)
        true, guess = np.where(known, predictions.true, 0), np.where(known, predicted, 0)
        parts = np.stack([known, true, true**2, (true - guess) ** 2], 1)
        return cls(predictions, episode_sums(parts, predictions.episode))

    def r2(self, weights: np.ndarray) -> np.ndarray:
        """Weights (R, E) of the episodes -> R² (R, A); NaN without predictions or spread."""
        number, value, square, error = np.moveaxis(np.tensordot(weights, self.sums, 1), 1, 0)
        total = square - value**2 / np.maximum(number, 1)
        unexplained = np.divide(error, total, out=np.full_like(total, np.nan), where=total > 1e-9)
        explained: np.ndarray = 1 - unexplained
        return explained

    def whole(self) -> np.ndarray:
        """R² (A,) of the episodes as they are."""
        scores: np.ndarray = self.r2(np.ones((1, len(self.sums))))[0]
        return scores


def _translation(scores: Sequence[_Scores], draws: int, seed: int) -> Estimate:
    """Mean R² over x, y and z, then over embodiments; episodes are drawn within each of them."""
    values, resampled = [], []
    for place, each in enumerate(scores):
        columns = each.predictions.translation()
        value = mean_known(each.whole()[columns])
        if np.isfinite(value):
            weights = resamples(len(each.sums), draws, seed + place)
            values.append(value)
            resampled.append(mean_known(each.r2(weights.astype(np.float64))[:, columns]))
    if not values:
        return Estimate(float("nan"), float("nan"), float("nan"))
    return interval(float(np.mean(values)), np.mean(resampled, axis=0))


def _per_dim(scores: Sequence[_Scores]) -> dict[str, float]:
    scores_of: dict[str, list[float]] = {}
    for each in scores:
        for name, value in zip(each.predictions.names, each.whole().tolist(), strict=True):
            if np.isfinite(value):
                scores_of.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in scores_of.items()}


def _scatter(parts: Sequence[_Predictions], seed: int) -> tuple[tuple[float, float, int], ...]:
    """At most SCATTER predictions of a translation, drawn without favour."""
    points = [
        (float(true), float(guess), axis)
        for each in parts
        for axis, name in enumerate(TRANSLATION)
        if name in each.names
        for true, guess in each.both(each.names.index(name))
    ]
    chosen = np.random.default_rng(seed).permutation(len(points))[:SCATTER]
    return tuple(points[index] for index in sorted(chosen.tolist()))


class _Reading(Figure[Groups[Probe]]):
    """R² of one way to read the action. reader, inputs: what reads, from what."""

    question = questions.ACTION
    unknown = FEW_EPISODES
    reader = "a straight line"
    inputs = "latent"

    def silence(self, result: Groups[Probe], scale: Scale) -> str:
        """What could be read of other actions than a translation is no sign of few recordings."""
        reason = super().silence(result, scale)
        return NO_ACTIONS if reason and result.overall.per_dim_latent else reason

    def sentence(self, result: Groups[Probe], scale: Scale) -> str:
        value = self.estimate(result).value
        share = f"{self.reader} from the {self.inputs} explains {percent(value)} of the motion"
        no = f"No: {share}."
        if value < 0:
            no = (
                f"No: {self.reader} from the {self.inputs} reads worse than always saying the "
                "average."
            )
        sentence = fitting(scale, value, f"Yes: {share}.", f"Partly: {share}.", no)
        if not result.overall.learnt_from:
            sentence += (
                " It could learn from the other recordings of these clips only, which underrates "
                f"the {self.inputs} where there are few."
            )
        return sentence


class FromLatent(_Reading):
    """R² of the robot's action read from the latent by ridge regression."""

    key = "probe_latent"
    name = "R² from the latent"
    explanation = (
        "A straight-line formula (ridge regression) tries to read the true motion from the "
        "continuous latent, on recordings that it has not seen. R² is the share of the motion that "
        "it explains: 1 is all of it, 0 none."
    )
    scale = Scale(
        0.65, 0.40, 2, -0.2, 1,
        "At least 0.65 is our bar. On LARY's benchmark LAPA's latents leave an error of 0.97 "
        "(about R² 0.03), with features of a vision model 0.60 (R² 0.40, where fair begins here).",
    )  # fmt: skip
    column = Column(
        "latent", "R² latent", "R² latent",
        "R²: linear probe to the end-effector's translation; network: a small one in place of the "
        "line.",
    )  # fmt: skip

    def picture(self, result: Groups[Probe], checkup: Checkup) -> str:
        return scatter(result.overall.scatter)


class FromCodes(_Reading):
    """R² of the robot's action read from the codes by ridge regression."""

    key = "probe_codes"
    name = "R² from the codes"
    explanation = (
        "The same formula, but it sees the codes only, the few numbers that a policy would have to "
        "predict. What is lost between latent and codes is lost to whoever learns from the codes."
    )
    scale = Scale(
        0.50, 0.25, 2, -0.2, 1,
        "At least 0.50 is good (ours), 0.58 is our bar for robots. Codes hold less than latents: "
        "three bits a position have "
        "to say what a continuous vector says.",
    )  # fmt: skip
    inputs = "codes"
    column = Column("codes", "R² codes", "R² codes")


class ByNetwork(_Reading):
    """R² of the robot's action read from the latent by a small network."""

    key = "probe_mlp"
    name = "R² from the latent, by a small network"
    explanation = (
        "The same question put to a small neural network instead of a straight-line formula. What "
        "it reads beyond the formula is there, but bent."
    )
    scale = Scale(
        0.65, 0.40, 2, -0.2, 1,
        "As for the straight line; LARYBench reads its latents with such a network.",
    )  # fmt: skip
    decides = False
    reader = "a small network"
    column = Column("mlp", "R² network", "R² network")


class ProbeMeasure(Measure[Groups[Probe]]):
    """Probes of the robot's action, from the table and the lessons."""

    key = "probe"
    figures = (FromLatent(), FromCodes(), ByNetwork())
    stage = "actions in the codes"
    doing = "Reading the robot's actions from the codes"
    cost = 0.002
    absent = NO_ACTIONS
    place = "own"
    unplaced = ("scatter",)

    def compute(self, material: Material, tick: Tick) -> Groups[Probe] | None:
        return probe(material.table, learn=material.lessons, tick=tick)


MEASURE = ProbeMeasure()
