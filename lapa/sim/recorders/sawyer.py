"""Meta-World's Sawyer: sixteen tasks by its own experts with noise, and free play in their scenes.

Actions are end-effector moves and the gripper, in [-1, 1]; sixteen a second in the video.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lapa.sim.recorders.camera import View
from lapa.sim.recorders.looks import Looks
from lapa.sim.recorders.motion import Fingers, Wander
from lapa.sim.recorders.source import Job, Recording
from lapa.sim.recorders.studio import Stage, Studio

NAMES = ("x", "y", "z", "gripper")
FPS = 16
# steps until an expert's episode is cut
LONGEST = 110
PLAY = "move around above the table"
INSTRUCTIONS = {
    "button-press-topdown": "press the button from above",
    "coffee-button": "press the button on the coffee machine",
    "door-open": "open the door",
    "drawer-close": "close the drawer",
    "drawer-open": "open the drawer",
    "faucet-open": "turn the faucet on",
    "hammer": "hammer the nail",
    "handle-press": "press the handle down",
    "pick-place": "pick up the puck and place it at the goal",
    "plate-slide": "slide the plate into the cabinet",
    "push": "push the puck to the goal",
    "reach": "reach the target",
    "soccer": "push the ball into the goal",
    "sweep-into": "sweep the puck into the hole",
    "window-close": "slide the window closed",
    "window-open": "slide the window open",
}
_VIEW = View((0.0, 0.62, 0.18), 1.35, 125.0, -28.0, swing=5.0, tilt=3.0)
_LOW, _HIGH = np.array([-0.35, 0.45, 0.07]), np.array([0.35, 0.85, 0.4])


class Sawyer:
    """Records Meta-World."""

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._studio = Studio(size, _build)

    def record(self, job: Job) -> Recording:
        """Record one episode."""
        rng = job.rng()
        stage = self._studio.stage(job.scene)
        script = _Script(stage.env, job.scene, rng)
        film = self._studio.dress(stage, rng)
        film.run(script.play() if job.play else script.expert(), script.act)
        frames, actions = film.reel()
        words = PLAY if job.play else INSTRUCTIONS[job.scene]
        return Recording(frames, actions, NAMES, FPS, words, script.success and not job.play)

    def close(self) -> None:
        """Give back the renderer."""
        self._studio.close()


def _build(task: str) -> Stage:
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE

    env = ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE[f"{task}-v3-goal-observable"](seed=0)
    # things are placed anew at each reset, from the episode's seed, however many went before
    env._freeze_rand_vec, env.seeded_rand_vec = False, True
    env.max_path_length = 10**9
    looks = Looks(env.model, lambda body: body in ("base", "mocap"))
    return Stage(env, env.model, env.data, _VIEW, looks)


class _Script:
    """One episode's actions, which look at what the simulator said last."""

    def __init__(self, env: Any, task: str, rng: np.random.Generator) -> None:
        from metaworld.policies import ENV_POLICY_MAP

        self.success = False
        self._env, self._rng, self._expert = env, rng, ENV_POLICY_MAP[f"{task}-v3"]()
        env.seed(int(rng.integers(2**31)))
        self._state = env.reset()[0]

    def act(self, action: np.ndarray) -> None:
        self._state, _, _, _, info = self._env.step(action)
        self.success = self.success or info["success"] > 0

    def expert(self) -> Iterator[np.ndarray]:
        """Until three steps after success."""
        noise, pace = self._rng.choice([0, 0.15, 0.4]), self._rng.choice([0.6, 1.0], p=(0.3, 0.7))
        tail = 3
        for _ in range(LONGEST):
            move = np.asarray(self._expert.get_action(self._state))
            move[:3] *= pace
            yield np.clip(move + self._rng.normal(size=4) * noise, -1, 1)
            tail -= self.success
            if tail < 0:
                return

    def play(self) -> Iterator[np.ndarray]:
        wander = Wander(self._rng, _LOW, _HIGH, paces=(0.5, 0.8, 1.2), stretch=(8, 24))
        fingers = Fingers(self._rng, share=0.04)
        for _ in range(self._rng.integers(100, 141)):
            yield np.r_[wander(self._state[:3]), fingers()]
