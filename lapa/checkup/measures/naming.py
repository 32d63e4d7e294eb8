"""Named motion: is the word that an explorer writes on a code true of real pairs with that code?

A code moves an embodiment by its mean effect on the motion in the picture. Of a latent action of
several codes the effects add up; the word is the direction of the sum, one of eight or still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.measure import FEW_EPISODES, Column, Figure, Material, Measure, fitting, percent
from lapa.checkup.scale import Scale
from lapa.data.directions import SECTORS, sectors
from lapa.evaluation import ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.folds import predict_out_of_fold
from lapa.evaluation.inferred import Inferred
from lapa.evaluation.sample import silent
from lapa.evaluation.table import Groups
from lapa.evaluation.watch import Tick


@dataclass(frozen=True)
class Naming:
    """How often the word of a pair's latent action is the direction in which it truly went.

    agreement: share of pairs whose word (right, down-right, … clockwise in steps of 45°, or
        still: shorter than a quarter of the embodiment's root mean square) is that of their own
        motion in the picture. The effects of the codes are learnt by ridge regression on one-hot
        codes, an embodiment alone, from `learnt_from` pairs of other clips, or, where that is 0,
        from the other episodes of the same clips.
    chance: the same for always saying the commonest word.
    """

    pairs: int
    agreement: Estimate
    chance: float
    learnt_from: int


def naming(
    table: Inferred,
    *,
    learn: Inferred | None = None,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[Naming]:
    """Named motion overall (pairs pooled) and per embodiment.

    An embodiment whose pairs are all of one episode, with no other clips to learn from, is absent.
    """
    names = sorted(set(table.embodiment.tolist()))
    parts: dict[str, _Words] = {}
    for done, name in enumerate(names):
        words = _words(table.of(name), None if learn is None else learn.of(name))
        if len(words.right):
            parts[name] = words
        tick(done + 1, len(names))
    groups = {name: _naming(each, draws) for name, each in parts.items()}
    return Groups(_naming(_Words.join(list(parts.values())), draws), groups)


@dataclass(frozen=True)
class _Words:
    """Whether each pair's word is right, whether the commonest one is, and the episode: (N,)."""

    right: np.ndarray
    common: np.ndarray
    episode: np.ndarray
    learnt_from: int

    @classmethod
    def join(cls, parts: list[_Words]) -> _Words:
        if not parts:
            return cls(np.empty(0), np.empty(0), np.empty(0, np.int64), 0)
        return cls(
            right=np.concatenate([part.right for part in parts]),
            common=np.concatenate([part.common for part in parts]),
            episode=np.concatenate([part.episode for part in parts]),
            learnt_from=sum(part.learnt_from for part in parts),
        )


def _words(table: Inferred, learn: Inferred | None) -> _Words:
    inputs = one_hot(table.codes, table.codebook_size)
    if learn is not None and len(learn):
        lesson = one_hot(learn.codes, learn.codebook_size), learn.motion, learn.episode
        predicted, number = ridge.predict(*lesson, inputs), len(learn)
    else:
        predicted = predict_out_of_fold(ridge.predict, inputs, table.motion, table.episode)
        number = 0
    known = np.isfinite(predicted).all(1)
    typical = float(np.sqrt(np.square(table.motion).sum(1).mean())) if len(table) else 0.0
    true, word = sectors(table.motion[known], typical), sectors(predicted[known], typical)
    share = np.bincount(true, minlength=SECTORS + 1)
    return _Words(true == word, true == share.argmax(), table.episode[known], number)


def _naming(words: _Words, draws: int) -> Naming:
    return Naming(
        pairs=len(words.right),
        agreement=mean(words.right.astype(np.float64), words.episode, draws=draws),
        chance=float(words.common.mean()) if len(words.common) else float("nan"),
        learnt_from=words.learnt_from,
    )


class NamedMotion(Figure[Groups[Naming]]):
    """How often the word on the pad is that of the true motion."""

    key = "named_motion"
    name = "Named motion"
    question = questions.MEANING
    explanation = (
        "Each latent action gets the word that fits its real pairs: one of eight directions in the "
        "picture, or still. On recordings that had no say in the words, this is how often the word "
        "is what was truly done."
    )
    scale = Scale(
        0.65, 0.40, 0, 0, 1,
        "At least 65 % is our bar with four codes to a latent action, 85 % with one; always saying "
        "the commonest word is given beside it.",
        percent=True,
    )  # fmt: skip
    unknown = FEW_EPISODES
    column = Column(
        "agreement", "named", "named",
        "Named: how often the word of the codes is the pair's direction in the picture.",
    )  # fmt: skip

    def sentence(self, result: Groups[Naming], scale: Scale) -> str:
        value, chance = result.overall.agreement.value, result.overall.chance
        against = f"the word fits {percent(value)} of the pairs; the commonest word alone would "
        against += f"fit {percent(chance)}"
        return fitting(
            scale,
            value,
            f"The codes have names: {against}.",
            f"The codes have names that often fail: {against}.",
            f"The codes cannot be named: {against}.",
        )


class NamingMeasure(Measure[Groups[Naming]]):
    """The words of the codes, from the table and the lessons."""

    key = "naming"
    figures = (NamedMotion(),)
    stage = "words for codes"
    doing = "Holding the words of the codes against real motion"
    cost = 0.0005
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[Naming]:
        return naming(material.table, learn=material.lessons, tick=tick)


MEASURE = NamingMeasure()
