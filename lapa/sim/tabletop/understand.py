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


# said to be kind, and no part of a task
_COURTESY = r"\b(?:please|kindly|thanks|thank you|(?:could|can|would|will) you)\b"


def plain(instruction: str) -> str:
    """An instruction as the tasks are told: small letters, without courtesy, exclamation marks and
    other signs that say nothing, and with single spaces."""
    words = re.sub(r"[^\w\s,-]", " ", instruction.lower())
    return " ".join(re.sub(_COURTESY, " ", words).split()).strip(" ,-")


def understand(instruction: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task:
    """The task that an instruction asks for on this board.

    Args:
        instruction: in words; how it is written does not matter (see `plain`).
        blocks: those on the board. places: (N, 2), their middles in metres.

    Raises:
        ValueError: no task says it so, it names a block that is not there, or it is done already.
    """
    text = plain(instruction)
    for read in (_apart, _beside, _to_block, _to_place, _towards):
        task = read(text, blocks, places)
        if task is None:
            continue
        if task.done(places):
            raise ValueError(f"{text!r} is done already on this board")
        return task
    raise ValueError(f"{text[:80]!r} is no task here; accepted is, for example: {EXAMPLES}")


def _to_block(text: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    match = re.fullmatch(f"{_PUSH} {_any(_every(words.TO_BLOCK))} {_BLOCK}", text)
    if match is None:
        return None
    names = _names(blocks)
    block, other = _block_called(match[1], names), _block_called(match[2], names)
    if block == other:
        raise ValueError(f"it names the {match[1]} twice; two blocks are needed")
    return tasks.to_block(text, block, other, places)


def _beside(text: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    for direction, phrases in words.BESIDE.items():
        match = re.fullmatch(f"{_PUSH} {_any(phrases)} {_BLOCK}", text)
        if match is not None:
            names = _names(blocks)
            block, other = _block_called(match[1], names), _block_called(match[2], names)
            if block == other:
                raise ValueError(f"it names the {match[1]} twice; two blocks are needed")
            return tasks.beside(text, block, other, direction, places)
    return None


def _to_place(text: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    for place, names in words.PLACES.items():
        ways = [way.format(name) for way in _every(words.TO_PLACE) for name in names]
        match = re.fullmatch(f"{_PUSH} {_any(ways)}", text)
        if match is not None:
            return tasks.to_place(text, _block_called(match[1], _names(blocks)), place, places)
    return None


def _towards(text: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    little = _any(_every(words.A_LITTLE))
    for direction in board.DIRECTIONS:
        parts = [words.STRAIGHT[part] for part in direction.split()]
        ways: Sequence[str] = parts[0]
        if len(parts) == 2:
            slanted = _every(words.SLANTED)
            ways = [way.format(a, b) for way in slanted for a in parts[0] for b in parts[1]]
        match = re.fullmatch(f"{_PUSH} (?P<near>{little} )?{_any(ways)}", text)
        if match is not None:
            block = _block_called(match[1], _names(blocks))
            return tasks.towards(text, block, direction, bool(match["near"]), places)
    return None


def _apart(text: str, blocks: Sequence[Block], places: np.ndarray) -> tasks.Task | None:
    names = _names(blocks)
    for phrase in _every(words.APART):
        match = re.fullmatch(phrase.format(_BLOCK, "(.+)"), text)
        if match is not None:
            others = [part.removeprefix("the ") for part in re.split(r", | and ", match[2])]
            group = [_block_called(other, names) for other in others]
            return tasks.apart(text, _block_called(match[1], names), group, places)
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
    names: dict[str, list[int]] = {}
    for at, block in enumerate(blocks):
        for name in (block.name, f"{block.colour} block", block.shape):
            names.setdefault(name, []).append(at)
    return names


def _block_called(text: str, names: dict[str, list[int]]) -> int:
    called = names.get(text, [])
    if len(called) == 1:
        return called[0]
    there = ", ".join(name for name in names if " " in name and not name.endswith(" block"))
    if called:
        raise ValueError(f"there are {len(called)} blocks called {text!r}; there are: {there}")
    raise ValueError(f"there is no block {text!r} on this board; there are: {there}")
