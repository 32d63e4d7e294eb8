"""How often a policy does what it is told, on the tabletop: success rates with Wilson intervals.

Every episode is known by its kind and number alone, so that two policies meet the same hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from lapa.sim.tabletop import board
from lapa.sim.tabletop.env import LONGEST, TabletopEnv
from lapa.sim.tabletop.oracle import Oracle
from lapa.sim.tabletop.tasks import KINDS

# (image, instruction) -> the action, (2,) metres
Act = Callable[[np.ndarray, str], np.ndarray]


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
) -> Iterator[Outcome]:
    """Run these episodes of each kind.

    Args:
        act: the policy; None for the oracle, which needs no pictures.
        numbers: seeds. Training episodes have seeds of 10,000 and more.
        watch: is handed every episode, as it was seen.

    Raises:
        ValueError: unknown names. OSError: no renderer works.
    """
    env = TabletopEnv(
        split=split, embodiment=embodiment, theme=theme,
        image_size=image_size if act or watch else 0, longest=longest,
    )  # fmt: skip
    try:
        for kind in kinds:
            for number in numbers:
                yield _episode(env, act, kind, number, watch)
    finally:
        env.close()


def _episode(
    env: TabletopEnv,
    act: Act | None,
    kind: str,
    number: int,
    watch: Callable[[Film], None] | None,
) -> Outcome:
    seen, told = env.reset(seed=number, options={"kind": kind})
    oracle = None if act else Oracle(env.task)
    frames, actions, over = [seen.get("image")], [], False
    while not over:
        if oracle is not None:
            action = oracle.action(env.world.places, env.world.pusher)
        else:
            action = act(seen["image"], seen["instruction"])
        seen, _, done, cut, told = env.step(action)
        actions.append(np.clip(action, -board.STEP, board.STEP))
        if watch:
            frames.append(seen["image"])
        over = done or cut
    found = Outcome(
        kind, number, seen["instruction"], told["success"], len(actions), told["distance"]
    )
    if watch:
        watch(Film(found, np.stack(frames), np.array(actions, np.float32)))
    return found


def rates(outcomes: Sequence[Outcome]) -> dict[str, Rate]:
    """The rate of each kind, and of `all`."""
    kinds = dict.fromkeys(each.kind for each in outcomes)
    groups = {kind: [each for each in outcomes if each.kind == kind] for kind in kinds}
    groups["all"] = list(outcomes)
    return {
        kind: wilson(sum(each.success for each in group), len(group))
        for kind, group in groups.items()
    }
