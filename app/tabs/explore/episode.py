"""An episode as a whole: the latent action at each frame, and what the robot was told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.tabs.explore import words as say

# more numbers than this are no curves that one can read: a hand has 28 joints
MOST = 8


@dataclass(frozen=True, eq=False)
class Episode:
    """codes: of each frame, None where the clip ends before its future. commands: (name, values
    of all frames but the last, in whatever unit the robot takes); none where they are unknown."""

    codes: tuple[tuple[int, ...] | None, ...]
    commands: tuple[tuple[str, tuple[float, ...]], ...]


def commands(
    actions: np.ndarray | None, names: tuple[str, ...]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """The robot's action as curves: one a number, or of many numbers their size alone.

    actions: (T - 1, A), None where they are unknown. names: of the A numbers.
    """
    if actions is None or not actions.size:
        return ()
    if actions.shape[1] > MOST:
        size = np.linalg.norm(actions.astype(np.float64), axis=1)
        return ((say.SIZE_OF_COMMANDS.format(count=actions.shape[1]), _rounded(size)),)
    columns = actions.astype(np.float64).T
    return tuple((name, _rounded(values)) for name, values in zip(names, columns, strict=True))


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.nan_to_num(values).round(4).tolist())
