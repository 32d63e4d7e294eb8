"""What was found when a latent action was carried to other robots, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.views import Model
from app.tabs.transfer.views import CarriedRow, Moving

LEAK_BAR = 1.0


@dataclass(frozen=True, eq=False)
class Found:
    """A latent action that was carried over. there: the pair's frame and motion. gain: mean leak,
    dB. embodiment: of the pair, empty for a visitor's own. steps: how often it was done."""

    there: Moving
    rows: Sequence[CarriedRow]
    gain: float
    model: Model
    embodiment: str = ""
    steps: int = 1


def told(found: Found) -> str:
    """What was found, in plain words. Only other robots than the pair's own count."""
    model = found.model
    others = [row for row in found.rows if row.embodiment != found.embodiment]
    if not found.rows and model.embodiments:
        known = ", ".join(model.embodiments)
        return f"No clip here shows a robot that {model.name} has learned, which are: {known}."
    if not others:
        return "There is no other embodiment here to do it on."
    if not model.embodiments:
        return (
            f"{model.name} is not known to have seen any robot, so these pictures prove no "
            "transfer; measure it (python -m lapa checkup --write) on the robots that it has seen."
        )
    if not np.any(found.there.vector):
        return (
            "Almost nothing moves in this pair, so there is no direction that could carry over; "
            "choose a pair in which the robot moves."
        )
    return (_stranger(found) + _counted(others, found.steps) + _leak(found.gain)).replace("-", "−")


def _stranger(found: Found) -> str:
    if not found.embodiment or found.model.knows(found.embodiment):
        return ""
    return f"{found.model.name} has never seen {found.embodiment}, so its codes are a guess. "


def _counted(others: Sequence[CarriedRow], steps: int) -> str:
    count = {
        name: sum(row.verdict == name for row in others) for name in ("same", "opposite", "still")
    }
    share, only = count["same"] / len(others), len(others) == 1
    carries = (
        f"carries over to {'the other robot' if only else 'all other robots'}" if share == 1 else
        "carries over to most other robots" if share > 2 / 3 else
        "carries over to some other robots" if share > 1 / 3 else
        "hardly carries over"
    )  # fmt: skip
    done = f", done {steps} times over," if steps > 1 else ""
    mean = float(np.mean([row.cosine for row in others]))
    still = f", in {count['still']} hardly at all" if count["still"] else ""
    return (
        f"This latent action{done} {carries}: in {count['same']} of {len(others)} the picture "
        f"moves the same way (within 60°), in {count['opposite']} the opposite way{still}; the "
        f"mean cosine is {mean:+.2f}. "
    )


def _leak(gain: float) -> str:
    part = "no more than a trace of" if gain <= LEAK_BAR else "part of"
    return (
        f"Shown those frames as if they were its future, the codes gain {gain:.1f} dB on them, so "
        f"they carry {part} another scene's looks."
    )
