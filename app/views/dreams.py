"""Dreams and replays, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class DreamStep:
    """One moment of a dream: what is seen, what led here, and how far to trust it.

    number: of the moment in its dream; parent: of the one before, None for the first. step: how
    many latent actions led here; codes: the last one, None at the start. sharpness: fine detail
    over that of the first frame. distance: from real frames of this embodiment, up to 1 is
    familiar; None where none are known. untrusted_from: the first step on the way here whose
    picture should not be trusted, and `doubt` why.
    """

    number: int
    parent: int | None
    step: int
    codes: tuple[int, ...] | None
    image: np.ndarray
    sharpness: float
    distance: float | None
    untrusted_from: int | None = None
    doubt: str = ""


@dataclass(frozen=True)
class Queued:
    """A visitor who waits to play. ahead: how many others come first."""

    ahead: int


@dataclass(frozen=True)
class DreamKey:
    """A key to drive with: its latent action, and in one sentence where that was learned."""

    name: str
    codes: tuple[int, ...]
    note: str


@dataclass(frozen=True, eq=False)
class ReplayStep:
    """One step of a replay: what was imagined, what was true, and how close they are.

    codes: inferred from the true frames before and after. anchored: imagined from the true frame
    instead of from its own last picture. psnr, copy_psnr: dB against the true frame, of the
    imagined one and of the frame last anchored to. sharpness: detail over the true frame's.
    """

    step: int
    imagined: np.ndarray
    true: np.ndarray
    codes: tuple[int, ...]
    anchored: bool
    psnr: float
    copy_psnr: float
    sharpness: float
