"""Where each code truly sends the robot: the mean effect of every code as an arrow."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lapa.checkup.drawings import svg

Effect = tuple[float, float, int]
PANEL, RADIUS, MOST = 180, 66, 16


def rose(effects: Sequence[tuple[Effect, ...]]) -> str:
    """A compass for each position, two beside each other; x to the right, y up.

    Arrows of one picture share their scale: the outer ring is as far as the longest arrow, rounded
    up to a quarter of a standard deviation.

    effects: of every position the codes' (mean effect along x, along y, pairs that it is of).
    """
    longest = max((math.hypot(x, y) for place in effects for x, y, n in place if n), default=0.0)
    reach = max(0.25, math.ceil(4 * longest) / 4)
    shapes = []
    for place, codes in enumerate(effects):
        x = PANEL * (place % 2) + PANEL / 2
        y = (PANEL + 4) * (place // 2) + PANEL / 2 + 6
        shapes += _compass(place, codes, x, y, reach)
    rows = -(-len(effects) // 2)
    words = "; ".join(_words(place, codes) for place, codes in enumerate(effects))
    title = "The mean true motion of the robot for every code, at every position"
    height = rows * (PANEL + 4) + 20
    note = f"outer ring: {reach:g} standard deviations of the robot's motion"
    foot = svg.label(svg.WIDTH / 2, height - 8, note, anchor="middle", size=10.5)
    return svg.drawing([*shapes, foot], height, title=title, description=words)


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
    numbers: list[tuple[float, float]] = []
    for rank, code in enumerate(sorted(common)):
        effect_x, effect_y, number = codes[code]
        if number:
            tip = (RADIUS * effect_x / reach, -RADIUS * effect_y / reach)
            colour, width = svg.HUES[rank % len(svg.HUES)], 1.2 + 2.4 * number / most
            shapes.append(svg.line(x, y, x + tip[0], y + tip[1], colour, width=width))
            shapes.append(svg.circle(x + tip[0], y + tip[1], 1.6 + 0.6 * width, f"fill:{colour}"))
            numbers.append(_beyond(tip, numbers))
            text_x, text_y = x + numbers[-1][0], y + numbers[-1][1]
            shapes.append(
                svg.label(text_x, text_y, str(code), colour=colour, anchor="middle", bold=True)
            )
    return shapes


def _beyond(
    tip: tuple[float, float], numbers: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """A place for the code's number beyond its arrow's tip where no other number stands."""
    turn = math.atan2(tip[1], tip[0])
    places = [
        (tip[0] + away * math.cos(turn + aside), tip[1] + away * math.sin(turn + aside))
        for away in (10, 16, 23, 30)
        for aside in (0, 0.6, -0.6, 1.2, -1.2)
    ]
    return next(
        (each for each in places if all(math.dist(each, other) >= 12 for other in numbers)),
        places[0],
    )


def _words(place: int, codes: tuple[Effect, ...]) -> str:
    arrows = [f"code {k} ({x:+.2f}, {y:+.2f})" for k, (x, y, n) in enumerate(codes) if n]
    return f"position {place}: " + ", ".join(arrows[:MOST])
