"""How a dream drifts from the truth, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lapa.checkup.drawings import svg

LEFT, RIGHT, TOP = 40, 352, 24


def rollout(
    psnr: Sequence[float], copy_psnr: Sequence[float], sharpness: Sequence[float], *, bar: float
) -> str:
    """PSNR of the dream and of the first frame left standing, in dB; below, the dream's sharpness
    and the bar that it is held to. Each has a value a step."""
    steps = list(range(1, len(psnr) + 1))
    upper, lower = 128, 74
    values = [*psnr, *copy_psnr]
    low, high = math.floor(min(values)), math.ceil(max(values))
    quality = _Panel(steps, low, max(high, low + 1), TOP, upper)
    sharp = _Panel(steps, 0, max(1.2, *sharpness), TOP + upper + 44, lower)
    shapes = [
        svg.label(4, 9, "nearness to the truth (PSNR, dB)", colour=svg.INK),
        *quality.frame([low, (low + high) / 2, high]),
        svg.area(
            [*quality.points(psnr), *reversed(quality.points(copy_psnr))],
            svg.DREAM,
            0.12,
        ),
        svg.path(quality.points(copy_psnr), svg.SOFT, width=1.6),
        svg.path(quality.points(psnr), svg.DREAM, width=2.4),
        *_beside(quality, psnr, copy_psnr),
        svg.label(4, TOP + upper + 29, "sharpness (1: as sharp as the truth)", colour=svg.INK),
        *sharp.frame([0, 1]),
        sharp.level(bar, svg.TRUTH),
        svg.path(sharp.points(sharpness), svg.DREAM, width=2.4),
    ]
    last = TOP + upper + 44 + lower
    shapes += [
        svg.label(quality.x(step), last + 12, str(step), anchor="middle", size=10)
        for step in sorted({1, *range(4, len(steps) + 1, 4), len(steps)})
    ]
    shapes.append(svg.label(RIGHT, last + 26, "steps of the dream", anchor="end", size=10.5))
    words = (
        f"The dream goes from {psnr[0]:.1f} to {psnr[-1]:.1f} dB, the first frame left "
        f"standing from {copy_psnr[0]:.1f} to {copy_psnr[-1]:.1f} dB; sharpness from "
        f"{sharpness[0]:.2f} to {sharpness[-1]:.2f}."
    )
    title = "How a dream with the true codes drifts from the truth"
    return svg.drawing(shapes, last + 36, title=title, description=words)


class _Panel:
    """Steps from left to right, values from low to high in `height` below `top`."""

    def __init__(self, steps: Sequence[int], low: float, high: float, top: float, height: float):
        self.steps, self.low, self.high, self.top, self.height = steps, low, high, top, height

    def x(self, step: int) -> float:
        return LEFT + (RIGHT - LEFT - 64) * (step - 1) / max(len(self.steps) - 1, 1)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - (value - self.low) / (self.high - self.low))

    def points(self, values: Sequence[float]) -> list[tuple[float, float]]:
        return [(self.x(s), self.y(v)) for s, v in zip(self.steps, values, strict=True)]

    def level(self, value: float, colour: str) -> str:
        y = self.y(value)
        words = svg.label(RIGHT - 58, y, f"bar {value:g}", colour=colour, size=10.5)
        return svg.line(LEFT, y, RIGHT - 64, y, colour, dash="2 3") + words

    def frame(self, ticks: Sequence[float]) -> list[str]:
        return [
            svg.line(LEFT, self.y(tick), RIGHT - 64, self.y(tick), svg.FAINT)
            + svg.label(LEFT - 6, self.y(tick), f"{tick:g}", anchor="end", size=10)
            for tick in ticks
        ]


def _beside(panel: _Panel, dream: Sequence[float], copy: Sequence[float]) -> list[str]:
    """The two lines' names at their ends, kept apart."""
    at, other = panel.y(dream[-1]), panel.y(copy[-1])
    middle = (at + other) / 2
    if abs(at - other) < 24:
        above = at <= other
        at, other = (middle - 12, middle + 12) if above else (middle + 12, middle - 12)
    x = RIGHT - 58
    return [
        svg.label(x, at, "the dream", colour=svg.DREAM, bold=True, size=10.5),
        svg.label(x, other - 5, "first frame", size=10.5),
        svg.label(x, other + 6, "left standing", size=10.5),
    ]
