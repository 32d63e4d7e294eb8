"""A benchmark for tests: a point that is pushed to the right, in pictures of one colour."""

from __future__ import annotations

import os
from typing import Any

import gymnasium
import numpy as np

from lapa.sim import benchmarks
from lapa.sim.benchmarks import Benchmark

LONGEST, GOAL = 6, 0.3


class _Pusher:
    def action(self) -> np.ndarray:
        return np.array([0.1, 0.0], np.float32)


class Line:
    """Done at 0.3; number n begins at -n/10. `deadly` ends its process."""

    def __init__(self, *, image_size: int = 16) -> None:
        self.size = image_size
        self.action_space = gymnasium.spaces.Box(-0.1, 0.1, (2,))

    def reset(self, *, seed=None, options=None) -> tuple[dict, dict]:
        self.kind, number = benchmarks.asked(options, None, FAKE.kinds, FAKE.most)
        if self.kind == "deadly":
            os._exit(3)
        self.at, self.steps = -(number or 0) / 10, 0
        return self.observation(), self.info()

    def step(self, action) -> tuple[dict, float, bool, bool, dict]:
        self.at += float(benchmarks.finite(action, self.action_space)[0])
        self.steps += 1
        info = self.info()
        return self.observation(), 0.0, info["success"], self.steps >= LONGEST, info

    def observation(self) -> dict[str, Any]:
        return {"instruction": f"push {self.kind}"} | (
            {"image": self.render()[: self.size, : self.size]} if self.size else {}
        )

    def info(self) -> dict[str, Any]:
        success = self.at >= GOAL - 1e-6
        return {"kind": self.kind, "success": success, "rates": {"moved": self.steps > 2}}

    def render(self) -> np.ndarray:
        return np.full((32, 48, 3), 100 + round(100 * self.at), np.uint8)

    def expert(self) -> _Pusher:
        return _Pusher()

    def random_action(self, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(-0.1, 0.1, 2).astype(np.float32)

    def still_action(self) -> np.ndarray:
        return np.zeros(2, np.float32)

    def close(self) -> None:
        """Nothing to give back."""


def nothing_missing() -> None:
    """All is installed."""


FAKE = Benchmark(
    "fake", "A line, made for tests", "tests.sim.fake_world:Line",
    "tests.sim.fake_world:nothing_missing", ("near", "far", "deadly"), 2, 5, ("x", "y"), 10,
    ("moved",),
)  # fmt: skip
