"""robosuite's arms: lift a cube, stack two, and free play above the table.

Actions are end-effector moves as robosuite takes them: x, y, z, three rotations (never used) and
the gripper, each in [-1, 1], ten a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from lapa.sim.recorders.camera import View
from lapa.sim.recorders.looks import COLOURS, Looks
from lapa.sim.recorders.motion import Fingers, Step, Wander, hold, reach
from lapa.sim.recorders.source import Job, Recording
from lapa.sim.recorders.studio import Stage, Studio

NAMES = ("x", "y", "z", "rx", "ry", "rz", "gripper")
FPS = 10
OPEN, CLOSED = -1.0, 1.0
# steps until an expert's episode is cut
LONGEST = 110
_ROBOTS = {
    "panda": "Panda",
    "sawyer": "Sawyer",
    "iiwa": "IIWA",
    "jaco": "Jaco",
    "xarm7": "XArm7",
    "kinova3": "Kinova3",
}
_TASKS = {"lift": "Lift", "stack": "Stack"}
_VIEW = View((-0.05, 0.0, 0.98), 1.15, 180.0, -28.0, swing=6.0, tilt=3.0)
# what the camera sees of the hand, above a table whose top is at 0.8
_LOW, _HIGH = np.array([-0.25, -0.32, 0.86]), np.array([0.18, 0.32, 1.2])
# torques are computed anew in every second step of the physics: as good, and a third cheaper
_HOLD = 2


class Arms:
    """Records robosuite."""

    def __init__(self, size: int) -> None:
        """size: side of the frames in pixels."""
        self._studio = Studio(size, _build)

    def record(self, job: Job) -> Recording:
        """Record one episode."""
        rng = job.rng()
        stage = self._studio.stage(job.embodiment, job.scene)
        env = stage.env
        _reset(env, rng)
        film = self._studio.dress(stage, rng)
        colours = _paint(stage, rng)
        moves = _play(env, rng) if job.play else _expert(env, job.scene, rng)
        film.run(moves, lambda action: _act(env, action))
        frames, actions = film.reel()
        success = not job.play and bool(env._check_success())
        words = _instruction(job, colours)
        return Recording(frames, actions, NAMES, FPS, words, success)

    def close(self) -> None:
        """Give back the renderer."""
        self._studio.close()


def _build(embodiment: str, task: str) -> Stage:
    import robosuite
    from robosuite.controllers import load_composite_controller_config

    robot = _ROBOTS[embodiment]
    env = robosuite.make(
        _TASKS[task],
        robots=robot,
        controller_configs=load_composite_controller_config(controller="BASIC", robot=robot),
        has_renderer=False,
        has_offscreen_renderer=False,
        use_camera_obs=False,
        control_freq=FPS,
        horizon=10**9,
        seed=0,
    )
    # the model stays, only its state begins anew
    env.hard_reset = False
    model, data = env.sim.model._model, env.sim.data._data
    looks = Looks(model, lambda body: body.startswith("robot0"))
    return Stage(env, model, data, _VIEW, looks, groups=(1,))


def _reset(env: Any, rng: np.random.Generator) -> None:
    # the placement of things holds the same generator, so its state is set, not replaced
    env.rng.bit_generator.state = np.random.default_rng(rng.integers(2**32)).bit_generator.state
    env.reset()


def _act(env: Any, action: np.ndarray) -> None:
    """One action as robosuite's `step` takes it, without its observations."""
    command = np.zeros(env.action_dim)
    command[:6], command[-1] = action[:6], action[6]
    for number in range(round(env.control_timestep / env.model_timestep)):
        env.sim.step1()
        if number % _HOLD == 0:
            env._pre_action(command, policy_step=number == 0)
        env.sim.step2()


def _hand(env: Any) -> Callable[[], np.ndarray]:
    site = env.robots[0].eef_site_id["right"]
    return lambda: np.array(env.sim.data.site_xpos[site])


def _cube(env: Any, name: str) -> Callable[[], np.ndarray]:
    body = env.sim.model.body_name2id(f"{name}_main")
    return lambda: np.array(env.sim.data.body_xpos[body])


def _paint(stage: Stage, rng: np.random.Generator) -> list[str]:
    """Colours of the cubes; as they were made in three of ten episodes."""
    cubes = ("cubeA", "cubeB") if "cubeA_main" in stage.env.sim.model.body_names else ("cube",)
    chosen = list(rng.permutation(list(COLOURS))[: len(cubes)])
    if rng.random() < 0.3:
        return ["red", "green"][: len(cubes)]
    for cube, colour in zip(cubes, chosen, strict=True):
        stage.looks.paint(f"{cube}_g0_vis", colour)
    return chosen


def _instruction(job: Job, colours: list[str]) -> str:
    if job.play:
        return "move around above the table"
    if job.scene == "lift":
        return f"lift the {colours[0]} cube"
    return f"stack the {colours[0]} cube on the {colours[1]} cube"


def _play(env: Any, rng: np.random.Generator) -> Iterator[np.ndarray]:
    hand, fingers = _hand(env), Fingers(rng)
    wander = Wander(rng, _LOW, _HIGH)
    for _ in range(rng.integers(100, 141)):
        yield np.r_[wander(hand()), 0, 0, 0, fingers()]


def _expert(env: Any, task: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The script of the task at the episode's own pace, after a detour in half of the episodes."""
    gain, noise = rng.uniform(6, 14), rng.choice([0.03, 0.08, 0.15])
    script = _lift(env) if task == "lift" else _stack(env)
    if rng.random() < 0.5:
        somewhere = rng.uniform(_LOW, _HIGH)
        detour = reach(_hand(env), lambda: somewhere, OPEN, steps=14, near=0.04)
        script = chain(detour, script)
    for offset, grip in islice(script, LONGEST):
        move = np.clip(offset * gain + rng.normal(size=3) * noise, -1, 1)
        yield np.r_[move, 0, 0, 0, grip]


def _grasp(env: Any, name: str) -> Iterator[Step]:
    hand, cube = _hand(env), _cube(env, name)
    yield from reach(hand, lambda: cube() + (0, 0, 0.1), OPEN, steps=24)
    yield from reach(hand, cube, OPEN, steps=22, near=0.014)
    yield from hold(CLOSED, 6)


def _lift(env: Any) -> Iterator[Step]:
    hand = _hand(env)
    yield from _grasp(env, "cube")
    yield from reach(hand, lambda: hand() + (0, 0, 0.2), CLOSED, steps=12)


def _stack(env: Any) -> Iterator[Step]:
    hand, carried, below = _hand(env), _cube(env, "cubeA"), _cube(env, "cubeB")
    yield from _grasp(env, "cubeA")
    yield from reach(hand, lambda: np.r_[carried()[:2], 1.02], CLOSED, steps=8)
    yield from reach(hand, lambda: below() + (0, 0, 0.13), CLOSED, steps=24)
    yield from reach(hand, lambda: below() + (0, 0, 0.06), CLOSED, steps=22)
    yield from hold(OPEN, 4)
    yield from reach(hand, lambda: hand() + (0, 0, 0.1), OPEN, steps=6)
