"""Points of the atlas, the pair behind one, and what a pattern of codes stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# directions by their sector, as people say them (`lapa.atlas.points`)
WAYS = (
    "right", "up-right", "up", "up-left", "left", "down-left", "down", "down-right", "still",
)  # fmt: skip
# four sides, as wide as two of those sectors, and still
SIDES = ("right", "up", "left", "down", "still")


@dataclass(frozen=True, eq=False)
class AtlasTable:
    """Every point of an atlas, one row each.

    names of embodiments, tasks, instructions and clips, which the columns of that name count.
    codes (N, S) uint8. direction (N,) uint8: of WAYS, sectors of 45°. motion (N, 2) float32: right
    and down, as shares of the frame's side. gap (N,) int32: in frames. held (N,) bool: held out
    from training. shipped (N,) bool: the clip is here in full. maps: coordinates (N, 2 or 3) by
    name. about: how they were made, figures.
    """

    model: str
    embodiments: tuple[str, ...]
    tasks: tuple[str, ...]
    instructions: tuple[str, ...]
    clips: tuple[str, ...]
    embodiment: np.ndarray
    task: np.ndarray
    instruction: np.ndarray
    clip: np.ndarray
    index: np.ndarray
    codes: np.ndarray
    direction: np.ndarray
    motion: np.ndarray
    gap: np.ndarray
    held: np.ndarray
    shipped: np.ndarray
    maps: Mapping[str, np.ndarray]
    about: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, eq=False)
class AtlasPair:
    """The pair behind a point.

    frame, future: as large as they are here, (h, w, 3) uint8. decoded: what the model imagines
    from the frame with the pair's codes. whole: the clip is here, so that other tabs can open it.
    neighbours: (row, distance of the latents) of the nearest pair of each other embodiment.
    """

    row: int
    clip_id: str
    index: int
    embodiment: str
    task: str
    instruction: str
    split: str
    codes: tuple[int, ...]
    frame: np.ndarray
    future: np.ndarray
    decoded: np.ndarray
    aspect: float
    whole: bool
    neighbours: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Placed:
    """A visitor's own pair on the maps. places: coordinates by map. nearest: rows and distances of
    the pairs that are most alike, one of each other clip."""

    codes: tuple[int, ...]
    places: Mapping[str, tuple[float, ...]]
    nearest: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class EmbodimentEffect:
    """What a pattern of codes does with one embodiment, in real pairs.

    pairs: that match. motion: their mean, right and down, as shares of the side. agreement: the
    length of the mean direction, 1 where all move the same way and 0 where they cancel; NaN where
    nothing moves.
    """

    embodiment: str
    pairs: int
    motion: tuple[float, float]
    agreement: float


@dataclass(frozen=True, eq=False)
class CodeCard:
    """What a pattern such as [3,*,0,*] stands for.

    effects: by embodiment. examples: rows of real pairs that show it best. shown: (embodiment,
    frame, imagined) where the pattern is done on four embodiments, its free positions held at
    the code of a pair in which nothing moves.
    """

    pattern: tuple[int | None, ...]
    pairs: int
    effects: tuple[EmbodimentEffect, ...]
    examples: tuple[int, ...]
    shown: tuple[tuple[str, np.ndarray, np.ndarray], ...]
    agreement: float
