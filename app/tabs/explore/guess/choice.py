"""Pure: which pairs make a fair question, and which wrong answers look wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# a pair moves this much at least, mean grey levels of 255: less is not seen
MOVES = 1.0
# how far the picture of a wrong code is from that of the right one, as a share of how far the right
# one is from the frame
APART = 0.7
# how much further from the true future a wrong picture is than the right one, in squared error
WORSE = 1.3


def is_fair(frame: np.ndarray, future: np.ndarray, picture: np.ndarray) -> bool:
    """Whether a pair shows a motion, and the picture of its own code comes nearer to it than a
    copy of the frame does; all (h, w, 3) uint8."""
    return _apart(frame, future) >= MOVES and _error(picture, future) < _error(frame, future)


def unlike(
    frame: np.ndarray,
    future: np.ndarray,
    right: np.ndarray,
    pictures: Sequence[np.ndarray],
    count: int,
) -> list[int] | None:
    """Numbers of `count` pictures that are taken neither for the right one nor for one another, or
    None where there are not so many.

    The first is the furthest from the right one, each later one the furthest from those before.
    """
    least = APART * _apart(right, frame)
    worst = WORSE * _error(right, future)
    free = [
        n
        for n, picture in enumerate(pictures)
        if _apart(picture, right) >= least and _error(picture, future) >= worst
    ]
    chosen: list[int] = []
    nearest = {n: _apart(pictures[n], right) for n in free}
    while free and len(chosen) < count:
        best = max(free, key=nearest.__getitem__)
        # the others may look a little alike, but not the same
        if nearest[best] < least / 2:
            break
        chosen.append(best)
        free.remove(best)
        for n in free:
            nearest[n] = min(nearest[n], _apart(pictures[n], pictures[best]))
    return chosen if len(chosen) == count else None


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(one.astype(np.float32) - other).mean())
