"""Which latent action moves this robot to the left? Keys to drive a dream with, learned from data.

A direction is one in the picture, because that is where a key's arrow points: the motion of what
truly moved between the frames of a pair, or what a car was told (`Actions.motion`), and for the
grip the change of the command. Of the latent actions that were inferred from several such pairs of
an embodiment, the one whose mean points that way most surely is the key's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lapa.data import FramePairs
from lapa.data.directions import STILL_BELOW
from lapa.evaluation.actions import Actions
from lapa.evaluation.flow import LEAST
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import BATCH, Row, by_embodiment, draw

Codes = tuple[int, ...]
# to the right and down, as pixels are counted
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
GRIPS = ("close", "open")
# the sign of a gripper's command that closes it, by simulator
CLOSING = {"robosuite": 1, "metaworld": 1, "gymnasium_robotics": -1, "simpler": -1}
# a latent action is known by this many pairs of this many episodes
PAIRS, EPISODES = 3, 2
# a mean motion within 45° of the arrow
STRAIGHT = 0.7
# at least this share of the pairs did what the key says
AGREE = 0.5


@dataclass(frozen=True)
class Key:
    """The latent action of a key, and what bears it out.

    pairs: true frame pairs it was inferred from. agree: the share of them that moved that way
    (within 90°), or for "stay" stayed. right, down: their mean motion in the picture, as a share of
    the frame's side. everyone: no latent action of this embodiment did it surely enough, so
    this one is known from all of them together.
    """

    codes: Codes
    pairs: int
    agree: float
    right: float
    down: float
    everyone: bool = False


@dataclass(frozen=True)
class Moves:
    """What N true frame pairs of one embodiment did, and the latent actions inferred from them.

    codes (N, S) int64; episode (N,) int64; motion (N, 2) float64, to the right and down, as a share
    of the frame's side; grip (N,): the change of the command, closing is positive; NaN: unknown.
    """

    codes: np.ndarray
    episode: np.ndarray
    motion: np.ndarray
    grip: np.ndarray

    @classmethod
    def join(cls, parts: list[Moves]) -> Moves:
        """The pairs of all parts, at least one, in their order."""
        names = ("codes", "episode", "motion", "grip")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def watch_moves(
    quantizer: Quantizer, pairs: FramePairs, *, most: int = 600, seed: int = 0
) -> Iterator[tuple[int, int, dict[str, Moves]]]:
    """Look at up to `most` frame pairs of every embodiment; yields (done, total, moves so far)."""
    rng, actions = np.random.default_rng(seed), Actions(pairs)
    rows = {name: draw(own, most, rng) for name, own in by_embodiment(pairs, pairs.all()).items()}
    total, done = sum(map(len, rows.values())), 0
    moves: dict[str, Moves] = {}
    for name, own in rows.items():
        parts = []
        for first in range(0, len(own), BATCH):
            parts.append(_moves(quantizer, pairs, actions, own[first : first + BATCH]))
            done += len(parts[-1].codes)
            moves[name] = Moves.join(parts)
            yield done, total, moves


def learn_keys(
    moves: Mapping[str, Moves], driven: Collection[str] = ()
) -> dict[str, dict[str, Key]]:
    """Keys by embodiment and name (left, right, up, down, close, open, stay).

    A key that no latent action deserves is left out. driven: which of the embodiments are cars;
    what stays of a car is its course, and nobody keeps to one exactly.
    """
    everyone = Moves.join(list(moves.values()))
    pooled = _keys(everyone)
    learnt = {}
    for name, own in moves.items():
        typical = float(np.sqrt(np.square(own.motion).sum(1).mean()))
        keys = _keys(own, STILL_BELOW * typical if name in driven else LEAST)
        for missing in [*WAYS, "stay"]:
            if missing not in keys and missing in pooled:
                keys[missing] = Key(**{**vars(pooled[missing]), "everyone": True})
        learnt[name] = keys
    return learnt


def as_json(keys: Mapping[str, Mapping[str, Key]]) -> dict[str, Any]:
    """The keys as plain values, rounded."""
    return {
        body: {
            name: {
                "codes": list(key.codes),
                **{k: _round(v) for k, v in asdict(key).items() if k != "codes"},
            }
            for name, key in own.items()
        }
        for body, own in keys.items()
    }


def _moves(quantizer: Quantizer, pairs: FramePairs, actions: Actions, rows: list[Row]) -> Moves:
    batch = pairs.take(rows)
    frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
    return Moves(
        codes=quantizer.encode(frame, future),
        episode=np.asarray(batch.episode),
        motion=actions.motion(batch, frame, future),
        grip=np.array([_gripped(pairs, *row) for row in rows]),
    )


def _gripped(pairs: FramePairs, index: int, start: int, gap: int) -> float:
    """How much further the gripper is told to close at the end of a pair than before it."""
    episode = pairs.cache.episodes[index]
    names, closing = list(episode.action_names or ()), CLOSING.get(episode.source)
    if "gripper" not in names or closing is None:
        return np.nan
    actions = pairs.cache.actions(index)
    if actions is None:
        return np.nan
    commands = actions[:, names.index("gripper")]
    return float(closing * (commands[start + gap - 1] - commands[max(start - 1, 0)]))


def _keys(moves: Moves, still: float = LEAST) -> dict[str, Key]:
    """The keys that these pairs bear out; still: below it a motion stays."""
    groups = _groups(moves)
    best: dict[str, tuple[float, Key]] = {}
    for codes, rows in groups.items():
        for name, score, agree in _claims(moves, rows, still):
            if score <= 0 or agree < AGREE:
                continue
            if name not in best or score > best[name][0]:
                right, down = moves.motion[rows].mean(0)
                key = Key(codes, len(rows), float(agree), float(right), float(down))
                best[name] = (score, key)
    return {name: key for name, (_, key) in best.items()}


def _groups(moves: Moves) -> dict[Codes, np.ndarray]:
    """The rows of every latent action that enough pairs of enough episodes share."""
    every, which = np.unique(moves.codes, axis=0, return_inverse=True)
    which = which.ravel()
    groups = {}
    for number, codes in enumerate(every):
        rows = np.flatnonzero(which == number)
        if len(rows) >= PAIRS and len(np.unique(moves.episode[rows])) >= EPISODES:
            groups[tuple(map(int, codes))] = rows
    return groups


def _claims(moves: Moves, rows: np.ndarray, below: float) -> Iterator[tuple[str, float, float]]:
    """What a latent action could be the key of: (name, how surely, share of pairs that agree)."""
    moved = moves.motion[rows]
    mean = moved.mean(0)
    error = moved.std(0).mean() / np.sqrt(len(rows))
    length = float(np.hypot(*mean))
    for name, way in WAYS.items():
        along = moved @ np.array(way, np.float64)
        aside = abs(mean @ np.array(way[::-1], np.float64))
        if along.mean() >= LEAST and along.mean() >= STRAIGHT * length:
            # surely along the arrow, and little to its side
            yield name, float(along.mean() - aside - error), float((along > 0).mean())
    still = np.hypot(*moved.T) < below
    # one more of each, so that three pairs of three do not beat ninety of a hundred
    yield "stay", float((still.sum() + 1) / (len(rows) + 2)), float(still.mean())
    grip = moves.grip[rows]
    if np.isfinite(grip).all():
        error = grip.std() / np.sqrt(len(rows))
        for name, sign in zip(GRIPS, (1, -1), strict=True):
            yield name, float(sign * grip.mean() - error), float((sign * grip > 0).mean())


def _round(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
