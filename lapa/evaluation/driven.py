"""Which way was a car driven between two frames? Steering and pedals, told as a motion.

An arm moves in the picture. A car that the camera turns with stays where it is and all else moves,
so what it did is told by its driver: steering is a motion to the right (or left), the brake one
down, the gas one up, as the arrow keys lie. What then is known of motions, from names to keys and
maps, holds of cars as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

COMMANDS = ("steering", "gas", "brake")
# steering and pedals as they usually are, the root mean squares of 200 recorded episodes, and the
# share of the frame's side that they are told as, about that of an arm's usual motion
STEERING, PEDAL, USUAL = 0.17, 0.043, 0.05


def is_driven(action_names: Sequence[str] | None) -> bool:
    """Whether these are the actions of something that is driven."""
    return set(COMMANDS) <= set(action_names or ())


def driven(action_names: Sequence[str], commands: np.ndarray) -> np.ndarray:
    """The motions (N, 2) float64, to the right and down as shares of the frame's side, of mean
    commands (N, A) whose columns are called `action_names`; NaN where they are unknown."""
    steering, gas, brake = (commands[:, action_names.index(name)] for name in COMMANDS)
    motion: np.ndarray = USUAL * np.stack([steering / STEERING, (brake - gas) / PEDAL], 1)
    return motion
