"""The five kinds of task, and when each is done: the rules and distances of Language Table.

    block2block           a block to another                         within 5 cm
    block2absolute        a block to a place on the board            11.5 cm, the center 10 cm
    block2relative        a block some way in a direction            10 cm
    block2blockrelative   a block to one side of another             4 cm, the other not dragged
    separate              a block away from those beside it          2.5 cm

(Lynch et al., Interactive Language: Talking to Robots in Real Time, 2022.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.blocks import UNSEEN, Block
from lapa.sim.tabletop.words import Speaker

KINDS = ("block2block", "block2absolute", "block2relative", "block2blockrelative", "separate")
# what a task may name and how it is told; the board holds blocks of all pairs
SPLITS = ("seen", "unseen-blocks", "unseen-phrases")
TO_BLOCK, TO_PLACE, TO_CENTER, TOWARDS, BESIDE, APART = 0.05, 0.115, 0.10, 0.10, 0.04, 0.025
NEAR, FAR = 0.15, 0.25
SIDE, DIAGONAL = 0.08, 0.04 * np.sqrt(2)
JOINED, AWAY = 0.08, 0.10
DRAGGED = 0.05
_TRIES = 60


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked for.

    Attributes:
        kind: of KINDS.
        instruction: in words.
        block: the block to be pushed, counted among those on the board.
        others: the blocks that the instruction names besides.
        goal_at: (2,) the goal on the board in metres; beside `others[0]`, if `follows`, an offset.
        follows: the goal moves with `others[0]`.
        within: metres.
        start: (N, 2) where the blocks were when it was asked.
    """

    kind: str
    instruction: str
    block: int
    others: tuple[int, ...]
    goal_at: tuple[float, float]
    follows: bool
    within: float
    start: np.ndarray

    def goal(self, places: np.ndarray) -> np.ndarray:
        """Where the block should be, (2,) metres, with the blocks at `places` (N, 2)."""
        offset = np.array(self.goal_at)
        return places[self.others[0]] + offset if self.follows else offset

    def done(self, places: np.ndarray) -> bool:
        """Whether it is done, with the blocks at `places` (N, 2) metres."""
        block = places[self.block]
        if self.kind != "block2blockrelative":
            return bool(np.linalg.norm(block - self.goal(places)) < self.within)
        other = self.others[0]
        if np.linalg.norm(places[other] - self.start[other]) > DRAGGED:
            return False
        # anywhere from half the way to a tenth beyond it counts
        way = np.linspace(0.5, 1.1, 10)[:, None] * np.array(self.goal_at)
        return bool((np.linalg.norm(places[other] + way - block, axis=1) < self.within).any())


def sample(
    rng: np.random.Generator,
    kind: str,
    blocks: Sequence[Block],
    places: np.ndarray,
    split: str = "seen",
) -> Task | None:
    """A task of this kind that is not done yet, or None if these places allow none.

    Args:
        blocks: those on the board. places: (N, 2), their middles in metres.
        split: `seen`; `unseen-blocks`: the block to push is one of blocks.UNSEEN;
            `unseen-phrases`: told as it is never told in `seen`.

    Raises:
        ValueError: an unknown kind or split.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of task {kind!r}; there are {', '.join(KINDS)}")
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    named = [at for at, block in enumerate(blocks) if block not in UNSEEN]
    pushed = named
    if split == "unseen-blocks":
        pushed = [at for at, block in enumerate(blocks) if block in UNSEEN]
    speaker = Speaker(rng, blocks, "unseen" if split == "unseen-phrases" else "seen")
    for _ in range(_TRIES if pushed and len(named) > 1 else 0):
        block = int(rng.choice(pushed))
        other = int(rng.choice([at for at in named if at != block]))
        task = _MAKERS[kind](rng, speaker, places, block, other, named)
        on_board = task is not None and board.inside(task.goal(places), _border(kind))
        if on_board and not task.done(places):
            return task
    return None


def _border(kind: str) -> float:
    """How far from the border a goal must be: named places may lie on it."""
    return -1.0 if kind == "block2absolute" else board.INSET


def to_block(told: str, block: int, other: int, places: np.ndarray) -> Task:
    """A block to another."""
    return Task("block2block", told, block, (other,), (0, 0), True, TO_BLOCK, places.copy())


def to_place(told: str, block: int, name: str, places: np.ndarray) -> Task:
    """A block to one of board.PLACES."""
    within = TO_CENTER if name == "center" else TO_PLACE
    at = board.PLACES[name]
    return Task("block2absolute", told, block, (), at, False, within, places.copy())


def towards(told: str, block: int, direction: str, near: bool, places: np.ndarray) -> Task:
    """A block some way in one of board.DIRECTIONS."""
    goal = places[block] + (NEAR if near else FAR) * np.array(board.DIRECTIONS[direction])
    return Task("block2relative", told, block, (), tuple(goal), False, TOWARDS, places.copy())


def beside(told: str, block: int, other: int, direction: str, places: np.ndarray) -> Task:
    """A block to that side of another."""
    offset = (DIAGONAL if " " in direction else SIDE) * np.array(board.DIRECTIONS[direction])
    return Task(
        "block2blockrelative", told, block, (other,), tuple(offset), True, BESIDE, places.copy()
    )


def apart(told: str, block: int, others: Sequence[int], places: np.ndarray) -> Task:
    """A block away from the middle of others."""
    middle = places[list(others)].mean(0)
    away = (places[block] - middle) / (np.linalg.norm(places[block] - middle) + 1e-9)
    goal = tuple(middle + AWAY * away)
    return Task("separate", told, block, tuple(others), goal, False, APART, places.copy())


def _some_to_block(rng, speaker, places, block, other, named) -> Task:
    return to_block(speaker.to_block(block, other), block, other, places)


def _some_to_place(rng, speaker, places, block, other, named) -> Task:
    name = list(board.PLACES)[rng.integers(len(board.PLACES))]
    return to_place(speaker.to_place(block, name), block, name, places)


def _some_towards(rng, speaker, places, block, other, named) -> Task:
    name, near = list(board.DIRECTIONS)[rng.integers(8)], bool(rng.integers(2))
    return towards(speaker.towards(block, name, near), block, name, near, places)


def _some_beside(rng, speaker, places, block, other, named) -> Task:
    name = list(board.DIRECTIONS)[rng.integers(8)]
    return beside(speaker.beside(block, other, name), block, other, name, places)


def _some_apart(rng, speaker, places, block, other, named) -> Task | None:
    distance = np.linalg.norm(places - places[block], axis=1)
    close = [int(at) for at in np.flatnonzero(distance < JOINED) if at != block]
    if not close or not set(close) <= set(named) | {block}:
        return None
    return apart(speaker.apart(block, close), block, close, places)


_MAKERS = {
    "block2block": _some_to_block,
    "block2absolute": _some_to_place,
    "block2relative": _some_towards,
    "block2blockrelative": _some_beside,
    "separate": _some_apart,
}
