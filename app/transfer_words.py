"""What was found when a latent action was carried to other robots, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.views import CarriedRow, Model, Moving

LEAK_BAR = 1.0


def told(there: Moving, rows: Sequence[CarriedRow], gain: float, model: Model) -> str:
    """What was found, in plain words."""
    if not rows and model.embodiments:
        known = ", ".join(model.embodiments)
        return f"No clip here shows a robot that {model.name} has learned, which are: {known}."
    if not rows:
        return "There is no other embodiment here to do it on."
    if not np.any(there.vector):
        return (
            "Almost nothing moves in this pair, so there is no direction that could carry over; "
            "choose a pair in which the robot moves."
        )
    count = {name: sum(row.verdict == name for row in rows) for name in ("same", "opposite")}
    still = sum(row.verdict == "still" for row in rows)
    mean = float(np.mean([row.cosine for row in rows]))
    share = count["same"] / len(rows)
    carries = (
        "carries over to all robots" if share == 1 else
        "carries over to most robots" if share > 2 / 3 else
        "carries over to some robots" if share > 1 / 3 else
        "hardly carries over"
    )  # fmt: skip
    words = (
        f"This latent action {carries}: in {count['same']} of {len(rows)} the picture moves the "
        f"same way (within 60°), in {count['opposite']} the opposite way"
    )
    if still:
        words += f", in {still} hardly at all"
    leak = "no more than a trace of" if gain <= LEAK_BAR else "part of"
    return (
        f"{words}; the mean cosine is {mean:+.2f}. Shown those frames as if they were its future, "
        f"the codes gain {gain:.1f} dB on them, so they carry {leak} another scene's looks."
    ).replace("-", "−")
