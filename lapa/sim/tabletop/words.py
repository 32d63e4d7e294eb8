"""How tasks are told: templates with synonyms, some of them kept unseen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lapa.sim.tabletop.blocks import Block

VERBS = {"seen": ("push", "move", "slide"), "unseen": ("bring", "shove")}
TO_BLOCK = {
    "seen": ("to the", "next to the", "towards the", "up to the"),
    "unseen": ("until it touches the", "against the"),
}
PLACES = {
    "top": ("top", "top side", "top edge"),
    "top left": ("top left", "top left corner", "upper left corner"),
    "top right": ("top right", "top right corner", "upper right corner"),
    "center": ("center", "center of the board", "middle"),
    "center left": ("left side", "center left", "left edge"),
    "center right": ("right side", "center right", "right edge"),
    "bottom": ("bottom", "bottom side", "bottom edge"),
    "bottom left": ("bottom left", "bottom left corner", "lower left corner"),
    "bottom right": ("bottom right", "bottom right corner", "lower right corner"),
}
TO_PLACE = {"seen": ("to the {}", "into the {}"), "unseen": ("all the way to the {}",)}
STRAIGHT = {"up": ("up", "upwards"), "down": ("down", "downwards"),
            "left": ("left", "to the left"), "right": ("right", "to the right")}  # fmt: skip
SLANTED = {"seen": ("{} and {}", "diagonally {} and {}"), "unseen": ("{} and then {}",)}
A_LITTLE = {"seen": ("slightly", "a bit", "a little"), "unseen": ("somewhat",)}
BESIDE = {
    "up": ("above the", "to the top side of the"),
    "down": ("below the", "to the bottom side of the"),
    "left": ("left of the", "to the left side of the"),
    "right": ("right of the", "to the right side of the"),
    "up left": ("to the top left of the", "to the top left side of the"),
    "up right": ("to the top right of the", "to the top right side of the"),
    "down left": ("to the bottom left of the", "to the bottom left side of the"),
    "down right": ("to the bottom right of the", "to the bottom right side of the"),
}
APART = {
    "seen": ("separate the {} from the {}", "move the {} away from the {}"),
    "unseen": ("pull the {} apart from the {}",),
}


class Speaker:
    """Puts tasks into words. part: `seen` or `unseen` phrasings."""

    def __init__(self, rng: np.random.Generator, blocks: Sequence[Block], part: str) -> None:
        self._rng, self._blocks, self._part = rng, blocks, part

    def to_block(self, block: int, other: int) -> str:
        """A block to another."""
        return f"{self._push(block)} {self._one(TO_BLOCK)} {self._name(other)}"

    def to_place(self, block: int, place: str) -> str:
        """A block to one of PLACES."""
        return f"{self._push(block)} {self._one(TO_PLACE).format(self._pick(PLACES[place]))}"

    def towards(self, block: int, direction: str, near: bool) -> str:
        """A block in one of board.DIRECTIONS; near: only a little."""
        parts = [self._pick(STRAIGHT[part]) for part in direction.split()]
        way = parts[0] if len(parts) == 1 else self._one(SLANTED).format(*parts)
        little = f"{self._one(A_LITTLE)} " if near else ""
        return f"{self._push(block)} {little}{way}"

    def beside(self, block: int, other: int, direction: str) -> str:
        """A block to that side of another."""
        return f"{self._push(block)} {self._pick(BESIDE[direction])} {self._name(other)}"

    def apart(self, block: int, others: Sequence[int]) -> str:
        """A block away from others."""
        names = [self._name(other) for other in others]
        group = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return self._one(APART).format(self._name(block), group)

    def _push(self, block: int) -> str:
        return f"{self._one(VERBS)} the {self._name(block)}"

    def _name(self, at: int) -> str:
        """Its full name, or its colour or shape alone where no other block shares it."""
        block = self._blocks[at]
        names = [block.name] * 2
        if sum(each.colour == block.colour for each in self._blocks) == 1:
            names.append(f"{block.colour} block")
        if sum(each.shape == block.shape for each in self._blocks) == 1:
            names.append(block.shape)
        return self._pick(names)

    def _one(self, phrases: dict[str, tuple[str, ...]]) -> str:
        return self._pick(phrases[self._part])

    def _pick(self, phrases: Sequence[str]) -> str:
        return phrases[int(self._rng.integers(len(phrases)))]
