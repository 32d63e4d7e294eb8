"""Films the expert in SIMPLER's scenes, for `python -m lapa record simpler`."""

from __future__ import annotations

from functools import partial

import numpy as np

from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.recorders.source import Job, Recording, first_success
from lapa.sim.simpler.env import FPS, NAME, SimplerEnv
from lapa.sim.simpler.expert import Expert

# of an episode: metres of noise a step; of a detour: how often, and metres along each axis
_NOISES, _DETOUR, _AWAY = (0.0, 0.002, 0.004), 0.5, (0.06, 0.06, 0.03)
# steps that are filmed after the task is done
_AFTERWARDS = 2


class Simpler:
    """Records successes of the expert; a tenth of the episodes is held out.

    As on the tabletop what is told of an action is what the expert meant to do, without the noise
    that is added to it (Laskey et al., DART: Noise Injection for Robust Imitation Learning, 2017);
    half of the episodes go by way of a place beside the thing. No official start is among them
    (see `Starts`).
    """

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._env = SimplerEnv(image_size=size)

    def record(self, job: Job) -> Recording:
        """Record one episode.

        Raises:
            ValueError: the expert failed from every start of a few.
        """
        return first_success(job, partial(self._try, job))

    def close(self) -> None:
        """Let go of the simulator."""
        self._env.close()

    def _try(self, job: Job, rng: np.random.Generator) -> Recording:
        seed, kind = int(rng.integers(2**32)), {"kind": job.task}
        observation, info = self._env.reset(seed=seed, options=kind)
        noise = float(rng.choice(_NOISES))
        aside = rng.uniform(-1, 1, 3) * _AWAY if rng.random() < _DETOUR else None
        expert = Expert(self._env, job.task, detour=aside)
        frames, actions, left, cut = [observation["image"]], [], _AFTERWARDS, False
        while left and not cut:
            action = expert.action()
            left -= expert.done
            done = action + np.array([*rng.normal(0, noise, 3), 0, 0, 0, 0], np.float32)
            observation, _, _, cut, info = self._env.step(done)
            frames.append(observation["image"])
            actions.append(action)
        return Recording(
            np.stack(frames), np.array(actions, np.float32), BENCHMARKS[NAME].action_names, FPS,
            observation["instruction"], info["success"], job.split,
        )  # fmt: skip
