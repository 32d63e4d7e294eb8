"""A simulator for tests: a square that moves as it is told, or breaks as it is told."""

from __future__ import annotations

import os

import numpy as np

from lapa.sim.recorders.source import Job, Recording, Source

STEPS = 7


class Fake:
    """Films a square on a ground whose colour is the episode's own."""

    def __init__(self, size: int) -> None:
        self.size = size

    def record(self, job: Job) -> Recording:
        if job.scene == "broken":
            raise RuntimeError("the square fell off")
        if job.scene == "deadly":
            os._exit(3)
        rng = job.rng()
        actions = rng.choice([-2.0, 2.0], size=(STEPS, 2)).astype(np.float32)
        ground = rng.integers(40, 120, size=3)
        middle = np.array([self.size // 2, self.size // 2])
        places = middle + np.concatenate([[[0, 0]], np.cumsum(actions, 0)]).astype(int)
        frames = np.stack([self._draw(ground, place) for place in places])
        return Recording(frames, actions, ("x", "y"), 10, f"move {job.embodiment}", job.play)

    def close(self) -> None:
        """Nothing to give back."""

    def _draw(self, ground: np.ndarray, place: np.ndarray) -> np.ndarray:
        frame = np.empty((self.size, self.size, 3), np.uint8)
        frame[:] = ground
        x, y = place
        frame[y - 6 : y + 6, x - 6 : x + 6] = 230
        return frame


RECORDER = "tests.sim.fake:Fake"
FAKE = Source(
    "fake-sim",
    RECORDER,
    (("square", ("play-slide", "slide", "play-turn")), ("box", ("slide",))),
)
FRAGILE = Source("fragile-sim", RECORDER, (("square", ("slide", "broken")),))
DEADLY = Source("deadly-sim", RECORDER, (("square", ("slide", "deadly")),))
ABSENT = Source("absent-sim", RECORDER, (("square", ("slide",)),), ("nobody_has_this_simulator",))
