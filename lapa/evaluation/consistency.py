"""Consistency: does one code do the same thing in different scenes?

The effect of a frame pair is what the robot was truly told to do between its frames: the summed
translation of its end-effector, each axis standardised over the pairs of its embodiment, because
simulators scale their actions differently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from lapa.evaluation.codes import one_hot
from lapa.evaluation.estimate import DRAWS, Estimate, mean, mean_known, reweighted
from lapa.evaluation.folds import folds
from lapa.evaluation.inferred import TRANSLATION, Inferred
from lapa.evaluation.table import Groups

SECTORS = 8
STILL = SECTORS
# a move in the plane shorter than this share of the embodiment's root mean square has no direction
STILL_BELOW = 0.25


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
    tick: Callable[[int, int], None] = lambda done, total: None,
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
        taught = sectors(learn.moved(name, TRANSLATION), typical)
        guess, number = _guess(learn, taught, table), len(learn)
    else:
        guess, number = np.full(len(table), -1), 0
        for rows, told in folds(table.episode):
            guess[told] = _guess(table.where(rows), sector[rows], table.where(told))
    return _Effects(table, standardised(moved), sector, guess, number)


def standardised(moved: np.ndarray) -> np.ndarray:
    """Displacements (N, 3) of one embodiment -> effects: mean 0 and variance 1 along each axis.

    An axis that is unknown or along which nothing differs is 0.
    """
    centred = moved - moved.mean(0)
    deviation = centred.std(0)
    told = np.isfinite(deviation) & (deviation > 1e-9)
    return np.divide(centred, deviation, out=np.zeros_like(centred), where=told)


def sectors(moved: np.ndarray, typical: float) -> np.ndarray:
    """The direction (N,) int64 of displacements (N, 2 or more) in the plane of x and y.

    0 is ±22.5° around +x, and so on anticlockwise; 8 is still: not longer than a quarter of
    `typical`, the root mean square of the embodiment's displacements in the plane.
    """
    length = np.hypot(moved[:, 0], moved[:, 1])
    turn = np.arctan2(moved[:, 1], moved[:, 0]) / (2 * np.pi / SECTORS)
    return np.where(
        length <= STILL_BELOW * typical, STILL, np.rint(turn).astype(np.int64) % SECTORS
    )


def _guess(learn: Inferred, sector: np.ndarray, asked: Inferred) -> np.ndarray:
    """The sectors guessed for the codes asked, by a classifier that learnt `sector` (N,)."""
    if len(set(sector.tolist())) == 1:
        return np.full(len(asked), sector[0])
    model = LogisticRegression(max_iter=300)
    model.fit(one_hot(learn.codes, learn.codebook_size), sector)
    return model.predict(one_hot(asked.codes, asked.codebook_size))


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
        sums = cls(np.zeros(shape), *np.zeros((2, *shape, 3)), np.zeros((shape[0], 3)))
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
    return np.divide(above, below, out=np.full(shape, float(empty)), where=below > 1e-9)
