"""How a stored video frame is turned and flipped to be seen: by its display matrix, as players do.

A matrix (a, b, u, c, d, v, x, y, w) sends the stored place (p, q), counted right and down, to
(a p + c q, b p + d q). Cameras write quarter turns, mirrors flips; an angle between is taken for
the nearest of these eight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import av


def display_matrix(frame: av.VideoFrame) -> np.ndarray | None:
    """(3, 3) int32, or None where the file says nothing."""
    side: Any = frame.side_data.get("DISPLAYMATRIX")
    return None if side is None else np.frombuffer(bytes(side), np.int32).reshape(3, 3)


def oriented(image: np.ndarray, matrix: np.ndarray | None) -> np.ndarray:
    """A view of (H, W, …) pixels, turned and flipped; a matrix that squashes the picture to a line
    (one of zeros, as some writers leave it) says nothing."""
    if matrix is None:
        return image
    (a, b), (c, d) = matrix[:2, :2].tolist()
    if a * d == b * c:
        return image
    lying = abs(b) + abs(c) > abs(a) + abs(d)
    right, down = (c, b) if lying else (a, d)
    shown = image.swapaxes(0, 1) if lying else image
    return shown[:: -1 if down < 0 else 1, :: -1 if right < 0 else 1]
