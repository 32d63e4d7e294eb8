"""Where each code truly sends the robot: the mean effect of every code as an arrow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lapa.report import svg

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup

Effect = tuple[float, float, int]
PANEL, RADIUS, MOST = 180, 66, 16


def rose(checkup: Checkup) -> str:
    """A compass for each position, two beside each other; x to the right, y up.

    Arrows of one picture share their scale: the outer ring is as far as the longest arrow, rounded
    up to a quarter of a standard deviation.
    """
    effects = checkup.consistency.overall.effects
    longest = max((math.hypot(x, y) for place in effects for x, y, n in place if n), default=0.0)
    reach = max(0.25, math.ceil(4 * longest) / 4)
    shapes = []
    for place, codes in enumerate(effects):
        x = PANEL * (place % 2) + PANEL / 2
        y = (PANEL + 4) * (place // 2) + PANEL / 2 + 6
        shapes += _compass(place, codes, x, y, reach)
    rows = -(-len(effects) // 2)
    told = "; ".join(_told(place, codes) for place, codes in enumerate(effects))
    title = "The mean true motion of the robot for every code, at every position"
    height = rows * (PANEL + 4) + 20
    note = f"outer ring: {reach:g} standard deviations of the robot's motion"
    foot = svg.label(svg.WIDTH / 2, height - 8, note, anchor="middle", size=10.5)
    return svg.drawing([*shapes, foot], height, title=title, told=told)


def _compass(place: int, codes: tuple[Effect, ...], x: float, y: float, reach: float) -> list[str]:
    ring = f"fill:none;stroke:{svg.FAINT};stroke-width:1"
    shapes = [
        svg.circle(x, y, RADIUS, ring),
        svg.circle(x, y, RADIUS / 2, ring),
        svg.line(x - RADIUS, y, x + RADIUS, y, svg.FAINT),
        svg.line(x, y - RADIUS, x, y + RADIUS, svg.FAINT),
        svg.label(x + RADIUS - 2, y + 7, "x", size=10, anchor="end"),
        svg.label(x + 5, y - RADIUS + 5, "y", size=10),
        svg.label(x - PANEL / 2 + 6, y - RADIUS - 14, f"position {place}", colour=svg.INK),
    ]
    common = sorted(range(len(codes)), key=lambda code: -codes[code][2])[:MOST]
    most = max(n for _, _, n in codes) or 1
    for rank, code in enumerate(sorted(common)):
        effect_x, effect_y, number = codes[code]
        if number:
            end = (x + RADIUS * effect_x / reach, y - RADIUS * effect_y / reach)
            colour = svg.HUES[rank % len(svg.HUES)]
            shapes += _arrow(str(code), (x, y), end, colour, 1.2 + 2.4 * number / most)
    return shapes


def _arrow(
    code: str, start: tuple[float, float], end: tuple[float, float], colour: str, width: float
) -> list[str]:
    """An arrow with its code beyond the tip; near the middle the code stands on its dot."""
    (x, y), (to_x, to_y) = start, end
    length = math.hypot(to_x - x, to_y - y)
    away = max(length, 1e-9)
    along_x, along_y = (to_x - x) / away, (to_y - y) / away
    text = svg.label(
        to_x + 10 * along_x,
        to_y + 10 * along_y,
        code,
        colour=svg.INK,
        anchor="middle",
        bold=True,
        size=10.5,
    )
    dot = svg.circle(to_x, to_y, 1.6 + 0.6 * width, f"fill:{colour}")
    return [svg.line(x, y, to_x, to_y, colour, width=width), dot, text]


def _told(place: int, codes: tuple[Effect, ...]) -> str:
    arrows = [f"code {k} ({x:+.2f}, {y:+.2f})" for k, (x, y, n) in enumerate(codes) if n]
    return f"position {place}: " + ", ".join(arrows[:MOST])
