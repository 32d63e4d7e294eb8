"""What was found when a latent action was carried to other robots, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.views import Model
from app.tabs.transfer import words as say
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
        return say.NO_ROBOT.format(name=model.name, known=known)
    if not others:
        return say.NO_OTHER
    if not model.embodiments:
        return say.UNMEASURED.format(name=model.name)
    if not np.any(found.there.vector):
        return say.STILL
    return (_stranger(found) + _counted(others, found.steps) + _leak(found.gain)).replace("-", "−")


def _stranger(found: Found) -> str:
    if not found.embodiment or found.model.knows(found.embodiment):
        return ""
    return say.STRANGER.format(name=found.model.name, embodiment=found.embodiment)


def _counted(others: Sequence[CarriedRow], steps: int) -> str:
    count = {
        name: sum(row.verdict == name for row in others) for name in ("same", "opposite", "still")
    }
    share, only = count["same"] / len(others), len(others) == 1
    carries = (
        (say.TO_ONE if only else say.TO_ALL) if share == 1 else
        say.TO_MOST if share > 2 / 3 else
        say.TO_SOME if share > 1 / 3 else
        say.TO_FEW
    )  # fmt: skip
    done = f", done {steps} times over," if steps > 1 else ""
    mean = float(np.mean([row.cosine for row in others]))
    still = say.HARDLY.format(still=count["still"]) if count["still"] else ""
    return say.CARRIED.format(
        done=done,
        carries=carries,
        same=count["same"],
        count=len(others),
        opposite=count["opposite"],
        still=still,
        mean=mean,
    )


def _leak(gain: float) -> str:
    part = say.TRACE if gain <= LEAK_BAR else "part of"
    return say.LEAK.format(gain=gain, part=part)
