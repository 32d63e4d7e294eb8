"""Consistency: does one code do the same thing in different scenes?

The effect of a frame pair is what the robot was truly told to do between its frames: the summed
translation of its end-effector, each axis standardised over the pairs of its embodiment, because
simulators scale their actions differently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from lapa.checkup import questions
from lapa.checkup.drawings.rose import rose
from lapa.checkup.measure import (
    FEW_EPISODES,
    NO_ACTIONS,
    Checkup,
    Column,
    Context,
    Figure,
    Material,
    Measure,
    fitting,
    percent,
)
from lapa.checkup.scale import Scale
from lapa.data.directions import SECTORS, sectors
from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, mean, mean_known, reweighted
from lapa.evaluation.folds import folds
from lapa.evaluation.inferred import TRANSLATION, Inferred
from lapa.evaluation.sample import silent
from lapa.evaluation.table import Groups
from lapa.evaluation.watch import Tick


@dataclass(frozen=True)
class Consistency:
    """Agreement of the codes with the robot's true displacement, over pairs that have one.

    cosine: of the effects of two pairs that share a code but not the episode, the mean over such
        pairs, then over codes, then over positions. 1: a code always does the same; 0: unrelated.
    delta_mse: Σ_k p_k Var(d | k) / Var(d), the variance of the effects that is left when the code
        at one position is known, the mean over positions (Playable Video Generation, Menapace et
        al. 2021, section 4.1). 0: all is said; 1: nothing. p_k is the share of code k, so that a
        code seen once does not count as a perfect one.
    delta_accuracy: how often the direction of the displacement in the plane of x and y, one of
        eight sectors of 45° or still, is guessed from the full latent action by multinomial
        logistic regression on its one-hot codes, one classifier an embodiment. It learns from
        `learnt_from` pairs of other clips, or, where that is 0, from the other episodes of the
        same clips (up to five folds). (The Δ-Acc of Playable Video Generation goes the other way,
        from the displacement to one code; this way a latent action of any length can be judged.)
    sector_share: share of pairs in each sector, anticlockwise from +x, then still.
    chance: the largest of these, the accuracy of always guessing the same.
    effects: for every position and code, the mean effect along x and y and the pairs it is of.

    The interval of delta_accuracy draws episodes of these guesses; no classifier is fitted anew.
    """

    pairs: int
    cosine: Estimate
    delta_mse: Estimate
    delta_accuracy: Estimate
    sector_share: tuple[float, ...]
    chance: float
    effects: tuple[tuple[tuple[float, float, int], ...], ...]
    learnt_from: int = 0


@dataclass(frozen=True)
class _Effects:
    """Pairs whose displacement along x and y is known, with their effects (N, 3), sectors (N,),
    guessed sectors (N,; −1 for none), and the number of other pairs they were learnt from."""

    table: Inferred
    effect: np.ndarray
    sector: np.ndarray
    guess: np.ndarray
    learnt_from: int


def consistency(
    table: Inferred,
    *,
    learn: Inferred | None = None,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[Consistency] | None:
    """Consistency overall and per embodiment; None if no translation is known at all.

    Overall pools the pairs of all embodiments that have a translation: pairs of different
    embodiments that share a code count in its cosine.

    learn: pairs of other episodes for the classifier to learn from (training clips). An embodiment
    that it lacks learns from the other episodes of `table`.
    """
    names = [name for name in sorted(set(table.embodiment.tolist())) if len(_known(table, name))]
    parts: dict[str, _Effects] = {}
    for name in names:
        parts[name] = _effects(
            name, _known(table, name), None if learn is None else _known(learn, name)
        )
        tick(len(parts), len(names))
    if not parts:
        return None
    groups = {name: _consistency(part, draws) for name, part in parts.items()}
    return Groups(_consistency(_pooled(list(parts.values())), draws), groups)


def _pooled(parts: Sequence[_Effects]) -> _Effects:
    return _Effects(
        table=Inferred.join([part.table for part in parts]),
        effect=np.concatenate([part.effect for part in parts]),
        sector=np.concatenate([part.sector for part in parts]),
        guess=np.concatenate([part.guess for part in parts]),
        learnt_from=sum(part.learnt_from for part in parts),
    )


def _known(table: Inferred, name: str) -> Inferred:
    """The rows of one embodiment whose displacement along x and y is known."""
    part = table.of(name)
    return part.where(np.isfinite(part.moved(name, ("x", "y"))).all(1))


def _effects(name: str, table: Inferred, learn: Inferred | None) -> _Effects:
    moved = table.moved(name, TRANSLATION)
    typical = float(np.sqrt(np.mean(np.square(moved[:, :2]).sum(1))))
    sector = sectors(moved, typical)
    if learn is not None and len(learn):
        lesson = sectors(learn.moved(name, TRANSLATION), typical)
        guess, number = _guess(learn, lesson, table), len(learn)
    else:
        guess, number = np.full(len(table), -1), 0
        for rows, others in folds(table.episode):
            guess[others] = _guess(table.where(rows), sector[rows], table.where(others))
    return _Effects(table, standardised(moved), sector, guess, number)


def standardised(moved: np.ndarray) -> np.ndarray:
    """Displacements (N, 3) of one embodiment -> effects: mean 0 and variance 1 along each axis.

    An axis that is unknown or along which nothing differs is 0.
    """
    centred = moved - moved.mean(0)
    deviation = centred.std(0)
    varies = np.isfinite(deviation) & (deviation > 1e-9)
    effects: np.ndarray = np.divide(centred, deviation, out=np.zeros_like(centred), where=varies)
    return effects


def _guess(learn: Inferred, sector: np.ndarray, asked: Inferred) -> np.ndarray:
    """The sectors guessed for the codes asked, by a classifier that learnt `sector` (N,)."""
    if len(set(sector.tolist())) == 1:
        return np.full(len(asked), sector[0])
    model = LogisticRegression(max_iter=300)
    model.fit(one_hot(learn.codes, learn.codebook_size), sector)
    guess: np.ndarray = model.predict(one_hot(asked.codes, asked.codebook_size))
    return guess


def _consistency(part: _Effects, draws: int) -> Consistency:
    table, guessed = part.table, part.guess >= 0
    sums = _Sums.of(part)
    share = np.bincount(part.sector, minlength=SECTORS + 1) / len(table)
    right = (part.guess == part.sector)[guessed]
    return Consistency(
        pairs=len(table),
        cosine=reweighted(sums.cosine, sums.episodes, draws=draws),
        delta_mse=reweighted(sums.delta_mse, sums.episodes, draws=draws),
        delta_accuracy=mean(right, table.episode[guessed], draws=draws),
        sector_share=tuple(share.tolist()),
        chance=float(share.max()),
        effects=sums.effects(),
        learnt_from=part.learnt_from,
    )


@dataclass(frozen=True)
class _Sums:
    """Sums over the pairs of every episode, position and code, from which all draws follow.

    count (E, S, K); effect, direction (the effect at length 1) (E, S, K, 3); square (E, 3).
    """

    count: np.ndarray
    effect: np.ndarray
    direction: np.ndarray
    square: np.ndarray

    @classmethod
    def of(cls, part: _Effects) -> _Sums:
        _, episode = np.unique(part.table.episode, return_inverse=True)
        codes = part.table.codes
        shape = (episode.max() + 1, codes.shape[1], part.table.codebook_size)
        place = (episode[:, None], np.arange(shape[1]), codes)
        length = np.linalg.norm(part.effect, axis=1, keepdims=True)
        direction = np.divide(part.effect, length, out=np.zeros_like(part.effect), where=length > 0)
        sums = cls(
            count=np.zeros(shape),
            effect=np.zeros((*shape, 3)),
            direction=np.zeros((*shape, 3)),
            square=np.zeros((shape[0], 3)),
        )
        np.add.at(sums.count, place, 1)
        np.add.at(sums.effect, place, part.effect[:, None])
        np.add.at(sums.direction, place, direction[:, None])
        np.add.at(sums.square, episode, part.effect**2)
        return sums

    @property
    def episodes(self) -> int:
        return len(self.count)

    def cosine(self, weights: np.ndarray) -> np.ndarray:
        """Σ u_i·u_j over pairs of different episodes is |Σ u|² less each episode's own |Σ u|²;
        an episode that was drawn twice is still the same episode."""
        total = np.tensordot(weights, self.direction, 1)
        own = np.tensordot(weights**2, np.square(self.direction).sum(-1), 1)
        number = np.tensordot(weights, self.count, 1) ** 2
        number -= np.tensordot(weights**2, self.count**2, 1)
        agreement = np.square(total).sum(-1) - own
        return mean_known(mean_known(_ratio(agreement, number)))

    def delta_mse(self, weights: np.ndarray) -> np.ndarray:
        """Σ (d − mean of its code)² / Σ (d − mean)², from sums of d and d²."""
        count = np.tensordot(weights, self.count, 1)
        effect = np.tensordot(weights, self.effect, 1)
        square = (weights @ self.square).sum(-1)[:, None]
        explained = _ratio(np.square(effect).sum(-1), count, empty=0).sum(-1)
        common = np.square(effect.sum(2)).sum(-1) / count.sum(2)
        return mean_known(_ratio(square - explained, square - common))

    def effects(self) -> tuple[tuple[tuple[float, float, int], ...], ...]:
        count, effect = self.count.sum(0), self.effect.sum(0)[..., :2]
        middle = _ratio(effect, count[..., None], empty=0)
        return tuple(
            tuple((float(x), float(y), int(n)) for (x, y), n in zip(*position, strict=True))
            for position in zip(middle, count, strict=True)
        )


def _ratio(above: np.ndarray, below: np.ndarray, empty: float = np.nan) -> np.ndarray:
    shape = np.broadcast_shapes(above.shape, below.shape)
    ratio: np.ndarray = np.divide(
        above, below, out=np.full(shape, float(empty)), where=below > 1e-9
    )
    return ratio


class DeltaAccuracy(Figure[Groups[Consistency]]):
    """How often the codes tell the direction of the motion."""

    key = "delta_accuracy"
    name = "Δ-Acc, guessing the direction"
    question = questions.MEANING
    explanation = (
        "A simple classifier sees the codes of a moment and guesses which way it truly went: "
        "one of eight directions or still. It is tested on recordings that it has not seen, so "
        "it scores well only if codes mean the same there."
    )
    scale = Scale(
        0.60, 0.40, 0, 0, 1,
        "At least 60 % is our bar; the score of always guessing the commonest direction is given "
        "beside it and is where poor begins.",
        percent=True,
    )  # fmt: skip
    unknown = FEW_EPISODES
    column = Column(
        "delta_accuracy", "Δ-Acc", "Δ-Acc",
        "Δ-Acc: how often the direction is guessed from the codes (eight directions and still).",
    )  # fmt: skip

    def scale_in(self, context: Context) -> Scale:
        chance = context.of("chance")
        if math.isnan(chance):
            return self.scale
        # fair begins where something beyond chance is known, and below good
        return replace(self.scale, fair=min(chance + 0.05, self.scale.good - 0.01))

    def sentence(self, result: Groups[Consistency], scale: Scale) -> str:
        value, chance = result.overall.delta_accuracy.value, result.overall.chance
        against = f"{percent(value)} of the directions are guessed right from the codes alone, "
        against += f"{percent(chance)} by always guessing the commonest"
        return fitting(
            scale,
            value,
            f"Yes: {against}.",
            f"Partly: {against}.",
            f"No: {against}, so the codes say next to nothing about the direction.",
        )

    def picture(self, result: Groups[Consistency], checkup: Checkup) -> str:
        return rose(result.overall.effects)


class Cosine(Figure[Groups[Consistency]]):
    """How alike the effects of one code are in direction, between episodes."""

    key = "cosine"
    name = "Agreement of motions that share a code"
    question = questions.MEANING
    explanation = (
        "Take two moments of different recordings that got the same code, and look at the angle "
        "between the two true motions. A cosine of 1 means the same direction every "
        "time, 0 that the code says nothing about the direction."
    )
    scale = Scale(
        0.30, 0.10, 2, -0.2, 1,
        "0 is unrelated, 1 is the same motion every time. A position that fixes only one of "
        "three axes can reach about 0.3 to 0.5, so 0.30 is good (ours).",
    )  # fmt: skip
    decides = False
    unknown = "no two recordings share a code"
    column = Column(
        "cosine", "cosine", "cosine",
        "Cosine: agreement of the true motions of pairs that share a code.",
    )  # fmt: skip

    def sentence(self, result: Groups[Consistency], scale: Scale) -> str:
        sentence = fitting(
            scale,
            result.overall.cosine.value,
            "Moments that share a code share their direction.",
            "Moments that share a code move in loosely the same direction.",
            "Moments that share a code move in almost any direction.",
        )
        within = result.mean("cosine")
        if len(result.embodiments) > 1 and math.isfinite(within):
            sentence += (
                " Moments of different robots count here, whose cameras stand in different places; "
                f"within one robot it is {scale.text(within)} on average."
            )
        return sentence


class DeltaMse(Figure[Groups[Consistency]]):
    """The part of the effects' variance that their code leaves unexplained."""

    key = "delta_mse"
    name = "Δ-MSE"
    question = questions.MEANING
    explanation = (
        "Look at all moments that got one code, and ask how much their true motions still differ "
        "(their variance against that of all moments). 0 would mean that the code says exactly "
        "what was done, 1 that it says nothing."
    )
    scale = Scale(
        0.70, 0.90, 2, 0, 1.1,
        "1 says nothing, 0 says all (Playable Video Generation's measure). A position that fixes "
        "one of three axes leaves about 0.67, so 0.70 is good (ours).",
    )  # fmt: skip
    decides = False
    unknown = "nothing moves in these clips"
    column = Column(
        "delta_mse", "Δ-MSE", "Δ-MSE",
        "Δ-MSE: variance of the motion that is left once a code is known.",
    )  # fmt: skip

    def sentence(self, result: Groups[Consistency], scale: Scale) -> str:
        settled = max(0.0, 1 - result.overall.delta_mse.value)
        return f"One code alone settles {percent(settled)} of the motion."


class ConsistencyMeasure(Measure[Groups[Consistency]]):
    """The effects of the codes on the robot, from the table and the lessons."""

    key = "consistency"
    figures = (DeltaAccuracy(), Cosine(), DeltaMse())
    stage = "same action, same code"
    doing = "Same action, same code?"
    cost = 0.0005
    absent = NO_ACTIONS
    place = "group"
    unplaced = ("effects",)

    def compute(self, material: Material, tick: Tick) -> Groups[Consistency] | None:
        return consistency(material.table, learn=material.lessons, tick=tick)


MEASURE = ConsistencyMeasure()
