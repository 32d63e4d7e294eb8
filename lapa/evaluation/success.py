"""How often a policy does what it is told, on the tabletop: success rates with Wilson intervals.

Every episode is known by its kind and number alone, so that two policies meet the same hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.env import LONGEST, TabletopEnv
from lapa.sim.tabletop.oracle import Oracle
from lapa.sim.tabletop.tasks import KINDS

# images (B, H, W, 3) and B instructions -> the actions, (B, 2) metres, or (B, C, 2), the next C,
# which are all taken before the policy is asked again
Act = Callable[[np.ndarray, list[str]], np.ndarray]
# episodes that go on -> the next action of each
Choose = Callable[[Sequence["Running"]], Sequence[np.ndarray]]
# episodes that go on beside each other: a policy answers a batch in half the time
TOGETHER = 10


@dataclass(frozen=True)
class Outcome:
    """One episode. distance: of the block to its goal at the end, metres."""

    kind: str
    number: int
    instruction: str
    success: bool
    steps: int
    distance: float


@dataclass(frozen=True, eq=False)
class Film:
    """What was seen of an episode: frames (T, H, W, 3) uint8, actions (T − 1, 2) float32."""

    outcome: Outcome
    frames: np.ndarray
    actions: np.ndarray


@dataclass(frozen=True)
class Rate:
    """done of all; low, high: the 95 % Wilson score interval (Wilson 1927)."""

    done: int
    of: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """The share done, 0 to 1."""
        return self.done / self.of


def wilson(done: int, of: int, z: float = 1.959964) -> Rate:
    """The rate and its interval: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    Raises:
        ValueError: none tried, or more done than tried.
    """
    if of < 1 or not 0 <= done <= of:
        raise ValueError(f"a rate is of at least one, and at most all: received {done} of {of}")
    p, widen = done / of, 1 + z * z / of
    middle = (p + z * z / (2 * of)) / widen
    half = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / widen
    return Rate(done, of, max(0.0, middle - half), min(1.0, middle + half))


def episodes(
    act: Act | None,
    numbers: Sequence[int],
    *,
    kinds: Sequence[str] = KINDS,
    split: str = "seen",
    embodiment: str = "cylinder",
    theme: str = "sim",
    image_size: int = 128,
    longest: int = LONGEST,
    watch: Callable[[Film], None] | None = None,
    choose: Choose | None = None,
) -> Iterator[Outcome]:
    """Run these episodes of each kind.

    Args:
        act: the policy; None for the oracle, which needs no pictures.
        numbers: seeds. Training episodes have seeds of 10,000 and more. TOGETHER of them go on
            beside each other, so that `act` is asked once for all.
        watch: is handed every episode, as it was seen.
        choose: acts in place of `act`, and may remember what happened (see `delayed`).

    Raises:
        ValueError: unknown names. OSError: no renderer works.
    """
    tasks = [(kind, number) for kind in kinds for number in numbers]
    envs = [
        TabletopEnv(
            split=split, embodiment=embodiment, theme=theme,
            image_size=image_size if act or watch or choose else 0, longest=longest,
        )
        for _ in range(min(TOGETHER, len(tasks)))
    ]  # fmt: skip
    choose = choose or partial(_actions, act)
    try:
        for first in range(0, len(tasks), TOGETHER):
            some = [
                Running(env, kind, number, filmed=watch is not None)
                for env, (kind, number) in zip(envs, tasks[first : first + TOGETHER], strict=False)
            ]
            while going := [each for each in some if not each.over]:
                for each, action in zip(going, choose(going), strict=True):
                    each.step(action)
            for each in some:
                if watch:
                    watch(each.film)
                yield each.outcome
    finally:
        for env in envs:
            env.close()


class Running:
    """An episode that goes on. observation: what the environment shows."""

    def __init__(self, env: TabletopEnv, kind: str, number: int, *, filmed: bool) -> None:
        self._env, self._kind, self._number, self._filmed = env, kind, number, filmed
        self.observation, self._info = env.reset(seed=number, options={"kind": kind})
        self._oracle = Oracle(env.task)
        self._frames = [self.observation["image"]] if filmed else []
        self._actions: list[np.ndarray] = []
        # what the policy has predicted beyond the next step
        self.plan: list[np.ndarray] = []
        self.over = False

    def best(self) -> np.ndarray:
        """The oracle's action."""
        return self._oracle.action(self._env.world.places, self._env.world.pusher)

    def step(self, action: np.ndarray) -> None:
        """Go on by one tick."""
        self.observation, _, done, cut, self._info = self._env.step(action)
        self._actions.append(np.clip(action, -board.STEP, board.STEP))
        if self._filmed:
            self._frames.append(self.observation["image"])
        self.over = done or cut

    @property
    def outcome(self) -> Outcome:
        """As it stands."""
        info = self._info
        return Outcome(
            self._kind, self._number, self.observation["instruction"], info["success"],
            len(self._actions), info["distance"],
        )  # fmt: skip

    @property
    def film(self) -> Film:
        """What was seen so far, of one that is filmed."""
        return Film(self.outcome, np.stack(self._frames), np.array(self._actions, np.float32))


def _actions(act: Act | None, going: Sequence[Running]) -> Sequence[np.ndarray]:
    if act is None:
        return [each.best() for each in going]
    if asking := [each for each in going if not each.plan]:
        images = np.stack([each.observation["image"] for each in asking])
        answers = np.asarray(act(images, [each.observation["instruction"] for each in asking]))
        for each, answer in zip(asking, answers, strict=True):
            each.plan = list(np.atleast_2d(answer))
    return [each.plan.pop(0) for each in going]


def rates(outcomes: Sequence[Outcome]) -> dict[str, Rate]:
    """The rate of each kind, and of `all`."""
    kinds = dict.fromkeys(each.kind for each in outcomes)
    groups = {kind: [each for each in outcomes if each.kind == kind] for kind in kinds}
    groups["all"] = list(outcomes)
    return {
        kind: wilson(sum(each.success for each in group), len(group))
        for kind, group in groups.items()
    }
