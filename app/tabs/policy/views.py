"""The tab Policy: where a run begins, what is imagined, and what happens in the simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rate:
    """Successes of all tried; low, high: the 95 % Wilson interval."""

    done: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Tabletop:
    """What can be chosen. rates: policy -> kind (or `all`) -> its rate, as measured before.
    hierarchy: the policy whose large model speaks `speaks` times a second, empty where there is
    none. longest: steps of an episode. problem: why nothing can be run, empty if it can."""

    kinds: tuple[str, ...] = ()
    embodiments: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    recordings: tuple[Recorded, ...] = ()
    rates: dict[str, dict[str, Rate]] | None = None
    gap_frames: int = 1
    steps: int = 16
    fps: float = 10.0
    hierarchy: str = ""
    speaks: tuple[float, ...] = ()
    longest: int = 100
    problem: str = ""


@dataclass(frozen=True)
class Recorded:
    """A recorded episode of a policy. frames: how many."""

    id: str
    instruction: str
    kind: str
    policy: str
    success: bool
    frames: int


@dataclass(frozen=True, eq=False)
class PolicyStart:
    """Where a run begins. usual: the instruction of the seed. judged: whether its success can be
    told; note says why not, or that the episode is recorded. chips: other instructions about the
    blocks of this board."""

    frame: np.ndarray
    instruction: str
    usual: str
    kind: str
    judged: bool
    recorded: bool = False
    note: str = ""
    chips: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ImaginedStep:
    """One latent action of the policy and what the decoder makes of it.

    probabilities: (positions, values) float32, of each code given those before it. trust: how far
    the picture can be trusted, in a sentence; trusted: whether it can.
    """

    step: int
    image: np.ndarray
    codes: tuple[int, ...]
    probabilities: np.ndarray
    trust: str
    trusted: bool


@dataclass(frozen=True)
class Clock:
    """Of a hierarchy, at a step. word: the latent action in force, empty until the first one comes.
    age: seconds since the frame that it was said of. came: whether it came at this step. speaks:
    words of the large model a second."""

    word: tuple[int, ...]
    age: float
    came: bool
    speaks: float


@dataclass(frozen=True, eq=False)
class ActedStep:
    """A tenth of a second in the simulator. action: metres. distance: of the block to its goal in
    metres, None where that is not known. success: None where it cannot be told. clock: None where
    no large model speaks."""

    step: int
    image: np.ndarray
    action: tuple[float, ...]
    distance: float | None
    success: bool | None
    over: bool
    clock: Clock | None = None


@dataclass(frozen=True, eq=False)
class RaceStep:
    """A tenth of a second of one of those who race."""

    policy: str
    acted: ActedStep
