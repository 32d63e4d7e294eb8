"""Which codes are used, at every position: bars over all pairs, a strip below for each robot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lapa.checkup.drawings import svg

# of one position after the other the occurrences of every code
Counts = Sequence[Sequence[int]]

LEFT, BESIDE, APART = 116, 4, 7
BARS, STRIP, HEAD = 44, 13, 16


def usage(whole: Counts, groups: Mapping[str, Counts], *, description: str) -> str:
    """Share of every code, positions side by side, at most four in a row.

    whole: of all frame pairs; groups: of each embodiment.
    """
    blocks, height = [], 0.0
    places = range(len(whole))
    rows = groups if len(groups) > 1 else {}
    depth = HEAD + BARS + STRIP * len(rows) + 22
    for first in range(0, len(places), BESIDE):
        blocks += _block(whole, rows, places[first : first + BESIDE], height)
        height += depth
    title = "How often each code is used, at every position"
    return svg.drawing(blocks, height, title=title, description=description)


def _block(
    counts: Counts,
    rows: Mapping[str, Counts],
    places: Sequence[int],
    top: float,
) -> list[str]:
    left = LEFT if rows else 4
    room = (svg.WIDTH - left + APART) / BESIDE - APART
    shapes, names = [], list(rows)
    strips = top + HEAD + BARS + 4
    for row, name in enumerate(names):
        y = strips + STRIP * (row + 0.5)
        shapes.append(svg.label(left - 6, y, svg.short(name, 19), size=10, anchor="end"))
    for column, place in enumerate(places):
        x = left + column * (room + APART)
        shapes.append(svg.label(x, top + 7, f"position {place}", size=10, colour=svg.INK))
        shapes += _bars(counts[place], x, top + HEAD, room)
        for row, name in enumerate(names):
            colour = svg.hue(names, name)
            shapes += _strip(rows[name][place], x, strips + STRIP * row, room, colour)
        below = strips + STRIP * len(names) + 7
        shapes += _numbers(len(counts[place]), x, below, room)
    return shapes


def _bars(counts: Sequence[int], x: float, y: float, room: float) -> list[str]:
    """Bars up to the commonest code; a code that never occurs has a red foot."""
    most, width = max(counts), room / len(counts)
    shapes = [svg.rect(x, y + BARS - 0.5, room, 0.5, svg.LINE)]
    for code, count in enumerate(counts):
        tall = (BARS - 2) * count / most
        at = x + code * width + 0.08 * width
        if count:
            bar = svg.rect(at, y + BARS - tall, 0.84 * width, tall, svg.DREAM, round=1)
        else:
            bar = svg.rect(at, y + BARS - 2, 0.84 * width, 2, svg.WRONG)
        shapes.append(bar)
    return shapes


def _strip(counts: Sequence[int], x: float, y: float, room: float, colour: str) -> list[str]:
    """One robot: a cell a code, the stronger the more often; its commonest code is solid."""
    most, width = max(counts), room / len(counts)
    cells = [svg.rect(x, y + 1, room, STRIP - 2, svg.SUNK)]
    for code, count in enumerate(counts):
        if count:
            fade = 0.12 + 0.88 * count / most
            cells.append(svg.rect(x + code * width, y + 1, width, STRIP - 2, colour, fade=fade))
    return cells


def _numbers(size: int, x: float, y: float, room: float) -> list[str]:
    if size > 10:
        return [svg.label(x, y, f"codes 0 to {size - 1}", size=9.5)]
    width = room / size
    return [
        svg.label(x + (code + 0.5) * width, y, str(code), size=9, anchor="middle")
        for code in range(size)
    ]
