"""One latent action on many embodiments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Moving:
    """A picture and what moves in it.

    vector: to the right and down, centre: from the left and the top, both (2,) as shares of the
    picture's side.
    """

    image: np.ndarray
    vector: np.ndarray
    centre: np.ndarray

    @property
    def nbytes(self) -> int:
        """Memory of it."""
        return self.image.nbytes + self.vector.nbytes + self.centre.nbytes


@dataclass(frozen=True, eq=False)
class KnownPair:
    """A real frame pair of another robot whose codes are near a latent action.

    differ: positions at which the codes differ. cosine: of its motion with the one asked for.
    """

    clip_id: str
    index: int
    codes: tuple[int, ...]
    differ: int
    cosine: float
    frame: Moving
    future: np.ndarray


@dataclass(frozen=True, eq=False)
class CarriedRow:
    """A latent action done on a frame of one embodiment.

    images: imagined, one a step. frame: with the motion that all steps bring. cosine: of
    that motion with the source's; verdict: same, aside, opposite or still. returned: the codes
    read back from the first step. gain: dB won on this frame when it is offered to the source as
    its future (appearance leak).
    """

    embodiment: str
    clip_id: str
    index: int
    aspect: float
    frame: Moving
    images: tuple[np.ndarray, ...]
    cosine: float
    verdict: str
    returned: tuple[int, ...]
    gain: float


@dataclass(frozen=True, eq=False)
class Carried:
    """A latent action of one frame pair, done on a frame of every other embodiment.

    gain: mean of the rows', dB. sentence: what was found, in plain words.
    """

    model: str
    embodiment: str
    codes: tuple[int, ...]
    frame: Moving
    future: np.ndarray
    aspect: float
    rows: tuple[CarriedRow, ...]
    gain: float
    sentence: str


@dataclass(frozen=True)
class TransferCell:
    """Latent actions of `source` on frames of `target`, measured before.

    cosine with its 95 % interval (NaN: unknown), -1 to 1. same_code: share read back. best,
    worst: examples {"clip", "index", "onto", "at", "codes", "cosine"}.
    """

    source: str
    target: str
    pairs: int
    cosine: float
    low: float
    high: float
    same_code: float
    best: tuple[dict[str, Any], ...]
    worst: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class TransferMatrix:
    """Every embodiment's latent actions on every other's frames. command: what measured it."""

    embodiments: tuple[str, ...]
    cells: tuple[TransferCell, ...]
    command: str


@dataclass(frozen=True, eq=False)
class TransferExample:
    """An example of a cell, in pictures."""

    clip_id: str
    index: int
    onto: str
    at: int
    codes: tuple[int, ...]
    cosine: float
    frame: Moving
    future: np.ndarray
    target: Moving
    imagined: np.ndarray
