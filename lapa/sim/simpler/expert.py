"""The expert of SIMPLER's scenes: above the thing, down, grip, up, over the target, let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lapa.sim.simpler.env import SimplerEnv

# the largest move, metres, and turn, radians, of one action
_STEP, _TURN = 0.03, 0.3
# metres and radians at which a waypoint is reached
_NEAR, _TURNED = 0.004, 1e-3
# metres above the thing before it is gripped, and above the target after it is let go
_ABOVE, _AWAY = 0.07, 0.08
_OPEN, _CLOSED = 1.0, -1.0


@dataclass(frozen=True)
class Grasp:
    """How a thing is taken. Metres: along its own long axis from its middle, above its middle,
    above the target as it is let go, and how high it is lifted; symmetry: degrees after which it
    looks the same to the gripper."""

    along: float
    above: float
    drop: float
    lift: float
    symmetry: float


GRASPS = {
    "carrot": Grasp(0.0, 0.0, 0.03, 0.10, 180),
    # by the neck it slips
    "spoon": Grasp(0.02, 0.0, 0.03, 0.10, 180),
    "stack": Grasp(0.0, 0.0, 0.0325, 0.10, 90),
    "eggplant": Grasp(0.0, 0.005, 0.075, 0.17, 180),
}


@dataclass(frozen=True, eq=False)
class _Waypoint:
    """Where the gripper goes in the robot's base, with which grip, and steps that it stays."""

    place: np.ndarray
    grip: float
    stay: int = 0


class Expert:
    """Of one episode, from its start. It goes by where the gripper was told to be, so that noise
    in what is done leads off its way only until its next action."""

    def __init__(self, env: SimplerEnv, kind: str, *, detour: np.ndarray | None = None) -> None:
        """detour: (3,) metres from the place above the thing, by way of which it goes there."""
        self._env = env
        self._start = env.place("gripper") - env.commanded
        self._turn = env.turned + _turn(env, GRASPS[kind].symmetry)
        self._plan = _plan(env, GRASPS[kind], detour)
        self._stayed = 0

    @property
    def done(self) -> bool:
        """Whether all waypoints are behind it."""
        return not self._plan

    def action(self) -> np.ndarray:
        """(7,) float32, see SimplerEnv; once done it stays, open."""
        self._advance()
        if not self._plan:
            return np.array([0, 0, 0, 0, 0, 0, _OPEN], np.float32)
        way = self._plan[0]
        move = way.place - self._told
        move *= min(1.0, _STEP / max(float(np.linalg.norm(move)), 1e-9))
        turn = float(np.clip(self._turn - self._env.turned, -_TURN, _TURN))
        return np.array([*move, 0, 0, turn, way.grip], np.float32)

    @property
    def _told(self) -> np.ndarray:
        """Where the gripper was told to be."""
        return self._start + self._env.commanded

    def _advance(self) -> None:
        """Past the waypoint that is reached, once it has stayed there."""
        if not self._plan:
            return
        away = np.linalg.norm(self._plan[0].place - self._told)
        if away < _NEAR and abs(self._turn - self._env.turned) < _TURNED:
            if self._stayed >= self._plan[0].stay:
                self._plan.pop(0)
                self._stayed = 0
            else:
                self._stayed += 1


def _turn(env: SimplerEnv, symmetry: float) -> float:
    """Radians about the upright until the fingers lie across the thing, the shorter way."""
    axis, fingers = env.pose(env.thing)[:2, 0], env.pose("gripper")[:2, 1]
    across = np.degrees(np.arctan2(*axis[::-1]) - np.arctan2(*fingers[::-1])) + 90
    return float(np.radians((across + symmetry / 2) % symmetry - symmetry / 2))


def _plan(env: SimplerEnv, grasp: Grasp, detour: np.ndarray | None) -> list[_Waypoint]:
    thing, target = env.pose(env.thing), env.place(env.target)
    along = grasp.along * thing[:3, 0]
    low = thing[:3, 3] + along + [0, 0, grasp.above]
    before, high = low + [0, 0, _ABOVE], low + [0, 0, grasp.lift]
    over = target + [along[0], along[1], grasp.drop]
    by_way_of = [] if detour is None else [_Waypoint(before + detour, _OPEN)]
    return [
        *by_way_of,
        _Waypoint(before, _OPEN),
        _Waypoint(low, _OPEN, 2),
        _Waypoint(low, _CLOSED, 4),
        _Waypoint(high, _CLOSED),
        _Waypoint(np.array([over[0], over[1], high[2]]), _CLOSED, 1),
        _Waypoint(over, _CLOSED, 2),
        _Waypoint(over, _OPEN, 3),
        _Waypoint(over + [0, 0, _AWAY], _OPEN),
    ]
