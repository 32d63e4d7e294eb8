"""A probe's predictions against the truth."""

from __future__ import annotations

from collections.abc import Sequence

from lapa.checkup.drawings import svg

AXES = (("x", svg.DREAM), ("y", svg.TRUTH), ("z", svg.GOOD))


def scatter(points: Sequence[tuple[float, float, int]]) -> str:
    """True motion against the motion read from the latent, a dot a pair and axis.

    points: (true, read, index of the axis), both in standard deviations.
    """
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
    words = (
        f"{len(points)} dots, in standard deviations of the robot's motion; "
        "on the dashed line a reading would be exact."
    )
    title = "The robot's true motion against what is read from the latent"
    return svg.drawing([*frame, *dots, *legend], top + side + 38, title=title, description=words)
