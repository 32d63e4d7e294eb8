"""LanguageTableEnv: the original Language Table as a gymnasium environment in our conventions."""

from __future__ import annotations

import os
from typing import Any

import gymnasium
import numpy as np

from lapa.sim import benchmarks
from lapa.sim.language_table.install import modules, silence
from lapa.sim.language_table.oracle import Oracle

NAME = "language-table"
FPS = benchmarks.BENCHMARKS[NAME].fps
# steps until a task is cut, as in the original evaluation
LONGEST = 200
# a kind of task -> the original's module and class of its reward
REWARDS = {
    "block2block": ("block2block", "BlockToBlockReward"),
    "block2absolute": ("block2absolutelocation", "BlockToAbsoluteLocationReward"),
    "block2relative": ("block2relativelocation", "BlockToRelativeLocationReward"),
    "block2blockrelative": ("block2block_relative_location", "BlockToBlockRelativeLocationReward"),
    "separate": ("separate_blocks", "SeparateBlocksReward"),
}
# boards that are tried for one on which the oracle finds a way, metres of the longest move
_BOARDS, _STEP = 200, 0.1


class LanguageTableEnv(gymnasium.Env[dict[str, Any], np.ndarray]):
    """A robot's pusher among eight blocks, ten steps a second; one a process.

    Observations: `image` uint8 (size, size, 3) RGB, the original's 180 x 320 squashed;
    `instruction` a sentence; with `state` also `state` float32 (4,): where the pusher is and where
    it was told to be, x, y in metres each. Actions: float32 (2,), the pusher's move in metres,
    clipped to ±0.1. Reward 1 and the end when the original's reward says so, else 0.

    Each episode has an environment of the original of its own, as its reset leaves motor targets
    and contacts behind; a board is taken if the original oracle finds a plan, as in the original
    evaluation. Numbered boards are seeded 1000 k + n for number n of the k-th kind; others above
    10,000, so that what is recorded never shows a board of the evaluation.

    Args:
        kind: of KINDS, or None for a new one each time.
        image_size: side of the image in pixels, even; 0 for none.
        state: observe the state as well.
        longest: steps until it is cut.
        checkout: of the original; LANGUAGE_TABLE_DIR names it otherwise.

    Raises:
        ValueError: unknown names or sizes, or a checkout that is not the tested one.
        ModuleNotFoundError: there is no checkout, or a package is missing.
        RuntimeError: the process has an environment already.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": FPS}

    def __init__(
        self,
        *,
        kind: str | None = None,
        image_size: int = 128,
        state: bool = False,
        longest: int = LONGEST,
        checkout: str | os.PathLike[str] | None = None,
        render_mode: str | None = "rgb_array",
    ) -> None:
        benchmarks.asked(None, kind, tuple(REWARDS), benchmarks.MOST)
        benchmarks.check_size(image_size)
        if longest < 1:
            raise ValueError(f"longest is {longest}; at least 1 step is needed")
        self.kind, self.longest, self.render_mode = kind, longest, render_mode
        self._size, self._state = image_size, state
        self._original = _Original(checkout)
        self._table: Any = None
        self._oracle: Oracle | None = None
        self._steps, self._kind = 0, ""
        limit = np.full(2, _STEP, np.float32)
        self.action_space = gymnasium.spaces.Box(-limit, limit, dtype=np.float32)
        self.observation_space = benchmarks.observed(image_size, 4 * state)
        benchmarks.claim(NAME)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin a new task.

        options: `kind` for this time only; `number`, 0 to 999, for a board of the evaluation, which
        follows from it and the kind alone. Without a number the seed decides all.

        Raises:
            ValueError: there is no such kind or number.
        """
        super().reset(seed=seed)
        kind, number = benchmarks.asked(options, self.kind, tuple(REWARDS), benchmarks.MOST)
        kind = kind or list(REWARDS)[int(self.np_random.integers(len(REWARDS)))]
        board = int(self.np_random.integers(benchmarks.LOWEST_SEED, 2**32))
        if number is not None:
            board = benchmarks.MOST * list(REWARDS).index(kind) + number
        self._kind, self._steps = kind, 0
        original = self._lay_out(kind, board)
        return self._observation(original), self._info(done=False)

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """A tenth of a second.

        Raises:
            ValueError: an action that is not (2,) finite numbers. RuntimeError: before `reset`.
        """
        table = self._running
        original, reward, _, _ = table.step(benchmarks.finite(action, self.action_space))
        self._steps += 1
        done = reward > 0
        cut = not done and self._steps >= self.longest
        return self._observation(original), float(done), done, cut, self._info(done=done)

    def render(self) -> np.ndarray:
        """The original picture, (180, 320, 3) uint8."""
        table = self._running
        table.draws, drew = True, table.draws
        picture: np.ndarray = table.render()
        table.draws = drew
        return picture

    def expert(self) -> Oracle:
        """The original's oracle on this episode. Raises RuntimeError before `reset`."""
        if self._oracle is None:
            raise RuntimeError("reset() comes first: there is no task yet")
        return self._oracle

    def random_action(self, rng: np.random.Generator) -> np.ndarray:
        """Any move that the original allows, (2,) float32."""
        return rng.uniform(-_STEP, _STEP, 2).astype(np.float32)

    def still_action(self) -> np.ndarray:
        """No move, (2,) float32."""
        return np.zeros(2, np.float32)

    def close(self) -> None:
        """Let go of the simulator; the process may open another environment."""
        self._clear()
        benchmarks.release()

    @property
    def _running(self) -> Any:
        if self._table is None:
            raise RuntimeError("reset() comes first: there is no task yet")
        return self._table

    def _clear(self) -> None:
        if self._table is not None:
            self._table.pybullet_client.disconnect()
            self._table = None

    def _lay_out(self, kind: str, board: int) -> dict[str, Any]:
        """A board, its task and its oracle, all from the seed. Three generators matter: the
        environment's, its reward's, and numpy's global one, from which the planner draws."""
        self._clear()
        with silence():
            self._table = self._original.table(kind, board)
        self._table.draws = self._size > 0
        np.random.seed(board)
        self._table.seed(board)
        self._oracle = Oracle(self._table, self._original.planner)
        for _ in range(_BOARDS):
            original: dict[str, Any] = self._table.reset()
            if self._oracle.finds_a_way():
                return original
        raise RuntimeError(f"{_BOARDS} boards allow no task of kind {kind}")

    def _observation(self, original: dict[str, Any]) -> dict[str, Any]:
        words = original["instruction"]
        observation: dict[str, Any] = {"instruction": bytes(words[words != 0].tolist()).decode()}
        if self._size:
            observation["image"] = benchmarks.squashed(original["rgb"], self._size)
        if self._state:
            names = ("effector_translation", "effector_target_translation")
            observation["state"] = np.concatenate([original[name] for name in names])
        return observation

    def _info(self, *, done: bool) -> dict[str, Any]:
        return {"kind": self._kind, "success": done}


class _Original:
    """What is used of a checkout.

    Attributes:
        planner: the module of its oracle.
    """

    def __init__(self, checkout: str | os.PathLike[str] | None) -> None:
        names = [f"rewards.{module}" for module, _ in REWARDS.values()]
        original, blocks, self.planner, *rewards = modules(
            ("language_table", "blocks", "oracles.push_oracle_rrt_slowdown", *names), checkout
        )
        self._class = _one_picture(original.LanguageTable)
        self._blocks = blocks.LanguageTableBlockVariants.BLOCK_8
        self._rewards = {
            kind: getattr(module, name)
            for module, (kind, (_, name)) in zip(rewards, REWARDS.items(), strict=True)
        }

    def table(self, kind: str, board: int) -> Any:
        """An environment as the original evaluation makes it."""
        return self._class(
            block_mode=self._blocks,
            reward_factory=self._rewards[kind],
            seed=board,
            render_text_in_image=False,
        )


def _one_picture(original: Any) -> Any:
    """The original's class, which draws a state as often as it is asked for it, and oracle and
    success ask, too; here a state is drawn once, and only while pictures are wanted."""

    class OnePicture(original):  # type: ignore[misc]
        """One picture a step."""

        draws = True
        _picture: np.ndarray | None = None

        def _render_camera(self, image_size: Any, return_seg_mask: bool = False) -> np.ndarray:
            if not self.draws:
                return np.zeros((*image_size, 3), np.uint8)
            if self._picture is None:
                self._picture = super()._render_camera(image_size)
            return self._picture.copy()

        def _step_robot_and_sim(self, action: np.ndarray) -> None:
            self._picture = None
            super()._step_robot_and_sim(action)

        def _reset_poses_randomly(self, blocks_on_table: Any) -> None:
            super()._reset_poses_randomly(blocks_on_table)
            self._picture = None

    return OnePicture
