"""One bar an embodiment, with its interval and the lines that it is held against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lapa.checkup.drawings import svg
from lapa.checkup.scale import Scale
from lapa.evaluation.estimate import Estimate

if TYPE_CHECKING:
    from lapa.evaluation.table import Groups

ROW, LEFT, RIGHT, TOP = 21, 128, 42, 26


@dataclass(frozen=True)
class Mark:
    """A vertical line at `value` with a word above it."""

    value: float
    word: str
    colour: str = svg.SOFT


def bars_by_embodiment(
    groups: Groups[Any], field: str, scale: Scale, *, title: str, marks: Sequence[Mark] = ()
) -> str:
    """`interval_bars` of one figure of each embodiment's result, and of all pairs together."""
    rows = {name: getattr(group, field) for name, group in groups.embodiments.items()}
    if len(rows) > 1:
        rows["all pairs"] = getattr(groups.overall, field)
    return interval_bars(rows, scale, title=title, marks=marks)


def interval_bars(
    rows: Mapping[str, Estimate],
    scale: Scale,
    *,
    title: str,
    marks: Sequence[Mark] = (),
) -> str:
    """Horizontal bars from 0, coloured by verdict, the interval as a whisker.

    rows: name -> figure; rows without a figure are left out. scale: how figures are written, and
    judged. The axis reaches over everything that is shown.
    """
    known = {name: each for name, each in rows.items() if math.isfinite(each.value)}
    axis = _Axis.over(list(known.values()), marks)
    height = TOP + ROW * len(known) + 6
    shapes = [_mark(mark, axis, height) for mark in marks]
    shapes += [
        shape
        for place, (name, figure) in enumerate(known.items())
        for shape in _row(name, figure, scale, axis, TOP + ROW * (place + 0.5))
    ]
    words = "; ".join(f"{name} {scale.spread(figure)}" for name, figure in known.items())
    return svg.drawing(shapes, height, title=title, description=words)


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    @classmethod
    def over(cls, figures: Sequence[Estimate], marks: Sequence[Mark]) -> _Axis:
        ends = [end for f in figures for end in (f.value, f.low, f.high) if math.isfinite(end)]
        values = [0.0, *ends, *(mark.value for mark in marks)]
        low, high = min(values), max(values)
        spare = 0.04 * ((high - low) or 1.0)
        return cls(low - spare * (low < 0), high + spare)

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return LEFT + share * (svg.WIDTH - LEFT - RIGHT)


def _mark(mark: Mark, axis: _Axis, height: float) -> str:
    x = axis.at(mark.value)
    words = svg.label(x, 9, mark.word, size=10.5, colour=mark.colour, anchor="middle")
    return words + svg.line(x, 18, x, height - 4, mark.colour, dash="2 3")


def _row(name: str, figure: Estimate, scale: Scale, axis: _Axis, y: float) -> list[str]:
    zero, end = axis.at(0), axis.at(figure.value)
    colour = svg.VERDICT[scale.verdict(figure.value)]
    shapes = [
        svg.label(LEFT - 8, y, svg.short(name, 19), anchor="end", colour=svg.INK, size=10.5),
        svg.rect(min(zero, end), y - 6, abs(end - zero), 12, colour, round=2, fade=0.75),
        svg.label(
            svg.WIDTH - 2, y, scale.number(figure.value), anchor="end", colour=svg.INK, bold=True
        ),
    ]
    if math.isfinite(figure.low) and math.isfinite(figure.high):
        low, high = axis.at(figure.low), axis.at(figure.high)
        shapes += [
            svg.line(low, y, high, y, svg.INK, width=1.4),
            svg.line(low, y - 3, low, y + 3, svg.INK, width=1.4),
            svg.line(high, y - 3, high, y + 3, svg.INK, width=1.4),
        ]
    return shapes
