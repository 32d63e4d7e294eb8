"""SimplerEnv: SIMPLER's WidowX scenes as a gymnasium environment in our conventions."""

from __future__ import annotations

import os
from typing import Any

import gymnasium
import numpy as np

from lapa.sim import benchmarks
from lapa.sim.simpler.expert import Expert
from lapa.sim.simpler.starts import Starts
from lapa.sim.workers import SINGLE

NAME = "simpler"
_BENCHMARK = benchmarks.BENCHMARKS[NAME]
FPS = _BENCHMARK.fps
# a kind of task -> ManiSkill's name of it, and steps of an episode
TASKS = {
    "carrot": ("PutCarrotOnPlateInScene-v1", 60),
    "spoon": ("PutSpoonOnTableClothInScene-v1", 60),
    "stack": ("StackGreenCubeOnYellowCubeBakedTexInScene-v1", 60),
    "eggplant": ("PutEggplantInBasketScene-v1", 120),
}
# the longest move in metres, turn in radians, and the gripper, closed to open
LIMIT = np.array([1.0] * 3 + [np.pi / 2] * 3 + [1.0], np.float32)
OPEN, CLOSED = 1.0, -1.0
# metres and radians of a random step; metres in the plane from which on an object has moved
_RANDOM, _MOVED = 0.03, 0.03
_CAMERA, _FILMED = "3rd_view_camera", (320, 240)


class SimplerEnv(gymnasium.Env[dict[str, Any], np.ndarray]):
    """A WidowX arm that puts one thing onto another, five steps a second; one a process.

    Observations: `image` uint8 (size, size, 3) RGB, the camera's 480 x 640 with the real photo
    behind it, squashed; `instruction` a sentence; with `state` also `state` float32 (8,), the arm's
    six joints in radians and its two fingers in metres. Actions: float32 (7,): the gripper's move
    in metres and its turn as Euler angles in radians, along and about the axes of the robot's base,
    added to where it was told to be; then the gripper from -1, closed, to 1, open.

    An episode takes its whole length, 60 steps or 120 for the eggplant, and its success is that of
    its last step, as SIMPLER's evaluation has it. Infos: `success` now; `rates`: `grasped` and
    `moved` (by 3 cm in the plane) at any time so far, of the thing that is to be put somewhere.
    Reward 1 while there is success.

    Numbered starts are the official ones; others are drawn, none of them near an official one
    (see `Starts`). The scene is built anew for each, which makes it the same to the last bit.

    Args:
        kind: of TASKS, or None for a new one each time, which takes seconds to be loaded.
        image_size: side of the image in pixels, even; 0 for none.
        state: observe the state as well.

    Raises:
        ValueError: unknown names or sizes.
        RuntimeError: the process has an environment already.
        OSError, ModuleNotFoundError: as `lapa.sim.simpler.install.check`, from the first `reset`.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": FPS}

    def __init__(
        self,
        *,
        kind: str | None = None,
        image_size: int = 128,
        state: bool = False,
        render_mode: str | None = "rgb_array",
    ) -> None:
        benchmarks.asked(None, kind, tuple(TASKS), _BENCHMARK.most)
        benchmarks.check_size(image_size)
        self.kind, self.render_mode = kind, render_mode
        self._size, self._state = image_size, state
        self._scene: Any = None
        self._starts: Starts | None = None
        self._loaded, self._steps = "", 0
        self._picture = np.zeros(0, np.uint8)
        self._began, self._moved = np.zeros(2), False
        # of the actions of this episode: metres (3,), and radians about the upright
        self.commanded, self.turned = np.zeros(3), 0.0
        self.action_space = gymnasium.spaces.Box(-LIMIT, LIMIT, dtype=np.float32)
        self.observation_space = benchmarks.observed(image_size, 8 * state)
        benchmarks.claim(NAME)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin a new task.

        options: `kind` for this time only; `number`, 0 to 23, for an official start. Without a
        number the seed decides all.

        Raises:
            ValueError: there is no such kind or number.
        """
        super().reset(seed=seed)
        kind, number = benchmarks.asked(options, self.kind, tuple(TASKS), _BENCHMARK.most)
        kind = kind or list(TASKS)[int(self.np_random.integers(len(TASKS)))]
        starts = self._load(kind)
        if number is None:
            starts.draw(self.np_random)
        else:
            starts.official()
        found = _rebuilt(self._scene, number or 0)
        self._steps, self._moved = 0, False
        self.commanded, self.turned = np.zeros(3), 0.0
        self._began = self.place(self.thing)[:2]
        return self._observation(found), self._info({})

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """A fifth of a second.

        Raises:
            ValueError: an action that is not (7,) finite numbers. RuntimeError: before `reset`.
        """
        action = benchmarks.finite(action, self.action_space)
        found, _, _, _, told = self._running.step(action)
        self._steps += 1
        self.commanded, self.turned = self.commanded + action[:3], self.turned + float(action[5])
        away = np.linalg.norm(self.place(self.thing)[:2] - self._began)
        self._moved = self._moved or bool(away > _MOVED)
        info = self._info(told)
        over = self._steps >= TASKS[self._loaded][1]
        return self._observation(found), float(info["success"]), False, over, info

    def render(self) -> np.ndarray:
        """The camera's picture, (240, 320, 3) uint8. Raises RuntimeError before `reset`."""
        from PIL import Image

        if not self._picture.size:
            raise RuntimeError("reset() comes first: there is no task yet")
        return np.asarray(Image.fromarray(self._picture).resize(_FILMED))

    def expert(self) -> Expert:
        """Who knows where everything is, from here on. Raises RuntimeError before `reset`."""
        return Expert(self, self._loaded)

    def random_action(self, rng: np.random.Generator) -> np.ndarray:
        """Up to 3 cm and 0.03 rad along each axis, any grip: (7,) float32."""
        small = rng.uniform(-_RANDOM, _RANDOM, 6)
        return np.array([*small, rng.uniform(CLOSED, OPEN)], np.float32)

    def still_action(self) -> np.ndarray:
        """No move, the gripper open as it is in the beginning: (7,) float32."""
        return np.array([0, 0, 0, 0, 0, 0, OPEN], np.float32)

    def close(self) -> None:
        """Let go of the simulator; the process may open another environment."""
        self._unload()
        benchmarks.release()

    # For the expert

    @property
    def thing(self) -> str:
        """What is to be put onto `target`."""
        return str(self._running.unwrapped.source_obj_name)

    @property
    def target(self) -> str:
        """What it is to be put onto."""
        return str(self._running.unwrapped.target_obj_name)

    def pose(self, name: str) -> np.ndarray:
        """Of a thing, or of `gripper`, in the robot's base: (4, 4) float64, metres."""
        scene = self._running.unwrapped
        robot = scene.agent.robot
        there = robot.links_map["ee_gripper_link"] if name == "gripper" else scene.objs[name]
        matrix: np.ndarray = (robot.pose.sp.inv() * there.pose.sp).to_transformation_matrix()
        return matrix.astype(float)

    def place(self, name: str) -> np.ndarray:
        """The last column of `pose`, (3,)."""
        return self.pose(name)[:3, 3]

    @property
    def _running(self) -> Any:
        if self._scene is None:
            raise RuntimeError("reset() comes first: there is no task yet")
        return self._scene

    def _load(self, kind: str) -> Starts:
        if self._starts is None or self._loaded != kind:
            self._unload()
            self._scene, self._loaded = _scene(TASKS[kind][0]), kind
            self._starts = Starts(self._scene.unwrapped, kind)
        return self._starts

    def _unload(self) -> None:
        if self._scene is not None:
            self._scene.close()
            self._scene, self._starts = None, None

    def _observation(self, found: dict[str, Any]) -> dict[str, Any]:
        self._picture = found["sensor_data"][_CAMERA]["rgb"][0].cpu().numpy()
        words = self._running.unwrapped.get_language_instruction()[0]
        observation: dict[str, Any] = {"instruction": words}
        if self._size:
            observation["image"] = benchmarks.squashed(self._picture, self._size)
        if self._state:
            observation["state"] = found["agent"]["qpos"][0].cpu().numpy().astype(np.float32)
        return observation

    def _info(self, told: dict[str, Any]) -> dict[str, Any]:
        """told: by ManiSkill, which never fills in what has moved."""
        rates = {"grasped": bool(told.get("is_src_obj_grasped", False)), "moved": self._moved}
        return {"kind": self._loaded, "success": bool(told.get("success", False)), "rates": rates}


def _scene(task: str) -> Any:
    """ManiSkill's environment of a task, on the processor.

    Raises:
        OSError: there is no driver.
    """
    from lapa.sim.simpler.install import NO_DRIVER, check

    # before the driver is loaded, which would take all cores otherwise
    for name, value in SINGLE.items():
        os.environ.setdefault(name, value)
    try:
        import mani_skill.envs  # noqa: F401  registers the tasks
    except ImportError:
        check()
        raise
    import torch

    torch.set_num_threads(1)
    try:
        return gymnasium.make(
            task,
            obs_mode="rgb+segmentation",
            num_envs=1,
            sim_backend="physx_cpu",
            render_backend="sapien_cpu",
        )
    except RuntimeError as error:
        if "physical device" in str(error):
            raise OSError(NO_DRIVER) from error
        raise


def _rebuilt(scene: Any, number: int) -> dict[str, Any]:
    """The first observation of a start, the scene built anew, as only so it is the same again."""
    import torch

    options = {"episode_id": torch.tensor([number]), "reconfigure": True}
    found: dict[str, Any] = scene.reset(seed=0, options=options)[0]
    return found
