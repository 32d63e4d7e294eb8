"""Films the oracle on Language Table, for `python -m lapa record language-table`."""

from __future__ import annotations

from functools import partial

import numpy as np

from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.language_table.env import FPS, NAME, LanguageTableEnv
from lapa.sim.recorders.source import Job, Recording, first_success

# of an episode: metres of noise a step
_NOISES = (0.0, 0.003, 0.006)
# of a step: how often a detour begins, in every other episode; and its steps and metres a step
_DETOUR, _DETOUR_STEPS, _DETOUR_MOVE = 0.04, (3, 7), 0.025
# fewer actions than these are no episode
_FEWEST = 4


class LanguageTable:
    """Records successes of the oracle; a tenth of the episodes is held out.

    As on the tabletop what is told of an action is what the oracle meant to do, without the noise
    and the detours that lead off its way (Laskey et al., DART: Noise Injection for Robust Imitation
    Learning, 2017). No board of the evaluation is among them (see LanguageTableEnv).
    """

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._env = LanguageTableEnv(image_size=size)

    def record(self, job: Job) -> Recording:
        """Record one episode.

        Raises:
            ValueError: the oracle failed on every board of a few.
        """
        return first_success(job, partial(self._try, job), fewest=_FEWEST)

    def close(self) -> None:
        """Let go of the simulator."""
        self._env.close()

    def _try(self, job: Job, rng: np.random.Generator) -> Recording:
        seed, kind = int(rng.integers(2**32)), {"kind": job.task}
        observation, info = self._env.reset(seed=seed, options=kind)
        oracle, astray = self._env.expert(), _Astray(rng)
        frames, actions, over = [observation["image"]], [], False
        while not over:
            action = oracle.action()
            observation, _, done, cut, info = self._env.step(action + astray())
            frames.append(observation["image"])
            actions.append(action)
            over = done or cut
        return Recording(
            np.stack(frames), np.array(actions, np.float32), BENCHMARKS[NAME].action_names, FPS,
            observation["instruction"], info["success"], job.split,
        )  # fmt: skip


class _Astray:
    """What is added to the oracle's moves: noise, and now and then a detour of some steps."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._noise = rng, float(rng.choice(_NOISES))
        self._often = _DETOUR * int(rng.integers(2))
        self._left, self._drift = 0, np.zeros(2)

    def __call__(self) -> np.ndarray:
        """Metres, (2,)."""
        if self._left == 0 and self._rng.random() < self._often:
            self._left = int(self._rng.integers(*_DETOUR_STEPS))
            turn = self._rng.uniform(0, 2 * np.pi)
            self._drift = _DETOUR_MOVE * np.array([np.cos(turn), np.sin(turn)])
        drift = self._drift if self._left else np.zeros(2)
        self._left = max(0, self._left - 1)
        return drift + self._rng.normal(0, self._noise, 2)
