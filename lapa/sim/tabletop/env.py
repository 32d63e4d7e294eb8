"""TabletopEnv: the tabletop as a gymnasium environment."""

from __future__ import annotations

import string
from typing import Any

import gymnasium
import numpy as np

from lapa.sim.recorders.camera import Painter
from lapa.sim.tabletop import board
from lapa.sim.tabletop.tasks import KINDS, SPLITS, Task, sample
from lapa.sim.tabletop.understand import understand
from lapa.sim.tabletop.world import ON_BOARD, World

# steps a second, and steps until a task is cut
FPS, LONGEST = 10, 200
# characters of an instruction, and boards that are tried for one that allows a task
_LONGEST_TEXT, _LAYOUTS = 200, 200
_LETTERS = string.ascii_lowercase + " ,-"


def ask(world: World, rng: np.random.Generator, kind: str, split: str = "seen") -> Task:
    """Lay the world out anew until it allows a task of this kind, and return that task.

    Raises:
        ValueError: an unknown kind or split.
    """
    for _ in range(_LAYOUTS):
        world.reset(rng, joined=kind == "separate")
        task = sample(rng, kind, world.blocks, world.places, split)
        if task is not None:
            return task
    raise RuntimeError(f"{_LAYOUTS} layouts allow no task of kind {kind}")


class TabletopEnv(gymnasium.Env[dict[str, Any], np.ndarray]):
    """A pusher among eight blocks, ten steps a second.

    Observations: `image` uint8 (size, size, 3) RGB; `instruction` a sentence; with `state` also
    `state` float32 (9, 3): x, y in metres and turn in radians of each block, and of the pusher.
    Actions: float32 (2,), the pusher's move in metres, clipped to ±0.03; x towards the viewer, y to
    the right. Reward 1 and the end when the task is done, else 0.

    Args:
        kind: of KINDS, or None for a new one each time.
        split: of SPLITS: which blocks and phrasings are used.
        embodiment: of embodiments.EMBODIMENTS. theme: `sim` or `real`.
        image_size: side of the image in pixels, even; 0 for none, which needs no renderer.
        state: observe the state as well.
        longest: steps until it is cut.

    Raises:
        ValueError: unknown names or sizes.
        OSError: no renderer without a screen works; from the first `reset` with images.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": FPS}

    def __init__(
        self,
        *,
        kind: str | None = None,
        split: str = "seen",
        embodiment: str = "cylinder",
        theme: str = "sim",
        image_size: int = 128,
        state: bool = False,
        longest: int = LONGEST,
        render_mode: str | None = "rgb_array",
    ) -> None:
        _check(kind, split, image_size, longest, state)
        self.kind, self.split, self.longest = kind, split, longest
        self.render_mode, self._size, self._state = render_mode, image_size, state
        self.world = World(embodiment, theme)
        self._painter: Painter | None = None
        self._steps = 0
        self._task: Task | None = None
        limit = np.full(2, board.STEP, np.float32)
        self.action_space = gymnasium.spaces.Box(-limit, limit, dtype=np.float32)
        self.observation_space = gymnasium.spaces.Dict(self._spaces())

    def _spaces(self) -> dict[str, gymnasium.Space[Any]]:
        text = gymnasium.spaces.Text(_LONGEST_TEXT, min_length=1, charset=_LETTERS)
        spaces: dict[str, gymnasium.Space[Any]] = {"instruction": text}
        if self._size:
            shape = (self._size, self._size, 3)
            spaces["image"] = gymnasium.spaces.Box(0, 255, shape, np.uint8)
        if self._state:
            spaces["state"] = gymnasium.spaces.Box(-np.inf, np.inf, (ON_BOARD + 1, 3), np.float32)
        return spaces

    @property
    def task(self) -> Task:
        """What is asked now. Raises RuntimeError before the first `reset`."""
        if self._task is None:
            raise RuntimeError("reset() comes first: there is no task yet")
        return self._task

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin a new task; the seed decides all of it.

        options: `kind` for this time only; `instruction`: another task on the same board.

        Raises:
            ValueError: an unknown kind, or an instruction that `understand` does not know.
        """
        super().reset(seed=seed)
        kind = (options or {}).get("kind") or self.kind
        kind = kind or KINDS[int(self.np_random.integers(len(KINDS)))]
        task = ask(self.world, self.np_random, kind, self.split)
        instruction = (options or {}).get("instruction")
        if instruction:
            task = understand(instruction, self.world.blocks, self.world.places)
        self._task, self._steps = task, 0
        if self._painter is not None:
            self._painter.upload(self.world.board_texture)
        return self._observation(task), self._info(task)

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """A tenth of a second.

        Raises:
            ValueError: an action that is not (2,) finite numbers. RuntimeError: before `reset`.
        """
        task = self.task
        action = np.asarray(action, float)
        if action.shape != (2,) or not np.isfinite(action).all():
            raise ValueError(f"an action is two finite numbers in metres, received {action}")
        self.world.move(action)
        self._steps += 1
        done = task.done(self.world.places)
        cut = not done and self._steps >= self.longest
        return self._observation(task), float(done), done, cut, self._info(task)

    def render(self) -> np.ndarray:
        """The picture as it stands, (size, size, 3) uint8; 256 pixels where none is observed."""
        if self._painter is None:
            self._painter = Painter(self.world.model, self._size or 256)
        return self._painter.frame(self.world.data, self.world.camera)

    def close(self) -> None:
        """Give back the renderer."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None

    def _observation(self, task: Task) -> dict[str, Any]:
        observation: dict[str, Any] = {"instruction": task.instruction}
        if self._size:
            observation["image"] = self.render()
        if self._state:
            blocks = np.column_stack([self.world.places, self.world.turns])
            state = np.vstack([blocks, [*self.world.pusher, 0.0]])
            observation["state"] = state.astype(np.float32)
        return observation

    def _info(self, task: Task) -> dict[str, Any]:
        places = self.world.places
        distance = np.linalg.norm(places[task.block] - task.goal(places))
        return {"kind": task.kind, "success": task.done(places), "distance": float(distance)}


def _check(kind: str | None, split: str, size: int, longest: int, state: bool) -> None:
    if kind is not None and kind not in KINDS:
        raise ValueError(f"no kind of task {kind!r}; there are {', '.join(KINDS)}")
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    if size % 2 or not (size == 0 or 16 <= size <= 1024):
        raise ValueError(f"image_size is 0 or even, from 16 to 1024; received {size}")
    if longest < 1:
        raise ValueError(f"longest is {longest}; at least 1 step is needed")
