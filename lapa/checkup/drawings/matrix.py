"""Robots against robots: how differently they use codes, and whether codes carry over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from lapa.checkup.drawings import svg

LEFT, TOP, RIGHT = 112, 104, 36


def divergence(names: Sequence[str], values: Sequence[Sequence[float]], average: float) -> str:
    """Jensen-Shannon divergence of every two embodiments, darker the further apart.

    The colour is full from half a bit on: robots differ by much less than they could."""
    place = {name: index for index, name in enumerate(names)}
    return _matrix(
        names,
        lambda a, b: values[place[a]][place[b]] if a != b else math.nan,
        lambda value: (svg.DREAM, min(1.0, 2 * value)),
        title="How differently every two robots use the codes, in bits",
        description=f"On average {average:.2f} bits.",
    )


def transfer(cosines: Mapping[tuple[str, str], float], average: float) -> str:
    """Cosine of motion from the robot of the row to that of the column; red: the wrong way."""
    return _matrix(
        sorted({name for pair in cosines for name in pair}),
        lambda a, b: cosines.get((a, b), math.nan),
        lambda value: (svg.DREAM if value >= 0 else svg.WRONG, min(1.0, abs(value))),
        title="Motion carried over from the robot of the row to the robot of the column, as cosine",
        description=f"On average {average:.2f}.",
    )


def _matrix(
    names: Sequence[str],
    value: Callable[[str, str], float],
    colour: Callable[[float], tuple[str, float]],
    *,
    title: str,
    description: str,
) -> str:
    """Cells with two digits behind the point; what is unknown stays empty."""
    side = min(40.0, (svg.WIDTH + 20 - LEFT - RIGHT) / len(names))
    shapes = []
    for row, name in enumerate(names):
        middle = TOP + side * (row + 0.5)
        text = svg.short(name, 19)
        shapes.append(svg.label(LEFT - 6, middle, text, anchor="end", size=10, colour=svg.INK))
        x = LEFT + side * (row + 0.5)
        shapes.append(svg.label(x, TOP - 6, text, size=10, turn=-62, colour=svg.INK))
        for column, other in enumerate(names):
            cell = (LEFT + side * column, TOP + side * row)
            shapes += _cell(value(name, other), colour, cell, side)
    return svg.drawing(
        shapes,
        TOP + side * len(names) + 4,
        title=title,
        description=description,
        width=svg.WIDTH + 20,
    )


def _cell(
    value: float,
    colour: Callable[[float], tuple[str, float]],
    corner: tuple[float, float],
    side: float,
) -> list[str]:
    x, y = corner
    if not math.isfinite(value):
        return [svg.rect(x + 0.5, y + 0.5, side - 1, side - 1, svg.SUNK, round=2)]
    fill, fade = colour(value)
    digits = f"{abs(value):.2f}"[1 if abs(value) < 0.995 else 0 :]
    ink = svg.PANEL if fade > 0.55 else svg.INK
    sign = "−" if value <= -0.005 else ""
    return [
        svg.rect(x + 0.5, y + 0.5, side - 1, side - 1, fill, round=2, fade=0.08 + 0.92 * fade),
        svg.label(
            x + side / 2,
            y + side / 2,
            sign + digits[:4],
            size=min(10.5, side / 2.45),
            anchor="middle",
            colour=ink,
        ),
    ]
