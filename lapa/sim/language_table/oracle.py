"""The original's oracle: it plans around the blocks (RRT*) and pushes along the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


class Oracle:
    """Of one episode. table: an environment of the original; planner: the original's module."""

    def __init__(self, table: Any, planner: Any) -> None:
        self._table = table
        self._original = planner.ObstacleOrientedPushOracleBoard2dRRT(
            _View(table), use_ee_planner=True
        )
        self._first = True

    def finds_a_way(self) -> bool:
        """Whether there is a plan from here, which makes a start a valid one."""
        return bool(self._original.get_plan(self._table.compute_state()))

    def action(self) -> np.ndarray:
        """Its move in metres, (2,) float32."""
        step = self._original.action(_Moment(self._first))
        self._first = False
        return np.asarray(step.action, np.float32)


@dataclass(frozen=True)
class _Moment:
    """As much of a time step as it looks at."""

    first: bool

    def is_first(self) -> bool:
        return self.first


class _View:
    """The environment under the names that the oracle expects of a wrapper."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def time_step_spec(self) -> None:
        """Nobody looks at it."""

    action_spec = time_step_spec

    def get_control_frequency(self) -> float:
        """Steps a second."""
        return float(self._table._control_frequency)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)
