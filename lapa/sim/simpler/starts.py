"""Where things lie as an episode begins: the official starts, and others for what is recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

# of the table, metres: where things are put around, how far, and how far apart at least
_MIDDLE, _REACH, _APART = np.array([-0.16, 0.0]), 0.1, 0.1
# of the sink: how far from an official start along each axis
_SINK = 0.03
# a start with both things nearer than this to an official one is drawn again
_NEAR, _TRIES = 0.01, 1000


class Starts:
    """Of one scene of ManiSkill, which reads them as it is reset."""

    def __init__(self, scene: Any, kind: str) -> None:
        self._scene, self._kind = scene, kind
        self._places, self._turns = scene.xyz_configs, scene.quat_configs

    def official(self) -> None:
        """All of the official ones, by their numbers."""
        self._scene.xyz_configs, self._scene.quat_configs = self._places, self._turns

    def draw(self, rng: np.random.Generator) -> None:
        """One that is not official, as number 0: on the table both things anywhere within 20 cm,
        the first turned anyhow; in the sink within 3 cm of an official start, turned as there."""
        import torch

        official = self._places.numpy().astype(float)
        turns = self._turns.numpy().astype(float)
        places = official[rng.integers(len(official))].copy()
        turn = turns[rng.integers(len(turns))].copy()
        for _ in range(_TRIES):
            found = self._drawn(places, rng)
            if self._away(found, official):
                break
        else:
            raise RuntimeError(f"{_TRIES} starts are all near an official one")
        if self._kind != "eggplant":
            angle = rng.uniform(-np.pi, np.pi)
            turn[0] = [np.cos(angle / 2), 0, 0, np.sin(angle / 2)]
        self._scene.xyz_configs = torch.tensor(found[None], dtype=torch.float32)
        self._scene.quat_configs = torch.tensor(turn[None], dtype=torch.float32)

    def _drawn(self, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        found = places.copy()
        if self._kind == "eggplant":
            found[0, :2] += rng.uniform(-_SINK, _SINK, 2)
            return found
        found[:, :2] = _MIDDLE + rng.uniform(-_REACH, _REACH, (2, 2))
        while np.linalg.norm(found[0, :2] - found[1, :2]) < _APART:
            found[:, :2] = _MIDDLE + rng.uniform(-_REACH, _REACH, (2, 2))
        return found

    @staticmethod
    def _away(found: np.ndarray, official: np.ndarray) -> bool:
        distance = np.linalg.norm(official[:, :, :2] - found[None, :, :2], axis=-1)
        return bool((distance.max(1) > _NEAR).all())
