"""The direction of a motion in a plane, one of eight sectors or still."""

from __future__ import annotations

import numpy as np

SECTORS = 8
STILL = SECTORS
# a move in the plane shorter than this share of the embodiment's root mean square has no direction
STILL_BELOW = 0.25


def sectors(moved: np.ndarray, typical: float) -> np.ndarray:
    """The direction (N,) int64 of displacements (N, 2 or more) in the plane of x and y.

    0 is ±22.5° around +x, and so on anticlockwise; 8 is still: not longer than a quarter of
    `typical`, the root mean square of the embodiment's displacements in the plane.
    """
    length = np.hypot(moved[:, 0], moved[:, 1])
    turn = np.arctan2(moved[:, 1], moved[:, 0]) / (2 * np.pi / SECTORS)
    return np.where(
        length <= STILL_BELOW * typical, STILL, np.rint(turn).astype(np.int64) % SECTORS
    )
