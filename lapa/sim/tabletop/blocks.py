"""The blocks: four colours, four shapes, and which of the sixteen pairs are kept unseen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COLOURS = {
    "red": (0.85, 0.12, 0.12),
    "blue": (0.15, 0.25, 0.85),
    "green": (0.12, 0.62, 0.20),
    "yellow": (0.92, 0.80, 0.10),
}
SHAPES = ("cube", "star", "moon", "pentagon")
# metres; no corner is farther from the middle than this
HEIGHT, RADIUS = 0.03, 0.026
# middles of two blocks that do not overlap, whatever their turn
APART = 0.055
# corners of each of the two arcs of a moon
_ARC = 9


@dataclass(frozen=True)
class Block:
    """One of the sixteen."""

    colour: str
    shape: str

    @property
    def name(self) -> str:
        """As an instruction calls it: `red moon`."""
        return f"{self.colour} {self.shape}"


BLOCKS = tuple(Block(colour, shape) for colour in COLOURS for shape in SHAPES)
# each colour and each shape is once among them, so that both are known from other blocks
UNSEEN = frozenset(
    {
        Block("red", "moon"),
        Block("blue", "pentagon"),
        Block("green", "star"),
        Block("yellow", "cube"),
    }
)


def outline(shape: str) -> np.ndarray:
    """The block from above: corners (N, 2) in metres, anticlockwise around the middle.

    Raises:
        ValueError: no such shape.
    """
    if shape == "cube":
        return 0.018 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    if shape == "pentagon":
        return 0.022 * _around(np.arange(5) * 2 * np.pi / 5)
    if shape == "star":
        radii = np.where(np.arange(10) % 2, 0.012, RADIUS)
        return radii[:, None] * _around(np.arange(10) * np.pi / 5)
    if shape == "moon":
        outer = 0.025 * _around(np.linspace(-1.9, 1.9, _ARC)) * [-1, -1]
        inner = 0.019 * _around(np.linspace(1.75, -1.75, _ARC)) * [-1, -1] + [0.011, 0]
        return np.concatenate([outer, inner]) + [0.004, 0]
    raise ValueError(f"no shape {shape!r}; there are {', '.join(SHAPES)}")


def solid(shape: str) -> tuple[np.ndarray, np.ndarray]:
    """The block as a mesh standing on the table: vertices (V, 3) in metres, triangles (F, 3)."""
    flat = outline(shape)
    number = len(flat)
    if shape != "moon":
        flat = np.concatenate([flat, flat.mean(0, keepdims=True)])
    low = np.concatenate([flat, np.zeros((len(flat), 1))], 1)
    vertices = np.concatenate([low, low + [0, 0, HEIGHT]])
    top = np.array(_cap(shape, number))
    here, following = np.arange(number), np.roll(np.arange(number), -1)
    up = len(flat)
    sides = [
        np.stack([here, following, following + up], 1),
        np.stack([here, following + up, here + up], 1),
    ]
    return vertices, np.concatenate([*sides, top[:, ::-1], top + up])


def _cap(shape: str, number: int) -> list[tuple[int, int, int]]:
    """Triangles of the outline: a fan around the middle, for the moon a strip between its arcs."""
    if shape != "moon":
        return [(k, (k + 1) % number, number) for k in range(number)]
    last = number - 1
    strip = []
    for k in range(number // 2 - 1):
        strip += [(k, k + 1, last - k - 1), (k, last - k - 1, last - k)]
    return strip


def _around(angles: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angles), np.sin(angles)], 1)
