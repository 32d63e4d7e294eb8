"""Dreams, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.core.trust import Trust


@dataclass(frozen=True, eq=False)
class DreamStep:
    """One moment of a dream: what is seen, what led here, and how far to trust it.

    number: of the moment in its dream; parent: of the one before, None for the first. step: how
    many latent actions led here; codes: the last one, None at the start. sharpness: fine detail
    over that of the first frame, distance from real frames of this embodiment (up to 1 is familiar,
    None where none are known), both where the robot is. coloured: shares of the picture that are
    coloured where it changed, now and in the first frame. trust: of the way here.
    """

    number: int
    parent: int | None
    step: int
    codes: tuple[int, ...] | None
    image: np.ndarray
    sharpness: float
    distance: float | None
    coloured: tuple[float, float] = (0.0, 0.0)
    trust: Trust = field(default_factory=Trust)

    @property
    def says(self) -> str:
        """How far to trust the picture, in a sentence."""
        return self.trust.sentence(self.step, self.sharpness, self.distance, self.coloured)


@dataclass(frozen=True)
class DreamKey:
    """A key to drive with: its latent action, and in one sentence where that was learned."""

    name: str
    codes: tuple[int, ...]
    note: str
