"""How a hand moves: free play over a workspace, and scripted reaching.

All positions are metres in the world, all velocities in units of the robot's own action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Point = np.ndarray
Step = tuple[np.ndarray, float]
# an episode's speed, of which a stretch takes 0.6 to 1.4
PACES = (0.6, 1.1, 1.6)


class Wander:
    """Free play: stretches of steady motion in every direction, turned back at the walls.

    A stretch goes anywhere on the sphere, along one axis, or nowhere (six, three and one of ten),
    at a speed around the episode's pace. How abruptly one stretch follows the other is the
    episode's own too.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        low: Point,
        high: Point,
        *,
        paces: tuple[float, ...] = PACES,
        stretch: tuple[int, int] = (4, 14),
    ) -> None:
        """low, high: (3,) corners of the workspace; stretch: shortest and longest, in steps."""
        self._rng, self._low, self._high = rng, np.asarray(low), np.asarray(high)
        self._pace, self._stretch = rng.choice(paces), stretch
        self._ease = rng.uniform(0.3, 1.0)
        self._left, self._aim, self._now = 0, np.zeros(3), np.zeros(3)

    def __call__(self, hand: Point) -> np.ndarray:
        """The next velocity, (3,) in [-1, 1], for a hand at `hand`."""
        if self._left == 0:
            self._left = int(self._rng.integers(*self._stretch, endpoint=True))
            self._aim = self._direction() * self._pace * self._rng.uniform(0.6, 1.4)
        self._left -= 1
        beyond = np.where(hand < self._low, 1.0, np.where(hand > self._high, -1.0, 0.0))
        # turned back, and never left lying beyond a wall
        self._aim = np.where(
            beyond != 0, beyond * np.maximum(np.abs(self._aim), 0.3 * self._pace), self._aim
        )
        self._now = self._now + self._ease * (self._aim - self._now)
        return np.clip(self._now, -1, 1)

    def _direction(self) -> np.ndarray:
        kind = self._rng.choice(3, p=(0.6, 0.3, 0.1))
        if kind == 0:
            arrow = self._rng.normal(size=3)
            return arrow / np.linalg.norm(arrow)
        arrow = np.zeros(3)
        arrow[self._rng.integers(3)] = self._rng.choice((-1.0, 1.0))
        return arrow if kind == 1 else np.zeros(3)


class Fingers:
    """Opens and closes now and then."""

    def __init__(self, rng: np.random.Generator, share: float = 0.05) -> None:
        self._rng, self._share = rng, share
        self._grip = float(rng.choice((-1.0, 1.0)))

    def __call__(self) -> float:
        """-1 or 1."""
        if self._rng.random() < self._share:
            self._grip = -self._grip
        return self._grip


def smooth(rng: np.random.Generator, steps: int, width: int, knot: int) -> np.ndarray:
    """(steps, width) normal noise, drawn every `knot` steps and linear in between."""
    points = rng.normal(size=(steps // knot + 2, width))
    at = np.arange(steps) / knot
    index, part = at.astype(int), (at % 1)[:, None]
    return (1 - part) * points[index] + part * points[index + 1]


def reach(
    hand: Callable[[], Point],
    goal: Callable[[], Point],
    grip: float,
    *,
    steps: int,
    near: float = 0.018,
) -> Iterator[Step]:
    """Go to `goal` until it is `near`, or for `steps`.

    Yields:
        (offset to go in metres, grip).
    """
    for _ in range(steps):
        offset = goal() - hand()
        if np.linalg.norm(offset) < near:
            return
        yield offset, grip


def hold(grip: float, steps: int) -> Iterator[Step]:
    """Stay, while the fingers move."""
    for _ in range(steps):
        yield np.zeros(3), grip
