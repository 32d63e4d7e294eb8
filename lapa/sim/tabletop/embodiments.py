"""Whose body is seen: what stands above the pusher, built from primitives and without physics.

Every body moves the same pusher by the same actions, so that the same push is seen as done by a
stick, a gripper, two quite different arms, or a hand (LAPA pretrains on human video, section 4.4).
"""

from __future__ import annotations

import mujoco
import numpy as np

Colour = tuple[float, float, float]
Point = tuple[float, ...]  # x, y, z in metres
# radius of what pushes, in metres
STICK = 0.0095
_GREY, _DARK, _WHITE = (0.55, 0.55, 0.58), (0.16, 0.16, 0.18), (0.88, 0.89, 0.91)
_ORANGE, _SKIN, _SLEEVE = (0.93, 0.45, 0.10), (0.86, 0.62, 0.50), (0.22, 0.30, 0.42)


class Body:
    """A body in one model: `pose` moves its parts to where the pusher is."""

    def __init__(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        self.build(spec, pusher)

    def build(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        """Add what is seen to the model."""

    def pose(self, model: mujoco.MjModel, data: mujoco.MjData, at: np.ndarray) -> None:
        """Move what does not hang on the pusher; at: (2,) the pusher in metres."""


class Cylinder(Body):
    """The stick in a plain holder."""

    def build(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        """A thin rod and a thick one above it."""
        _rod(pusher, (0, 0, 0.005), (0, 0, 0.13), STICK, _GREY)
        _rod(pusher, (0, 0, 0.13), (0, 0, 0.33), 0.03, _WHITE)


class Gripper(Body):
    """Two fingers that hold the stick, under a palm."""

    def build(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        """The stick, two fingers and a palm."""
        _rod(pusher, (0, 0, 0.005), (0, 0, 0.12), STICK, (0.75, 0.62, 0.35))
        for side in (-1, 1):
            _box(pusher, (0, 0.017 * side, 0.10), (0.010, 0.006, 0.030), _DARK)
            _box(pusher, (0, 0.030 * side, 0.145), (0.012, 0.010, 0.025), _DARK)
        _box(pusher, (0, 0, 0.185), (0.028, 0.055, 0.020), _WHITE)
        _rod(pusher, (0, 0, 0.20), (0, 0, 0.34), 0.038, _WHITE)


class Chain(Body):
    """Straight links between joints that `joints` places; the last joint is above the pusher."""

    WIDTHS: tuple[float, ...]
    COLOURS: tuple[Colour, ...]

    def build(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        """A link for each pair of joints, and the stick under the last."""
        points = self.joints(np.array([0.4, 0.0]))
        lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
        for at, (length, width) in enumerate(zip(lengths, self.WIDTHS, strict=True)):
            link = spec.worldbody.add_body(name=f"link{at}", mocap=True)
            half = (0, 0, length / 2)
            _rod(link, (0, 0, -half[2]), half, width, self.COLOURS[at])
            _ball(link, half, 1.25 * width, _DARK)
        _rod(pusher, (0, 0, 0.005), (0, 0, points[-1][2]), STICK, _GREY)
        self.foot(spec, points[0])

    def foot(self, spec: mujoco.MjSpec, at: np.ndarray) -> None:
        """What the first joint stands on."""
        _rod(spec.worldbody, (at[0], at[1], -0.03), tuple(at), 1.5 * self.WIDTHS[0], _DARK)

    def joints(self, at: np.ndarray) -> np.ndarray:
        """(J, 3) metres, with the pusher at `at`."""
        raise NotImplementedError

    def pose(self, model: mujoco.MjModel, data: mujoco.MjData, at: np.ndarray) -> None:
        """Lay every link between its two joints."""
        points = self.joints(at)
        for place, (start, end) in enumerate(zip(points[:-1], points[1:], strict=True)):
            data.mocap_pos[place] = (start + end) / 2
            data.mocap_quat[place] = _turned(end - start)


class ElbowArm(Chain):
    """An orange arm behind the board whose elbow bends upwards."""

    WIDTHS, COLOURS = (0.036, 0.030, 0.022), (_ORANGE, _ORANGE, _GREY)
    SHOULDER, UPPER, FORE, WRIST = np.array([-0.06, 0.0, 0.20]), 0.42, 0.46, 0.24

    def joints(self, at: np.ndarray) -> np.ndarray:
        """Shoulder, elbow, wrist above the pusher, and the end over it."""
        wrist = np.array([*at, self.WRIST])
        elbow = _elbow(self.SHOULDER, wrist, self.UPPER, self.FORE, np.array([0.0, 0.0, 1.0]))
        return np.stack([self.SHOULDER, elbow, wrist, np.array([*at, 0.11])])


class FlatArm(Chain):
    """A white arm beside the board whose two links turn in one plane (SCARA)."""

    WIDTHS, COLOURS = (0.038, 0.030, 0.020), (_WHITE, _WHITE, _DARK)
    SHOULDER, UPPER, FORE = np.array([0.02, -0.42, 0.22]), 0.46, 0.52

    def joints(self, at: np.ndarray) -> np.ndarray:
        """Shoulder, elbow and wrist at one height, and the end over the pusher."""
        wrist = np.array([*at, self.SHOULDER[2]])
        reach = wrist - self.SHOULDER
        side = np.array([reach[1], -reach[0], 0.0])
        elbow = _elbow(self.SHOULDER, wrist, self.UPPER, self.FORE, -side)
        return np.stack([self.SHOULDER, elbow, wrist, np.array([*at, 0.10])])


class Hand(Body):
    """A right hand whose forefinger pushes, with a sleeve, from the viewer's side."""

    def build(self, spec: mujoco.MjSpec, pusher: mujoco.MjsBody) -> None:
        """Fingers, thumb, back of the hand, wrist and sleeve."""
        knuckle, wrist = np.array([0.055, 0.0, 0.085]), np.array([0.135, 0.012, 0.11])
        _rod(pusher, (0, 0, 0.010), (0.018, 0, 0.045), 0.0085, _SKIN)
        _rod(pusher, (0.018, 0, 0.045), tuple(knuckle), 0.0095, _SKIN)
        for at in range(1, 4):
            # the other fingers are curled under the palm
            first = knuckle + [0.004 * at, 0.017 * at, -0.002 * at]
            _rod(pusher, tuple(first), tuple(first + [-0.020, 0.002, -0.022]), 0.009, _SKIN)
            _rod(pusher, tuple(first + [-0.020, 0.002, -0.022]),
                 tuple(first + [0.008, 0.002, -0.032]), 0.0085, _SKIN)  # fmt: skip
        thumb = np.array([0.085, -0.022, 0.085])
        _rod(pusher, tuple(thumb), (0.048, -0.026, 0.062), 0.010, _SKIN)
        _rod(pusher, (0.048, -0.026, 0.062), (0.030, -0.014, 0.052), 0.009, _SKIN)
        for at in range(4):
            first = knuckle + [0.004 * at, 0.017 * at, -0.002 * at]
            _rod(pusher, tuple(first), tuple(wrist + [0, 0.007 * (at - 1), 0]), 0.014, _SKIN)
        _rod(pusher, tuple(wrist), (0.24, 0.045, 0.16), 0.021, _SKIN)
        _rod(pusher, (0.21, 0.037, 0.145), (0.48, 0.12, 0.29), 0.034, _SLEEVE)


EMBODIMENTS: dict[str, type[Body]] = {
    "cylinder": Cylinder,
    "gripper": Gripper,
    "elbow-arm": ElbowArm,
    "flat-arm": FlatArm,
    "hand": Hand,
}


def _elbow(
    start: np.ndarray, end: np.ndarray, first: float, second: float, towards: np.ndarray
) -> np.ndarray:
    """Where two links of these lengths meet, bent towards a side."""
    span = end - start
    distance = np.linalg.norm(span)
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    out = np.sqrt(max(first**2 - along**2, 0.0))
    span /= distance
    side = towards - (towards @ span) * span
    return start + along * span + out * side / np.linalg.norm(side)


def _turned(direction: np.ndarray) -> np.ndarray:
    """The quaternion that turns the z axis to a direction."""
    quaternion = np.zeros(4)
    mujoco.mju_quatZ2Vec(quaternion, direction / np.linalg.norm(direction))
    return quaternion


def _rod(body: mujoco.MjsBody, start: Point, end: Point, radius: float, colour: Colour) -> None:
    kind = mujoco.mjtGeom.mjGEOM_CAPSULE
    geom = body.add_geom(type=kind, fromto=[*start, *end], size=[radius, 0, 0])
    _seen_only(geom, colour)


def _box(body: mujoco.MjsBody, at: Point, half: Point, colour: Colour) -> None:
    _seen_only(body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, pos=at, size=half), colour)


def _ball(body: mujoco.MjsBody, at: Point, radius: float, colour: Colour) -> None:
    kind = mujoco.mjtGeom.mjGEOM_SPHERE
    _seen_only(body.add_geom(type=kind, pos=at, size=[radius, 0, 0]), colour)


def _seen_only(geom: mujoco.MjsGeom, colour: Colour) -> None:
    geom.rgba = [*colour, 1]
    geom.contype = geom.conaffinity = 0
    geom.mass = 1e-4
