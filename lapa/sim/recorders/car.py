"""gymnasium's CarRacing, from above: a car that follows its road, and one that is driven freely.

The picture turns with the car, which stays where it is: the world turns about it. One picture tells
nothing of a speed, so of the instruments below the road the speedometer is kept, wide enough to be
read: a white bar as long as the car is fast. Actions are CarRacing's own, ten a second: steering
(left is negative, right positive), gas and brake.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pygame
from gymnasium.envs.box2d.car_dynamics import Car
from gymnasium.envs.box2d.car_racing import FPS as PHYSICS
from gymnasium.envs.box2d.car_racing import TRACK_WIDTH, CarRacing

from lapa.sim.recorders.source import Job, Recording

NAMES = ("steering", "gas", "brake")
FPS = 10
INSTRUCTIONS = {False: "follow the road", True: "drive around freely"}
# lengths are CarRacing's, of which the car is five long and the road thirteen wide
_VIEW, _AHEAD = 50.0, 0.75
_FASTEST = 34.0
# shares of the picture's side: the strip of the instruments, and the bar in it
_STRIP, _MARGIN = 1 / 8, 1 / 48
# its patches of grass hardly differ, and so would hardly be seen to move
_MEADOW, _PATCHES = (102, 204, 102), (76, 172, 76)
# between the axles; tiles of the road are so far apart
_WHEELBASE, _TILE = 3.24, 3.5
# where grip ends, and radians a second that the picture may turn at
_STEEPEST, _TURN = 0.38, 2.0
_SPEEDS = (8.0, 30.0)
_LENGTHS = (60, 100)
# frames driven before the first that is filmed
_BEFORE = 12


class CarRace:
    """Records CarRacing; a tenth of the episodes is held out."""

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._world = _World(size)

    def record(self, job: Job) -> Recording:
        """Record one episode: somewhere along a road that nobody else has."""
        rng, world = job.rng(), self._world
        world.begin(rng)
        driver = _free(world, rng) if job.play else _follow(world, rng)
        for _ in range(_BEFORE):
            world.drive(next(driver))
        frames, actions = [world.frame()], []
        for _ in range(int(rng.integers(*_LENGTHS))):
            actions.append(next(driver))
            world.drive(actions[-1])
            frames.append(world.frame())
        labels = np.array(actions, np.float32)
        words = INSTRUCTIONS[job.play]
        return Recording(np.stack(frames), labels, NAMES, FPS, words, world.on_road, job.split)

    def close(self) -> None:
        """Give back the simulator."""
        self._world.close()


class _Undrawn(CarRacing):
    """CarRacing that draws nothing by itself, as it does after every step of the physics."""

    def _render(self, mode: str) -> None:
        """Nobody looks."""


class _World:
    """CarRacing that draws only when it is asked for a frame.

    middle (N, 2): of the road, tile by tile; across (N, 2): to its right; turns (N,): by how much
    the next tile is turned, radians.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # its methods are without types
        self._env: Any = _Undrawn()
        self._env.bg_color, self._env.grass_color = np.array(_MEADOW), np.array(_PATCHES)

    def begin(self, rng: np.random.Generator) -> None:
        """A new road, and the car somewhere on it."""
        self._env.reset(seed=int(rng.integers(2**31)))
        tiles = np.array(self._env.track)
        self.middle = tiles[:, 2:4]
        self.across = np.stack([np.cos(tiles[:, 1]), np.sin(tiles[:, 1])], 1)
        self.turns = np.diff(np.unwrap(tiles[:, 1]), append=tiles[-1, 1])
        start = self._env.track[int(rng.integers(len(tiles)))]
        self._env.car.destroy()
        self._env.car = Car(self._env.world, *start[1:4])

    def drive(self, action: np.ndarray) -> None:
        """One action, for a tenth of a second."""
        for _ in range(PHYSICS // FPS):
            self._env.step(action)

    def frame(self) -> np.ndarray:
        """(size, size, 3) uint8 RGB of the world as it stands."""
        side = 4 * self._size
        self._env.surf = pygame.Surface((side, side))
        zoom, angle = side / _VIEW, -self._env.car.hull.angle
        place = -zoom * pygame.math.Vector2(*self._env.car.hull.position).rotate_rad(angle)
        place += pygame.math.Vector2(side / 2, (1 - _AHEAD) * side)
        self._env._render_road(zoom, place, angle)
        self._env.car.draw(self._env.surf, zoom, place, angle, False)
        self._env.surf = pygame.transform.flip(self._env.surf, False, True)
        self._instruments(side)
        return self._env._create_image_array(self._env.surf, (self._size, self._size)).copy()

    def _instruments(self, side: int) -> None:
        top, margin = round(side * (1 - _STRIP)), round(side * _MARGIN)
        self._env.surf.fill((0, 0, 0), (0, top, side, side - top))
        length = round(side * min(self.speed / _FASTEST, 1))
        self._env.surf.fill((255, 255, 255), (0, top + margin, length, side - top - 2 * margin))

    def close(self) -> None:
        """Give back what it holds."""
        self._env.close()

    @property
    def speed(self) -> float:
        """In lengths a second."""
        return math.hypot(*self._env.car.hull.linearVelocity)

    @property
    def tile(self) -> int:
        """The number of the tile that is nearest to the car."""
        return int(np.square(self.middle - self._env.car.hull.position).sum(1).argmin())

    @property
    def aside(self) -> float:
        """How far the car is from the middle of the road."""
        return float(np.hypot(*(self.middle[self.tile] - self._env.car.hull.position)))

    @property
    def on_road(self) -> bool:
        """Whether the middle of the car is on the road."""
        return self.aside < TRACK_WIDTH

    def steering(self, aside: float) -> float:
        """What leads to the road ahead, so far to the right of its middle: pure pursuit (Coulter
        1992), an arc through the car and a point ahead of it."""
        ahead = (self.tile + round((5 + 0.35 * self.speed) / _TILE)) % len(self.middle)
        right, forward = self._env.car.hull.GetLocalPoint(
            self.middle[ahead] + aside * self.across[ahead]
        )
        bend = 2 * right / max(right**2 + forward**2, 1.0)
        return float(np.clip(math.atan(bend * _WHEELBASE), -self.steepest, self.steepest))

    @property
    def steepest(self) -> float:
        """The steering at which the picture turns as fast as it may."""
        return min(_STEEPEST, math.atan(_TURN * _WHEELBASE / max(self.speed, 1.0)))

    @property
    def fastest(self) -> float:
        """The speed at which the road ahead can be followed."""
        ahead = np.arange(self.tile, self.tile + 10) % len(self.middle)
        bend = np.abs(self.turns[ahead]).mean() / _TILE
        return float(np.clip(0.8 * _TURN / max(bend, 1e-3), *_SPEEDS))


def _follow(world: _World, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Keep to the road, weaving a little, at a speed that changes about every second."""
    foot, left = _Foot(rng), 0
    while True:
        if left == 0:
            left = int(rng.integers(6, 15))
            aside, speed = rng.uniform(-4, 4), rng.uniform(*_SPEEDS)
        left -= 1
        steering = world.steering(aside)
        # as with keys: what hardly leads anywhere is not steered
        steering = 0.0 if abs(steering) < 0.15 * world.steepest else steering
        yield np.array([steering, *foot(world.speed, min(speed, world.fastest))])


def _free(world: _World, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Left, straight or right, faster, on or slower, as it comes; back to the road from afar."""
    foot, left, steering, lost = _Foot(rng), 0, 0.0, False
    while True:
        if left == 0:
            left = int(rng.integers(4, 11))
            turn = rng.choice((-1, 0, 1)) * rng.uniform(0.25, 1.0)
            speed = float(np.clip(world.speed + rng.choice((-14, 0, 14)), *_SPEEDS))
        left -= 1
        lost = world.aside > (3.0 if lost else 9.0)
        aim = world.steering(0.0) if lost else turn * world.steepest
        steering += 0.6 * (aim - steering)
        yield np.array([steering, *foot(world.speed, speed)])


class _Foot:
    """On the gas, on the brake, or on neither; how heavy it is, is the episode's own."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._gas, self._brake = rng.uniform(0.04, 0.12), rng.uniform(0.04, 0.08)

    def __call__(self, speed: float, wanted: float) -> tuple[float, float]:
        """(gas, brake) that lead to the speed that is wanted."""
        if abs(wanted - speed) < 1.5:
            return 0.0, 0.0
        return (self._gas, 0.0) if wanted > speed else (0.0, self._brake)
