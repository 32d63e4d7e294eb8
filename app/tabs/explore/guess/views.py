"""A round of the game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.views import Clip, Model


@dataclass(frozen=True, eq=False)
class Option:
    """A latent action, and the frame imagined with it, (h, w, 3) uint8."""

    codes: tuple[int, ...]
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Round:
    """Two frames of a real pair, (h, w, 3) uint8, and what may have led from one to the other.

    right: which of the options is the latent action inferred from the pair.
    """

    model: Model
    clip: Clip
    index: int
    frame: np.ndarray
    future: np.ndarray
    options: tuple[Option, ...]
    right: int
