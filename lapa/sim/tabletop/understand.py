"""What an instruction asks for: the task behind words, so that anybody's can be judged.

The inverse of words.Speaker. It understands every phrasing of the tasks, seen and unseen, and
nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from lapa.sim.tabletop import board, tasks, words
from lapa.sim.tabletop.blocks import SHAPES, Block

EXAMPLES = (
    "push the red star to the blue cube, move the green moon to the top left, slide the blue "
    "cube slightly up, push the red star left of the green moon, separate the red star from the "
    "blue cube"
)


def understand(instruction: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task:
    """The task that an instruction asks for on this board.

    Args:
        instruction: in words; case, a full stop and repeated spaces do not matter.
        blocks: those on the board. places: (N, 2), their middles in metres.

    Raises:
        ValueError: no task says it so, it names a block that is not there, or it is done already.
    """
    told = " ".join(instruction.lower().replace(".", " ").split())
    for read in (_apart, _beside, _to_block, _to_place, _towards):
        task = read(told, blocks, places)
        if task is None:
            continue
        if task.done(places):
            raise ValueError(f"{told!r} is done already on this board")
        return task
    raise ValueError(f"{told[:80]!r} is no task here; accepted is, for example: {EXAMPLES}")


def _to_block(told: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    found = re.fullmatch(f"{_PUSH} {_any(_every(words.TO_BLOCK))} {_BLOCK}", told)
    if found is None:
        return None
    names = _names(blocks)
    block, other = _named(found[1], names), _named(found[2], names)
    if block == other:
        raise ValueError(f"it names the {found[1]} twice; two blocks are needed")
    return tasks.to_block(told, block, other, places)


def _beside(told: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    for direction, phrases in words.BESIDE.items():
        found = re.fullmatch(f"{_PUSH} {_any(phrases)} {_BLOCK}", told)
        if found is not None:
            names = _names(blocks)
            block, other = _named(found[1], names), _named(found[2], names)
            if block == other:
                raise ValueError(f"it names the {found[1]} twice; two blocks are needed")
            return tasks.beside(told, block, other, direction, places)
    return None


def _to_place(told: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    for place, names in words.PLACES.items():
        ways = [way.format(name) for way in _every(words.TO_PLACE) for name in names]
        found = re.fullmatch(f"{_PUSH} {_any(ways)}", told)
        if found is not None:
            return tasks.to_place(told, _named(found[1], _names(blocks)), place, places)
    return None


def _towards(told: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    little = _any(_every(words.A_LITTLE))
    for direction in board.DIRECTIONS:
        parts = [words.STRAIGHT[part] for part in direction.split()]
        ways = parts[0]
        if len(parts) == 2:
            slanted = _every(words.SLANTED)
            ways = [way.format(a, b) for way in slanted for a in parts[0] for b in parts[1]]
        found = re.fullmatch(f"{_PUSH} (?P<near>{little} )?{_any(ways)}", told)
        if found is not None:
            block = _named(found[1], _names(blocks))
            return tasks.towards(told, block, direction, bool(found["near"]), places)
    return None


def _apart(told: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    names = _names(blocks)
    for phrase in _every(words.APART):
        found = re.fullmatch(phrase.format(_BLOCK, "(.+)"), told)
        if found is not None:
            others = [part.removeprefix("the ") for part in re.split(r", | and ", found[2])]
            named = [_named(other, names) for other in others]
            return tasks.apart(told, _named(found[1], names), named, places)
    return None


def _any(phrases: Iterable[str]) -> str:
    """Longer ones first, so that `top left` is not read as `top`."""
    return "(?:" + "|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) + ")"


def _every(phrases: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return phrases["seen"] + phrases["unseen"]


_BLOCK = rf"((?:\w+ )?(?:{'|'.join(SHAPES)}|block))"
_PUSH = f"{_any(_every(words.VERBS))} the {_BLOCK}"


def _names(blocks: Sequence[Block]) -> dict[str, list[int]]:
    """What each block may be called -> the blocks that are called so."""
    found: dict[str, list[int]] = {}
    for at, block in enumerate(blocks):
        for name in (block.name, f"{block.colour} block", block.shape):
            found.setdefault(name, []).append(at)
    return found


def _named(text: str, names: dict[str, list[int]]) -> int:
    called = names.get(text, [])
    if len(called) == 1:
        return called[0]
    there = ", ".join(name for name in names if " " in name and not name.endswith(" block"))
    if called:
        raise ValueError(f"there are {len(called)} blocks called {text!r}; there are: {there}")
    raise ValueError(f"there is no block {text!r} on this board; there are: {there}")
