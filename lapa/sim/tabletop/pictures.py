"""Pictures of boards with what lies where: what a policy's eyes learn from.

LAPA starts from a vision-language model that knows pictures and words (LWM-7B). A small one has
to be taught: here are random boards, for every block and the pusher its name and its place in the
picture, and an instruction with what it speaks of: which block, and where to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np

from lapa.sim.recorders.camera import Painter
from lapa.sim.tabletop import board
from lapa.sim.tabletop.blocks import BLOCKS, HEIGHT
from lapa.sim.tabletop.easel import Easel
from lapa.sim.tabletop.embodiments import EMBODIMENTS
from lapa.sim.tabletop.env import ask
from lapa.sim.tabletop.tasks import KINDS, Task
from lapa.sim.tabletop.world import ON_BOARD, World

# what a place can be of: one of the blocks, or, last, the pusher
NAMES = (*(block.name for block in BLOCKS), "pusher")
# pictures of one body and theme that follow each other, so that few models are built
TURN = 100
# a turn of all bodies among so many has the theme `real`
_REAL = 4
_TIP = 0.01


@dataclass(frozen=True, eq=False)
class Picture:
    """image: (size, size, 3) uint8. names: (9,) int64, places in NAMES, the pusher last. places:
    (9, 2) float32, right and down from the upper left corner, as shares of the side. instruction:
    a task on this board. block: which of the nine it is about. goal: (2,) float32, where to, as
    `places`."""

    image: np.ndarray
    names: np.ndarray
    places: np.ndarray
    instruction: str
    block: int
    goal: np.ndarray


def pictures(numbers: range, size: int) -> Iterator[Picture]:
    """Pictures number `numbers` of an endless series, each known by its number alone.

    Raises:
        OSError: no renderer without a screen works.
    """
    easel, bodies = Easel(size), list(EMBODIMENTS)
    try:
        for number in numbers:
            turn = number // TURN
            real = turn // len(bodies) % _REAL == _REAL - 1
            world = easel.world(bodies[turn % len(bodies)], "real" if real else "sim")
            task = _lay(world, np.random.default_rng([number, 7]))
            yield _picture(world, task, easel.painter(world))
    finally:
        easel.close()


def _lay(world: World, rng: np.random.Generator) -> Task:
    """A random board and a task; mostly the pusher is near a block, as it is when it works."""
    task = ask(world, rng, KINDS[rng.integers(len(KINDS))])
    if rng.random() < 0.6:
        angle, far = rng.uniform(-np.pi, np.pi), rng.uniform(0.03, 0.08)
        beside = far * np.array([np.cos(angle), np.sin(angle)])
        block = task.block if rng.integers(2) else rng.integers(ON_BOARD)
        pusher = np.clip(world.places[block] + beside, board.LOW, board.HIGH)
        world.lay(world.blocks, world.places, world.turns, pusher)
    return task


def _picture(world: World, task: Task, painter: Painter) -> Picture:
    flat = np.vstack([world.places, task.goal(world.places)])
    middles = np.column_stack([flat, np.full(len(flat), HEIGHT)])
    points = np.vstack([middles, [*world.pusher, _TIP]])
    names = [BLOCKS.index(block) for block in world.blocks] + [len(BLOCKS)]
    shares = project(points, world.camera, float(world.model.vis.global_.fovy)).astype(np.float32)
    image = painter.frame(world.data, world.camera)
    places, goal = np.delete(shares, ON_BOARD, 0), shares[ON_BOARD]
    return Picture(image, np.array(names), places, task.instruction, task.block, goal)


def project(points: np.ndarray, camera: mujoco.MjvCamera, fovy: float) -> np.ndarray:
    """Where points (N, 3) metres are in a square picture: (N, 2), right and down, 0 to 1.

    fovy: the camera's field of view, degrees.
    """
    azimuth, elevation = np.deg2rad([camera.azimuth, camera.elevation])
    forward = np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
         np.sin(elevation)]
    )  # fmt: skip
    right = np.array([np.sin(azimuth), -np.cos(azimuth), 0.0])
    axes = np.stack([right, np.cross(right, forward), forward])
    across, above, ahead = axes @ (points - camera.lookat + camera.distance * forward).T
    half = ahead * np.tan(np.deg2rad(fovy) / 2)
    return np.stack([0.5 + across / half / 2, 0.5 - above / half / 2], 1)
