"""The gap H in frames: one rule, for training and for whoever only looks at clips."""

from __future__ import annotations

import math


def gap_in_frames(seconds: float, fps: float) -> int:
    """H in frames: the nearest whole number (halves up), at least 1."""
    return max(1, math.floor(seconds * fps + 0.5))
