"""The originals that the field compares in: what they are called, and what their worlds promise.

Their software is the user's own and is imported inside functions only. A world may be open once a
process: Language Table draws from numpy's one global generator, and SIMPLER keeps the picture it
composes on a class. `lapa.evaluation.benchmarks` gives every worker a process of its own.
"""

from __future__ import annotations

import importlib
import string
from dataclasses import dataclass, field
from typing import Any, Protocol

import gymnasium
import numpy as np

_TEXT = string.ascii_letters + string.digits + string.punctuation + " "
# episodes of a kind that evaluation may have, and so numbers that its starts may have
MOST = 1000
# boards of seeds below this are for evaluation only
LOWEST_SEED = 10_000
# who acts without a checkpoint
ORACLE, RANDOM, STILL = "oracle", "random", "still"
# what results.json calls those who act
METHODS = ("lapa", "scratch", "actionvla", ORACLE, RANDOM, STILL)


class Expert(Protocol):
    """Who knows where everything is."""

    def action(self) -> np.ndarray:
        """What it would do now, float32 (A,)."""


class World(Protocol):
    """A gymnasium environment of a benchmark, and what evaluation needs beside that."""

    action_space: Any

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """options: `kind`, and `number` for a start of the protocol instead of a drawn one."""

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """The info holds `kind`, `success`, and the benchmark's `rates` as they stand."""

    def render(self) -> np.ndarray:
        """The benchmark's own picture, (H, W, 3) uint8."""

    def expert(self) -> Expert:
        """For the episode that goes on."""

    def random_action(self, rng: np.random.Generator) -> np.ndarray:
        """Any action of a sensible size, float32 (A,)."""

    def still_action(self) -> np.ndarray:
        """The action that moves nothing, float32 (A,)."""

    def close(self) -> None:
        """Let the process open another one."""


@dataclass(frozen=True)
class Benchmark:
    """An original.

    Attributes:
        name: as `--in` takes it.
        title: what its results may be called, word for word.
        world: `module:Class` of its World, made with `image_size=`; 0 draws no pictures.
        install: `module:function` that raises in one sentence where something is missing.
        kinds: of task, in the paper's words (arXiv 2410.11758).
        episodes: of each kind in the protocol; most: that there can be.
        action_names: of its actions.
        fps: steps a second.
        rates: beside success, what its info counts.
        named: `module:function` that gives the title where it hangs on what is installed.
    """

    name: str
    title: str
    world: str
    install: str
    kinds: tuple[str, ...]
    episodes: int
    most: int
    action_names: tuple[str, ...]
    fps: int
    rates: tuple[str, ...] = field(default=())
    named: str = ""

    def check(self) -> None:
        """Raise one sentence, ModuleNotFoundError, OSError or ValueError, where it cannot run."""
        _named(self.install)()

    def called(self) -> str:
        """What results may be called that were made here."""
        return str(_named(self.named)()) if self.named else self.title

    def open(self, image_size: int) -> World:
        """A world of its own for this process.

        Raises:
            RuntimeError: the process has one already.
        """
        world: World = _named(self.world)(image_size=image_size)
        return world


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


BENCHMARKS = {
    each.name: each
    for each in (
        Benchmark(
            "language-table",
            "Language Table simulation, original environment, official reward classes",
            "lapa.sim.language_table.env:LanguageTableEnv",
            "lapa.sim.language_table.install:check",
            ("block2block", "block2absolute", "block2relative", "block2blockrelative", "separate"),
            50,
            MOST,
            ("x", "y"),
            10,
        ),
        Benchmark(
            "simpler",
            "SIMPLER WidowX scenes in ManiSkill 3, table and eggplant's look replaced",
            "lapa.sim.simpler.env:SimplerEnv",
            "lapa.sim.simpler.install:check",
            ("carrot", "spoon", "stack", "eggplant"),
            24,
            24,
            ("x", "y", "z", "rx", "ry", "rz", "gripper"),
            5,
            ("grasped", "moved"),
            "lapa.sim.simpler.install:title",
        ),
    )
}

_opened: list[str] = []


def claim(what: str) -> None:
    """Take the one place for a world that a process has.

    Raises:
        RuntimeError: it is taken.
    """
    if _opened:
        raise RuntimeError(
            f"this process has a {_opened[0]} environment already, and two share state that no "
            f"seed covers: close that one, or open this {what} in a process of its own"
        )
    _opened.append(what)


def release() -> None:
    """Give the place back."""
    _opened.clear()


def squashed(picture: np.ndarray, size: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 as (size, size, 3), antialiased; nothing is cropped."""
    from PIL import Image

    small = Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(small)


def check_size(image_size: int) -> None:
    """Raises ValueError unless pictures may have this side."""
    if image_size % 2 or not (image_size == 0 or 16 <= image_size <= 1024):
        raise ValueError(f"image_size is 0 or even, from 16 to 1024; received {image_size}")


def observed(image_size: int, state: int) -> gymnasium.spaces.Dict:
    """What is seen of a world: `instruction`; `image` uint8 (size, size, 3) unless the size is 0;
    `state` float32 (state,) unless that is 0."""
    spaces: dict[str, gymnasium.Space[Any]] = {
        "instruction": gymnasium.spaces.Text(512, min_length=1, charset=_TEXT)
    }
    if image_size:
        spaces["image"] = gymnasium.spaces.Box(0, 255, (image_size, image_size, 3), np.uint8)
    if state:
        spaces["state"] = gymnasium.spaces.Box(-np.inf, np.inf, (state,), np.float32)
    return gymnasium.spaces.Dict(spaces)


def asked(
    options: dict[str, Any] | None, kind: str | None, kinds: tuple[str, ...], most: int
) -> tuple[str | None, int | None]:
    """The kind and the number that a reset asks for, each None where it is to be drawn.

    Raises:
        ValueError: there is no such kind or number.
    """
    words = options or {}
    kind, number = words.get("kind") or kind, words.get("number")
    if kind is not None and kind not in kinds:
        raise ValueError(f"no kind of task {kind!r}; there are {', '.join(kinds)}")
    if number is not None and not (isinstance(number, int) and 0 <= number < most):
        raise ValueError(f"starts are numbered 0 to {most - 1}, received {number!r}")
    return kind, number


def finite(action: np.ndarray, space: Any) -> np.ndarray:
    """An action as float32, within the space.

    Raises:
        ValueError: other than as many finite numbers as the space has.
    """
    action = np.asarray(action, np.float32)
    if action.shape != space.shape or not np.isfinite(action).all():
        raise ValueError(f"an action is {space.shape[0]} finite numbers, received {action}")
    clipped: np.ndarray = np.clip(action, space.low, space.high)
    return clipped
