"""Films the oracle at work, for `python -m lapa generate`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.sim.recorders.source import Job, Recording
from lapa.sim.tabletop.easel import Easel
from lapa.sim.tabletop.env import FPS, LONGEST, ask
from lapa.sim.tabletop.oracle import Oracle

NAMES = ("x", "y")
# the hand stands for people, of whose actions nothing is known
WITHOUT_ACTIONS = frozenset({"hand"})
# of an episode: metres of noise a step, and the range of the oracle's pace
_NOISES, _PACES = (0.0, 0.002, 0.005), (0.7, 1.1)
# steps that are filmed after the task is done
_AFTERWARDS = 2


@dataclass(frozen=True)
class PolicyJob(Job):
    """An episode of a policy, known by what the policy is called instead of the embodiment."""

    policy: str = "policy"

    @property
    def id(self) -> str:
        """The name of the episode's files."""
        return f"{self.policy}-{self.task}-{self.seed:05d}"


def policy_recording(
    frames: np.ndarray, actions: np.ndarray, instruction: str, success: bool
) -> Recording:
    """An episode of a policy as a recording; all of them are held out."""
    return Recording(frames, actions, NAMES, FPS, instruction, success, "holdout")


class Tabletop:
    """Records one theme; a tenth of the episodes is held out.

    What is told of an action is what the oracle meant to do, without the noise that is added to
    it: the noise leads off the best way, the label back to it (Laskey et al., DART: Noise Injection
    for Robust Imitation Learning, 2017).
    """

    theme = "sim"

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._easel = Easel(size)

    def record(self, job: Job) -> Recording:
        """Record one episode: until a little after its task is done."""
        rng = job.rng()
        world = self._easel.world(job.embodiment, self.theme)
        task = ask(world, rng, job.task)
        noise, pace = float(rng.choice(_NOISES)), float(rng.uniform(*_PACES))
        oracle = Oracle(task, pace=pace)
        painter = self._easel.painter(world)
        frames, left = [painter.frame(world.data, world.camera)], _AFTERWARDS
        actions: list[np.ndarray] = []
        while len(actions) < LONGEST and left >= 0:
            action = oracle.action(world.places, world.pusher)
            world.move(action + rng.normal(0, noise, 2))
            actions.append(np.clip(action, -0.03, 0.03))
            frames.append(painter.frame(world.data, world.camera))
            left -= task.done(world.places)
        names = () if job.embodiment in WITHOUT_ACTIONS else NAMES
        labels = np.array(actions, np.float32)[:, : len(names)]
        done = task.done(world.places)
        return Recording(np.stack(frames), labels, names, FPS, task.instruction, done, job.split)

    def close(self) -> None:
        """Give back the renderer."""
        self._easel.close()


class RealTabletop(Tabletop):
    """The same with wood, changing light and clutter."""

    theme = "real"
