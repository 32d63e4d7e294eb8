"""Statistics of an episode's values, as LeRobot normalises by, and of all episodes together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# of an episode, for the statistics of its pictures; every n-th pixel of these frames
FRAMES, STEP = 32, 4
Statistics = Mapping[str, np.ndarray]


def of_values(values: np.ndarray, unknown: float | None = None) -> Statistics:
    """min, max, mean and std (…), and count (1,), of the rows of (T, …) that are known.

    unknown: rows of nothing but this value are left out.
    """
    rows = values.reshape(len(values), *(values.shape[1:] or (1,))).astype(np.float64)
    if unknown is not None:
        missing = np.isnan(rows) if np.isnan(unknown) else rows == unknown
        rows = rows[~missing.reshape(len(rows), -1).all(axis=1)]
    count = np.array([len(rows)])
    if not len(rows):
        nothing = np.zeros(rows.shape[1:])
        return dict.fromkeys(("min", "max", "mean", "std"), nothing) | {"count": count}
    low, high = rows.min(0), rows.max(0)
    return {"min": low, "max": high, "mean": rows.mean(0), "std": rows.std(0), "count": count}


def of_pictures(frames: np.ndarray) -> Statistics:
    """The same of the channels of frames (T, H, W, 3), each (3, 1, 1), of values 0 to 1; count is
    of frames."""
    some = frames[:: max(1, len(frames) // FRAMES), ::STEP, ::STEP]
    channels = of_values(some.reshape(-1, 3) / 255.0)
    shaped = {name: value.reshape(3, 1, 1) for name, value in channels.items() if name != "count"}
    return {**shaped, "count": np.array([len(some)])}


def joined(parts: Sequence[Statistics]) -> Statistics:
    """Those of one feature in all episodes, each weighing as much as it has rows."""
    counted = [each for each in parts if each["count"][0]]
    if not counted:
        return parts[0]
    counts = np.array([each["count"][0] for each in counted])
    mean = np.average([each["mean"] for each in counted], axis=0, weights=counts)
    spread = [each["std"] ** 2 + (each["mean"] - mean) ** 2 for each in counted]
    return {
        "min": np.min([each["min"] for each in counted], axis=0),
        "max": np.max([each["max"] for each in counted], axis=0),
        "mean": mean,
        "std": np.sqrt(np.average(spread, axis=0, weights=counts)),
        "count": np.array([counts.sum()]),
    }


def listed(statistics: Statistics) -> dict[str, Any]:
    """For JSON and tables."""
    return {name: value.tolist() for name, value in statistics.items()}
