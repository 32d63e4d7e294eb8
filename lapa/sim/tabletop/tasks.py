"""The five kinds of task, and when each is done: the rules and distances of Language Table.

    block2block           a block to another                         within 5 cm
    block2absolute        a block to a place on the board            11.5 cm, the center 10 cm
    block2relative        a block some way in a direction            10 cm
    block2blockrelative   a block to one side of another             4 cm, the other not dragged
    separate              a block away from those beside it          2.5 cm

(Lynch et al., Interactive Language: Talking to Robots in Real Time, 2022.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.blocks import UNSEEN, Block
from lapa.sim.tabletop.words import Speaker

KINDS = ("block2block", "block2absolute", "block2relative", "block2blockrelative", "separate")
# what a task may name and how it is told; the board holds blocks of all pairs
SPLITS = ("seen", "unseen-blocks", "unseen-phrases")
# metres, as in Language Table (see above)
TO_BLOCK, TO_PLACE, TO_CENTER, TOWARDS, BESIDE, APART = 0.05, 0.115, 0.10, 0.10, 0.04, 0.025
# metres that a block is pushed in a direction: a little, and otherwise
NEAR, FAR = 0.15, 0.25
# metres between the middles of a block and the one beside which it is pushed
SIDE, DIAGONAL = 0.08, 0.04 * np.sqrt(2)
# metres: blocks nearer than this are beside each other, and how far one is pushed away
JOINED, AWAY = 0.08, 0.10
# metres that the other block may be moved
DRAGGED = 0.05
# pairs of blocks that are tried for a task that is not done yet
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
        task = _MAKERS[kind](_Ask(rng, speaker, places, block, other, named))
        if task is None or not board.inside(task.goal(places), _border(kind)):
            continue
        if not task.done(places):
            return task
    return None


def _border(kind: str) -> float:
    """How far from the border a goal must be: named places may lie on it."""
    return -1.0 if kind == "block2absolute" else board.INSET


def to_block(words: str, block: int, other: int, places: np.ndarray) -> Task:
    """A block to another."""
    return Task("block2block", words, block, (other,), (0, 0), True, TO_BLOCK, places.copy())


def to_place(words: str, block: int, name: str, places: np.ndarray) -> Task:
    """A block to one of board.PLACES."""
    within = TO_CENTER if name == "center" else TO_PLACE
    at = board.PLACES[name]
    return Task("block2absolute", words, block, (), at, False, within, places.copy())


def towards(words: str, block: int, direction: str, near: bool, places: np.ndarray) -> Task:
    """A block some way in one of board.DIRECTIONS."""
    goal = places[block] + (NEAR if near else FAR) * np.array(board.DIRECTIONS[direction])
    return Task("block2relative", words, block, (), tuple(goal), False, TOWARDS, places.copy())


def beside(words: str, block: int, other: int, direction: str, places: np.ndarray) -> Task:
    """A block to that side of another."""
    offset = (DIAGONAL if " " in direction else SIDE) * np.array(board.DIRECTIONS[direction])
    return Task(
        "block2blockrelative", words, block, (other,), tuple(offset), True, BESIDE, places.copy()
    )


def apart(words: str, block: int, others: Sequence[int], places: np.ndarray) -> Task:
    """A block away from the middle of others."""
    middle = places[list(others)].mean(0)
    away = (places[block] - middle) / (np.linalg.norm(places[block] - middle) + 1e-9)
    goal = tuple(middle + AWAY * away)
    return Task("separate", words, block, tuple(others), goal, False, APART, places.copy())


@dataclass(frozen=True, eq=False)
class _Ask:
    """What a task is drawn from: its block, another one, and all that instructions may name."""

    rng: np.random.Generator
    speaker: Speaker
    places: np.ndarray
    block: int
    other: int
    named: Sequence[int]


def _some_to_block(ask: _Ask) -> Task:
    words = ask.speaker.to_block(ask.block, ask.other)
    return to_block(words, ask.block, ask.other, ask.places)


def _some_to_place(ask: _Ask) -> Task:
    name = list(board.PLACES)[ask.rng.integers(len(board.PLACES))]
    return to_place(ask.speaker.to_place(ask.block, name), ask.block, name, ask.places)


def _some_towards(ask: _Ask) -> Task:
    name, near = list(board.DIRECTIONS)[ask.rng.integers(8)], bool(ask.rng.integers(2))
    return towards(ask.speaker.towards(ask.block, name, near), ask.block, name, near, ask.places)


def _some_beside(ask: _Ask) -> Task:
    name = list(board.DIRECTIONS)[ask.rng.integers(8)]
    words = ask.speaker.beside(ask.block, ask.other, name)
    return beside(words, ask.block, ask.other, name, ask.places)


def _some_apart(ask: _Ask) -> Task | None:
    distance = np.linalg.norm(ask.places - ask.places[ask.block], axis=1)
    close = [int(at) for at in np.flatnonzero(distance < JOINED) if at != ask.block]
    if not close or not set(close) <= set(ask.named) | {ask.block}:
        return None
    return apart(ask.speaker.apart(ask.block, close), ask.block, close, ask.places)


_MAKERS: dict[str, Callable[[_Ask], Task | None]] = {
    "block2block": _some_to_block,
    "block2absolute": _some_to_place,
    "block2relative": _some_towards,
    "block2blockrelative": _some_beside,
    "separate": _some_apart,
}
