"""What can be recorded: sources, the episodes planned of them, and what a recorder promises.

An episode is known by its embodiment, task and seed alone. Its picture and its motion follow from
these three, whoever records it, after whatever, and in however many processes.
"""

from __future__ import annotations

import importlib
import importlib.util
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.tabletop.tasks import KINDS

FIRST_SEED = 100_000
# the clips whose tenth is the measure were recorded with seeds below this
LOWEST_SEED = 10_000
# episodes of one scene that follow each other, so that few pictures of models are built
BLOCK = 6
# boards or starts that are tried until one is a success
_ATTEMPTS = 5


@dataclass(frozen=True)
class Job:
    """One episode to be recorded.

    Attributes:
        embodiment, task: what is filmed; a task that starts with `play-` is free play.
        seed: decides all else.
    """

    embodiment: str
    task: str
    seed: int

    @property
    def id(self) -> str:
        """The name of the episode's files."""
        return f"{self.embodiment}-{self.task}-{self.seed:05d}"

    @property
    def play(self) -> bool:
        """Whether the robot moves freely instead of solving the task."""
        return self.task.startswith("play-")

    @property
    def scene(self) -> str:
        """The task whose scene is set up."""
        return self.task.removeprefix("play-")

    def rng(self) -> np.random.Generator:
        """The episode's own randomness."""
        return np.random.default_rng([self.seed, zlib.crc32(self.id.encode())])

    @property
    def split(self) -> str:
        """Of recorders that hold out a tenth: "holdout" or "train", by the whole name, so that
        every kind of task is among those held out."""
        return "holdout" if zlib.crc32(self.id.encode()) % 10 == 0 else "train"


@dataclass(frozen=True, eq=False)
class Recording:
    """What a recorder hands over.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        actions: (T - 1, A) float32; row t leads from frame t to t + 1.
        action_names: A names.
        fps: frames a second.
        instruction: what is done, as one would tell it.
        success: what the simulator says at the end.
        split: "holdout" for what is only measured on.
    """

    frames: np.ndarray
    actions: np.ndarray
    action_names: tuple[str, ...]
    fps: float
    instruction: str
    success: bool
    split: str = "train"


class Recorder(Protocol):
    """A simulator in one process; made as `Recorder(size)` with the frames' side in pixels."""

    def record(self, job: Job) -> Recording:
        """Record one episode."""

    def close(self) -> None:
        """Give back the renderer."""


def first_success(
    job: Job, attempt: Callable[[np.random.Generator], Recording], *, fewest: int = 1
) -> Recording:
    """The first success of a few attempts, each from what the episode's randomness gives next.

    fewest: actions; fewer are no episode.

    Raises:
        ValueError: all failed.
    """
    rng = job.rng()
    for _ in range(_ATTEMPTS):
        recording = attempt(rng)
        if recording.success and len(recording.actions) >= fewest:
            return recording
    raise ValueError(f"the oracle failed {_ATTEMPTS} times")


@dataclass(frozen=True)
class Source:
    """A simulator whose robots can be recorded.

    Attributes:
        name: the index is <name>.jsonl.
        recorder: `module:Class` of its Recorder, read in the recording processes only.
        scenes: (embodiment, tasks) in the order in which they take turns.
        needs: modules that must be installed.
        install: how they are.
        ready: `module:function` that raises in one sentence where anything else is missing.
    """

    name: str
    recorder: str
    scenes: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[str, ...] = field(default=())
    install: str = "pip install -r requirements-sim.txt, in an environment of its own."
    ready: str = ""

    @property
    def embodiments(self) -> tuple[str, ...]:
        """Every embodiment, each once."""
        return tuple(name for name, _ in self.scenes)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Every task of any embodiment, each once."""
        return tuple(dict.fromkeys(task for _, tasks in self.scenes for task in tasks))

    def check(self) -> None:
        """Raise ModuleNotFoundError with what to do if a simulator is missing."""
        missing = [name for name in self.needs if importlib.util.find_spec(name) is None]
        if missing:
            raise ModuleNotFoundError(
                f"recording {self.name} needs {' and '.join(missing)}, which is not installed: "
                + self.install
            )
        if self.ready:
            _named(self.ready)()

    def open(self, size: int) -> Recorder:
        """A new recorder of frames of size x size pixels."""
        recorder: Recorder = _named(self.recorder)(size)
        return recorder


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def plan(
    source: Source,
    episodes: int,
    seed: int = FIRST_SEED,
    *,
    embodiments: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> list[Job]:
    """The first `episodes` episodes of an endless programme.

    Embodiments take turns in blocks, and with each of their turns their next task is up. Asking
    for more episodes later continues the same programme.

    Args:
        episodes: how many.
        seed: of the first; each next episode has the next.
        embodiments, tasks: only these; all if empty.

    Raises:
        ValueError: unknown names, nothing left to record, or a seed of the held-out clips.
    """
    _check_names("embodiment", embodiments, source.embodiments)
    _check_names("task", tasks, source.tasks)
    if episodes < 1:
        raise ValueError(f"the number of episodes starts at 1, received {episodes}")
    if seed < LOWEST_SEED:
        raise ValueError(
            f"seeds start at {LOWEST_SEED}, as those below may show held-out clips; got {seed}"
        )
    chosen = [
        (name, [task for task in own if not tasks or task in tasks])
        for name, own in source.scenes
        if not embodiments or name in embodiments
    ]
    chosen = [(name, own) for name, own in chosen if own]
    if not chosen:
        raise ValueError(f"{' and '.join(embodiments)} cannot do {' or '.join(tasks)}")
    return [_job(chosen, position, seed) for position in range(episodes)]


def _check_names(what: str, names: Sequence[str], accepted: Sequence[str]) -> None:
    for name in names:
        if name not in accepted:
            raise ValueError(f"no {what} {name!r}; there are {', '.join(accepted)}")


def _job(scenes: list[tuple[str, list[str]]], position: int, seed: int) -> Job:
    """The whole programme follows from the position, so that it can be continued anywhere.

    A scene keeps its embodiment and its model for a block; its tasks that share the model (play
    and the expert) alternate within.
    """
    block, within = divmod(position, BLOCK)
    turn, place = divmod(block, len(scenes))
    embodiment, tasks = scenes[place]
    models = list(dict.fromkeys(task.removeprefix("play-") for task in tasks))
    model = models[turn % len(models)]
    same = [task for task in tasks if task.removeprefix("play-") == model]
    return Job(embodiment, same[within % len(same)], seed + position)


_ARM_TASKS = ("play-lift", "lift", "play-lift", "play-stack", "stack", "play-stack")
_SAWYER_TASKS = (
    *("button-press-topdown", "coffee-button", "door-open", "drawer-close", "drawer-open"),
    *("faucet-open", "hammer", "handle-press", "pick-place", "plate-slide", "push", "reach"),
    *("soccer", "sweep-into", "window-close", "window-open"),
)
_FETCH_TASKS = ("play-push", "push", "play-pick", "pick")

_TABLETOP_BODIES = ("cylinder", "gripper", "elbow-arm", "flat-arm", "hand")

SOURCES = {
    source.name: source
    for source in (
        Source(
            "robosuite",
            "lapa.sim.recorders.arms:Arms",
            tuple(
                (arm, _ARM_TASKS) for arm in ("panda", "sawyer", "iiwa", "jaco", "xarm7", "kinova3")
            ),
            ("mujoco", "robosuite"),
        ),
        Source(
            "metaworld",
            "lapa.sim.recorders.sawyer:Sawyer",
            (
                (
                    "metaworld-sawyer",
                    tuple(name for task in _SAWYER_TASKS for name in (task, f"play-{task}")),
                ),
            ),
            ("mujoco", "metaworld"),
        ),
        Source(
            "gymnasium-robotics",
            "lapa.sim.recorders.fetch_and_hand:FetchAndHand",
            (("fetch", _FETCH_TASKS), ("adroit-hand", ("play-relocate", "play-door"))),
            ("mujoco", "gymnasium", "gymnasium_robotics"),
        ),
        Source(
            "car-racing",
            "lapa.sim.recorders.car:CarRace",
            (("car", ("follow", "play-follow")),),
            ("gymnasium", "Box2D", "pygame"),
        ),
        *(
            Source(
                name,
                f"lapa.sim.tabletop.recorder:{recorder}",
                tuple((body, KINDS) for body in _TABLETOP_BODIES),
                ("mujoco", "gymnasium"),
                "pip install '.[sim]'.",
            )
            for name, recorder in (("tabletop", "Tabletop"), ("tabletop-real", "RealTabletop"))
        ),
        *(
            Source(
                name,
                recorder,
                ((embodiment, BENCHMARKS[name].kinds),),
                ready=BENCHMARKS[name].install,
            )
            for name, embodiment, recorder in (
                (
                    "language-table",
                    "language-table-xarm",
                    "lapa.sim.language_table.recorder:LanguageTable",
                ),
                ("simpler", "simpler-widowx", "lapa.sim.simpler.recorder:Simpler"),
            )
        ),
    )
}
