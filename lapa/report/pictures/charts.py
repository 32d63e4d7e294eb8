"""Two charts: the probe's predictions against the truth, and how a dream drifts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lapa.report import svg

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup

AXES = (("x", svg.DREAM), ("y", svg.TRUTH), ("z", svg.GOOD))
LEFT, RIGHT, TOP = 40, 352, 24


def scatter(checkup: Checkup) -> str:
    """True motion against the motion read from the latent, a dot a pair and axis."""
    points = checkup.probe.overall.scatter
    reach = max(2.0, *(min(abs(end), 4.0) for true, guess, _ in points for end in (true, guess)))
    left, top, side = 58, 22, 268

    def place(value: float) -> float:
        return side * (min(max(value, -reach), reach) + reach) / (2 * reach)

    frame = [
        svg.rect(left, top, side, side, svg.SUNK, round=4),
        svg.line(left, top + side, left + side, top, svg.LINE, dash="4 4"),
        svg.label(left + side / 2, top + side + 27, "what the robot did", anchor="middle"),
        svg.label(16, top + side / 2, "read from the latent", anchor="middle", turn=-90),
    ]
    for value in (-2, 0, 2):
        at = place(value)
        tick = f"{value:+d}".replace("-", "−") if value else "0"
        frame.append(svg.label(left + at, top + side + 11, tick, anchor="middle", size=10))
        frame.append(svg.label(left - 6, top + side - at, tick, anchor="end", size=10))
    dots = [
        svg.circle(
            left + place(true),
            top + side - place(guess),
            2.6,
            f"fill:{AXES[axis][1]};fill-opacity:.6",
        )
        for true, guess, axis in points
    ]
    legend = []
    for axis, (name, colour) in enumerate(AXES):
        legend.append(svg.circle(left + 6 + 44 * axis, 10, 4, f"fill:{colour}"))
        legend.append(svg.label(left + 14 + 44 * axis, 10, name, colour=svg.INK))
    told = (
        f"{len(points)} dots, in standard deviations of the robot's motion; "
        "on the dashed line a reading would be exact."
    )
    title = "The robot's true motion against what is read from the latent"
    return svg.drawing([*frame, *dots, *legend], top + side + 38, title=title, told=told)


def drift(checkup: Checkup) -> str:
    """PSNR of the dream and of the first frame left standing; below, the dream's sharpness."""
    found = checkup.drift.overall
    steps = list(range(1, len(found.psnr) + 1))
    upper, lower = 128, 74
    values = [*found.psnr, *found.copy_psnr]
    low, high = math.floor(min(values)), math.ceil(max(values))
    quality = _Panel(steps, low, max(high, low + 1), TOP, upper)
    sharp = _Panel(steps, 0, max(1.2, *found.sharpness), TOP + upper + 44, lower)
    shapes = [
        svg.label(4, 9, "nearness to the truth (PSNR, dB)", colour=svg.INK),
        *quality.frame([low, (low + high) / 2, high]),
        svg.area(
            [*quality.points(found.psnr), *reversed(quality.points(found.copy_psnr))],
            svg.DREAM,
            0.12,
        ),
        svg.path(quality.points(found.copy_psnr), svg.SOFT, width=1.6),
        svg.path(quality.points(found.psnr), svg.DREAM, width=2.4),
        *_beside(quality, found.psnr, found.copy_psnr),
        svg.label(4, TOP + upper + 29, "sharpness (1: as sharp as the truth)", colour=svg.INK),
        *sharp.frame([0, 1]),
        sharp.level(0.7, svg.TRUTH),
        svg.path(sharp.points(found.sharpness), svg.DREAM, width=2.4),
    ]
    last = TOP + upper + 44 + lower
    for step in sorted({1, *range(4, len(steps) + 1, 4), len(steps)}):
        shapes.append(svg.label(quality.x(step), last + 12, str(step), anchor="middle", size=10))
    shapes.append(svg.label(RIGHT, last + 26, "steps of the dream", anchor="end", size=10.5))
    told = (
        f"The dream goes from {found.psnr[0]:.1f} to {found.psnr[-1]:.1f} dB, the first frame left "
        f"standing from {found.copy_psnr[0]:.1f} to {found.copy_psnr[-1]:.1f} dB; sharpness from "
        f"{found.sharpness[0]:.2f} to {found.sharpness[-1]:.2f}."
    )
    title = "How a dream with the true codes drifts from the truth"
    return svg.drawing(shapes, last + 36, title=title, told=told)


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
