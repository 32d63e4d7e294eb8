"""lapa's atlas: read from disk, and new pairs placed on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


class Mapping:
    """Needs neither umap nor numba."""

    def read(self, folder: Path) -> Any:
        """`lapa.evaluation.atlas.Atlas` of a folder."""
        from lapa.evaluation.atlas import read_atlas

        return read_atlas(folder)

    def sheet_of(self, number: int) -> tuple[str, int, int]:
        """The file of a thumbnail, and its column and row in it."""
        from lapa.evaluation.atlas.store import sheet_of

        return sheet_of(number)

    def nearest(self, known: np.ndarray, new: np.ndarray, count: int) -> tuple[Any, Any]:
        """Rows and distances of the nearest of N latents (N, F) to one (F)."""
        from lapa.evaluation.atlas.place import nearest

        rows, apart = nearest(known, new[None], count)
        return rows[0], apart[0]

    def place(self, known: np.ndarray, coordinates: np.ndarray, new: np.ndarray) -> np.ndarray:
        """Coordinates of a new latent (F) on a map."""
        from lapa.evaluation.atlas import place

        return place(known, coordinates, new[None])[0]
