"""A film set: simulators kept ready, and one renderer that moves between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np

from lapa.sim.recorders.camera import Painter, View, prepare
from lapa.sim.recorders.looks import Looks


@dataclass(eq=False)
class Stage:
    """A simulator with what is needed to film it.

    Attributes:
        env: the simulator, as its package made it; no two are alike.
        model, data: its MuJoCo model and state.
        view: the base camera.
        looks: the looks of the model.
        groups: geom groups that are shown.
    """

    env: Any
    model: mujoco.MjModel
    data: mujoco.MjData
    view: View
    looks: Looks
    groups: tuple[int, ...] = (0, 1, 2)


class Studio:
    """Stages by name, each built once, and the renderer of the one in use."""

    def __init__(self, size: int, build: Callable[..., Stage]) -> None:
        """size: side of a frame; build: makes the stage of a name, given as its arguments."""
        self.size, self._build = size, build
        self._stages: dict[Hashable, Stage] = {}
        self._painter: Painter | None = None

    def stage(self, *name: str) -> Stage:
        """The stage of this name."""
        if name not in self._stages:
            stage = self._build(*name)
            prepare(stage.model, self.size)
            self._stages[name] = stage
        return self._stages[name]

    def dress(self, stage: Stage, rng: np.random.Generator) -> Film:
        """A new look and a camera for an episode on `stage`."""
        if self._painter is None or self._painter.model is not stage.model:
            self.close()
            self._painter = Painter(stage.model, self.size, stage.groups)
        stage.looks.vary(rng)
        # the state was made before the lights were moved
        mujoco.mj_camlight(stage.model, stage.data)
        for sky in stage.looks.skies:
            self._painter.upload(sky)
        return Film(stage, self._painter, stage.view.camera(rng))

    def close(self) -> None:
        """Give back the renderer."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None


@dataclass(eq=False)
class Film:
    """One episode being filmed."""

    stage: Stage
    painter: Painter
    camera: mujoco.MjvCamera
    frames: list[np.ndarray] = field(default_factory=list)
    actions: list[np.ndarray] = field(default_factory=list)

    def shoot(self) -> None:
        """Add the frame of the scene as it stands."""
        self.frames.append(self.painter.frame(self.stage.data, self.camera))

    def run(self, actions: Iterable[np.ndarray], act: Callable[[np.ndarray], None]) -> None:
        """Film every action: the frame before, the action, and at the end the last frame."""
        self.shoot()
        for action in actions:
            act(action)
            self.actions.append(np.array(action, np.float32))
            self.shoot()

    def reel(self) -> tuple[np.ndarray, np.ndarray]:
        """(T, H, W, 3) uint8 frames and (T - 1, A) float32 actions."""
        return np.stack(self.frames), np.stack(self.actions)
