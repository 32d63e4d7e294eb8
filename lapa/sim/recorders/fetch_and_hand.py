"""gymnasium-robotics: the Fetch arm (push, pick, play) and the Adroit hand at play.

Fetch takes end-effector moves and the gripper, in [-1, 1]; the hand takes targets of its joints.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from lapa.sim.recorders.camera import View
from lapa.sim.recorders.looks import Looks
from lapa.sim.recorders.motion import Fingers, Step, Wander, hold, reach, smooth
from lapa.sim.recorders.source import Job, Recording
from lapa.sim.recorders.studio import Film, Stage, Studio

if TYPE_CHECKING:
    from gymnasium import Env

# what the simulator says: where the hand, the thing and its goal are
State = dict[str, np.ndarray]
FETCH_NAMES = ("x", "y", "z", "gripper")
FETCH_FPS, HAND_FPS = 12, 10
OPEN, CLOSED = 1.0, -1.0
# steps until an expert's episode is cut
LONGEST = 60
INSTRUCTIONS = {
    "push": "push the block to the target",
    "pick": "pick up the block and move it to the target",
}
FETCH_PLAY, HAND_PLAY = "move around above the table", "move the hand around above the table"
_WORLDS = {
    "push": "FetchPush-v4",
    "pick": "FetchPickAndPlace-v4",
    "relocate": "AdroitHandRelocate-v1",
    "door": "AdroitHandDoor-v1",
}
_FETCH_VIEW = View((1.3, 0.75, 0.5), 1.35, 132.0, -22.0, swing=5.0, tilt=3.0)
_VIEWS = {
    "push": _FETCH_VIEW,
    "pick": _FETCH_VIEW,
    "relocate": View((0.0, -0.1, 0.15), 1.25, 90.0, -40.0, swing=6.0, tilt=4.0),
    "door": View((0.0, 0.0, 0.25), 1.35, 90.0, -38.0, swing=6.0, tilt=4.0),
}
_LOW, _HIGH = np.array([1.12, 0.52, 0.44]), np.array([1.48, 0.98, 0.75])
# the hand's controller runs at thrice the video's rate, and its first joints carry the arm
_REPEAT, _ARM_JOINTS, _ARM_SHARE = 3, 6, 0.75


class FetchAndHand:
    """Records gymnasium-robotics."""

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._studio = Studio(size, _build)

    def record(self, job: Job) -> Recording:
        """Record one episode."""
        rng = job.rng()
        stage = self._studio.stage(job.scene)
        state, _ = stage.env.reset(seed=int(rng.integers(2**31)))
        film = self._studio.dress(stage, rng)
        if job.embodiment == "fetch":
            return _film_fetch(job, film, state, rng)
        return _film_hand(film, rng)

    def close(self) -> None:
        """Give back the renderer."""
        self._studio.close()


def _build(task: str) -> Stage:
    # it prints a notice about rewards, which nobody uses here, into the progress bar
    with redirect_stderr(io.StringIO()):
        import gymnasium
        import gymnasium_robotics

    gymnasium.register_envs(gymnasium_robotics)
    env: Any = gymnasium.make(_WORLDS[task], max_episode_steps=10**9).unwrapped
    looks = Looks(env.model, lambda body: body.startswith(("robot0", "forearm")))
    return Stage(env, env.model, env.data, _VIEWS[task], looks)


def _film_hand(film: Film, rng: np.random.Generator) -> Recording:
    env, model = film.stage.env, film.stage.model
    names = tuple(model.actuator(i).name for i in range(model.nu))

    def act(action: np.ndarray) -> None:
        for _ in range(_REPEAT):
            env.step(action)

    film.run(_hand_play(rng, len(names)), act)
    return Recording(*film.reel(), names, HAND_FPS, HAND_PLAY, False)


def _hand_play(rng: np.random.Generator, joints: int) -> Iterator[np.ndarray]:
    """The arm and the fingers wander; each episode favours the one, the other or both."""
    steps = int(rng.integers(100, 141))
    moves = smooth(rng, steps, joints, int(rng.integers(4, 15))) * rng.uniform(0.4, 0.8)
    arm, fingers = [(1, 1), (1.15, 0.4), (0.4, 1.2)][rng.choice(3, p=(0.5, 0.3, 0.2))]
    moves[:, :_ARM_JOINTS] *= _ARM_SHARE * arm * 0.6
    moves[:, _ARM_JOINTS:] *= fingers
    yield from np.clip(moves, -1, 1)


def _film_fetch(job: Job, film: Film, state: State, rng: np.random.Generator) -> Recording:
    script = _Fetch(film.stage.env, state, rng)
    film.run(script.play() if job.play else script.expert(job.scene), script.act)
    words = FETCH_PLAY if job.play else INSTRUCTIONS[job.scene]
    success = script.success and not job.play
    return Recording(*film.reel(), FETCH_NAMES, FETCH_FPS, words, success)


class _Fetch:
    """One episode's actions, which look at what the simulator said last."""

    def __init__(self, env: Env[State, np.ndarray], state: State, rng: np.random.Generator) -> None:
        self.success = False
        self._env, self._state, self._rng = env, state, rng

    def act(self, action: np.ndarray) -> None:
        self._state, _, _, _, info = self._env.step(action)
        self.success = self.success or bool(info["is_success"])

    def play(self) -> Iterator[np.ndarray]:
        wander, fingers = Wander(self._rng, _LOW, _HIGH), Fingers(self._rng)
        for _ in range(self._rng.integers(100, 141)):
            yield np.r_[wander(self._hand()), fingers()]

    def expert(self, task: str) -> Iterator[np.ndarray]:
        gain, noise = self._rng.uniform(5, 12), self._rng.choice([0.04, 0.1, 0.25])
        script = self._push() if task == "push" else self._pick()
        for offset, grip in islice(script, LONGEST):
            move = np.clip(offset * gain + self._rng.normal(size=3) * noise, -1, 1)
            yield np.r_[move, grip]

    def _hand(self) -> np.ndarray:
        return self._state["observation"][:3]

    def _thing(self) -> np.ndarray:
        return self._state["achieved_goal"]

    def _goal(self) -> np.ndarray:
        return self._state["desired_goal"]

    def _behind(self) -> np.ndarray:
        """Seven centimetres from the block, on the side that the goal is not."""
        way = self._goal()[:2] - self._thing()[:2]
        return self._thing()[:2] - 0.07 * way / (np.linalg.norm(way) + 1e-6)

    def _push(self) -> Iterator[Step]:
        above = self._thing()[2] + 0.1
        for height in (above, self._thing()[2]):
            target = np.r_[self._behind(), height]
            yield from reach(self._hand, partial(np.copy, target), CLOSED, steps=18, near=0.02)
        ahead = np.r_[self._goal()[:2], self._thing()[2]]
        yield from reach(self._hand, lambda: ahead, CLOSED, steps=26, near=0.02)
        yield from reach(self._hand, lambda: ahead + (0, 0, 0.15), CLOSED, steps=8)

    def _pick(self) -> Iterator[Step]:
        yield from reach(self._hand, lambda: self._thing() + (0, 0, 0.1), OPEN, steps=20, near=0.02)
        yield from reach(self._hand, self._thing, OPEN, steps=14, near=0.012)
        yield from hold(CLOSED, 4)
        yield from reach(self._hand, self._goal, CLOSED, steps=26, near=0.01)
        yield from hold(CLOSED, 3)
