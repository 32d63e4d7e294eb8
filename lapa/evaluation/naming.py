"""Named motion: is the word that an explorer writes on a code true of real pairs with that code?

A code moves an embodiment by its mean effect on the motion in the picture. Of a latent action of
several codes the effects add up; the word is the direction of the sum, one of eight or still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lapa.evaluation import ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.consistency import SECTORS, sectors
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.folds import predict_out_of_fold
from lapa.evaluation.inferred import Inferred
from lapa.evaluation.table import Groups


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
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Groups[Naming]:
    """Named motion overall (pairs pooled) and per embodiment.

    An embodiment whose pairs are all of one episode, with no other clips to learn from, is absent.
    """
    names = sorted(set(table.embodiment.tolist()))
    parts: dict[str, _Words] = {}
    for done, name in enumerate(names):
        said = _words(table.of(name), None if learn is None else learn.of(name))
        if len(said.right):
            parts[name] = said
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
        names = ("right", "common", "episode")
        joined = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return cls(*joined, sum(part.learnt_from for part in parts))


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
    true, said = sectors(table.motion[known], typical), sectors(predicted[known], typical)
    share = np.bincount(true, minlength=SECTORS + 1)
    return _Words(true == said, true == share.argmax(), table.episode[known], number)


def _naming(said: _Words, draws: int) -> Naming:
    return Naming(
        pairs=len(said.right),
        agreement=mean(said.right.astype(np.float64), said.episode, draws=draws),
        chance=float(said.common.mean()) if len(said.common) else float("nan"),
        learnt_from=said.learnt_from,
    )
