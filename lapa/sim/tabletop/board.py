"""The board: its size, its directions and its named places, as in Language Table.

Metres. x grows towards the viewer, so up in the picture is -x; y grows to the right.
"""

from __future__ import annotations

import numpy as np

LOW, HIGH = np.array([0.15, -0.3048]), np.array([0.60, 0.3048])
MIDDLE = (LOW + HIGH) / 2
# a pusher at the border still gets behind a block as near to it as this
INSET = 0.04
# the longest move in one step of a tenth of a second
STEP = 0.03

_HALF = np.sqrt(0.5)
DIRECTIONS = {
    "up": (-1.0, 0.0),
    "down": (1.0, 0.0),
    "left": (0.0, -1.0),
    "right": (0.0, 1.0),
    "up left": (-_HALF, -_HALF),
    "up right": (-_HALF, _HALF),
    "down left": (_HALF, -_HALF),
    "down right": (_HALF, _HALF),
}
# Language Table counts places on a board that is a little nearer to the arm
_SHIFT = np.array([0.025, 0.0])
PLACES = {
    "top": (LOW[0], 0.0),
    "top left": (LOW[0], LOW[1]),
    "top right": (LOW[0], HIGH[1]),
    "center": (MIDDLE[0], 0.0),
    "center left": (MIDDLE[0], LOW[1]),
    "center right": (MIDDLE[0], HIGH[1]),
    "bottom": (HIGH[0], 0.0),
    "bottom left": (HIGH[0], LOW[1]),
    "bottom right": (HIGH[0], HIGH[1]),
}
PLACES = {name: tuple(np.array(place) - _SHIFT) for name, place in PLACES.items()}


def inside(place: np.ndarray, inset: float = INSET) -> bool:
    """Whether a place (2,) lies on the board, this far from its border."""
    return bool(((place >= LOW + inset) & (place <= HIGH - inset)).all())
