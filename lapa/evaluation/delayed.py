"""A policy under a delay: what it makes of a frame is there some ticks of the robot later.

A large model answers slowly. Here it looks at the frame of tick t, and its answer, a *word*, comes
at tick t + d; then it looks again. Between two words the robot goes on, and how is what contenders
differ in (see REACTIONS and `between`). They compute alike: one answer of the large model every d
ticks, whatever is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from lapa.models.fast_head import FastHead, check_words
from lapa.models.policy import LatentPolicy

# images (B, H, W, 3) and B instructions -> B words, (B, …): actions, chunks of them, or codes
Think = Callable[[np.ndarray, list[str]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Situation:
    """What B robots know at a tick, each with a word in force.

    images: (B, H, W, 3) uint8, as it is now. words: (B, …). ages: (B,) ticks since the frame that
    the word was said of. moved: (B, A), the sum of the actions since. delay: d, in ticks.
    """

    images: np.ndarray
    words: np.ndarray
    ages: np.ndarray
    moved: np.ndarray
    delay: int


@dataclass(frozen=True, eq=False)
class Clock:
    """What a large model has said to a robot, at its latest tick. word: in force then, None until
    the first one came. age: ticks since the frame that it was said of. came: whether it came at
    this very tick."""

    word: np.ndarray | None
    age: int
    came: bool


# the next actions, (B, A)
React = Callable[[Situation], np.ndarray]


class Running(Protocol):
    """An episode that goes on."""

    @property
    def observation(self) -> Mapping[str, Any]:
        """`image` and `instruction`, as they are now."""


@dataclass(eq=False)
class _Mind:
    """Of one episode: ticks that passed, the word in force and the one that is being thought, each
    with the tick of its frame, and the actions of all ticks."""

    tick: int = 0
    word: np.ndarray | None = None
    said: int = 0
    next_word: np.ndarray | None = None
    asked: int = 0
    actions: list[np.ndarray] = field(default_factory=list)


class Delayed:
    """Chooses the actions of episodes that go on beside each other.

    At tick t of an episode, with the delay d: at 0, d, 2d, … the word that was asked for d ticks
    ago comes in force, and the next one is asked for, of the frame of now. Until the first word
    comes, at tick d, the robot stands still. A delay of 0 is no delay: a word of each frame, at
    once.

    Args:
        think: the large model. react: what is done with the word in force.
        delay: d in ticks, at least 0. dimensions: A of an action.
        bound: actions are clipped to ± this, as the robot does, so that what moved is what it did.

    Raises:
        ValueError: a delay below 0.
    """

    def __init__(
        self,
        think: Think,
        react: React,
        delay: int,
        *,
        dimensions: int = 2,
        bound: float = np.inf,
    ) -> None:
        if delay < 0:
            raise ValueError(f"a delay is 0 ticks or more, received {delay}")
        self._think, self._react, self._delay = think, react, delay
        self._still, self._bound = np.zeros(dimensions), bound
        self._minds: WeakKeyDictionary[Running, _Mind] = WeakKeyDictionary()

    def __call__(self, going: Sequence[Running]) -> list[np.ndarray]:
        """The next action of each, (A,) float64."""
        minds = [self._minds.setdefault(each, _Mind()) for each in going]
        self._hear(going, minds)
        knowing = [at for at, mind in enumerate(minds) if mind.word is not None]
        actions = [self._still] * len(going)
        if knowing:
            reacted = self._react(self._situation(going, minds, knowing))
            for at, action in zip(knowing, reacted, strict=True):
                actions[at] = np.clip(np.asarray(action, float), -self._bound, self._bound)
        for mind, action in zip(minds, actions, strict=True):
            mind.actions.append(action)
            mind.tick += 1
        return actions

    def clock(self, running: Running) -> Clock:
        """Of an episode that has had an action."""
        mind = self._minds[running]
        tick = mind.tick - 1
        came = mind.word is not None and self._is_due(tick)
        return Clock(mind.word, tick - mind.said, came)

    def _is_due(self, tick: int) -> bool:
        """Whether a word is asked for at this tick, and the one before it comes."""
        return tick % max(self._delay, 1) == 0

    def _hear(self, going: Sequence[Running], minds: Sequence[_Mind]) -> None:
        """The words that come now, and the questions that are asked."""
        due = [at for at, mind in enumerate(minds) if self._is_due(mind.tick)]
        if not due:
            return
        images = np.stack([going[at].observation["image"] for at in due])
        words = self._think(images, [going[at].observation["instruction"] for at in due])
        for at, word in zip(due, np.asarray(words), strict=True):
            mind = minds[at]
            if self._delay:
                mind.word, mind.said = mind.next_word, mind.asked
                mind.next_word, mind.asked = word, mind.tick
            else:
                mind.word, mind.said = word, mind.tick

    def _situation(
        self, going: Sequence[Running], minds: Sequence[_Mind], knowing: Sequence[int]
    ) -> Situation:
        known = [minds[at] for at in knowing]
        return Situation(
            images=np.stack([going[at].observation["image"] for at in knowing]),
            words=np.stack([mind.word for mind in known if mind.word is not None]),
            ages=np.array([mind.tick - mind.said for mind in known]),
            moved=np.stack([sum(mind.actions[mind.said :], self._still) for mind in known]),
            delay=self._delay,
        )


def once(now: Situation) -> np.ndarray:
    """An action is done at the tick when it comes; until the next one the robot stands still."""
    fresh = now.ages == now.delay
    actions: np.ndarray = np.where(fresh[:, None], now.words, 0.0)
    return actions


def held(now: Situation) -> np.ndarray:
    """An action is done at every tick until the next one comes."""
    return now.words


def chunk(now: Situation) -> np.ndarray:
    """Words are the next C actions from their frame on, (B, C, A): at each tick the one that was
    meant for it is done, so that those the delay has passed are left out; beyond the last one the
    robot stands still."""
    count = now.words.shape[1]
    meant = now.words[np.arange(len(now.ages)), np.minimum(now.ages, count - 1)]
    actions: np.ndarray = np.where((now.ages < count)[:, None], meant, 0.0)
    return actions


# what is done between the actions of a policy that acts by itself
REACTIONS: dict[str, React] = {"once": once, "held": held, "chunk": chunk}


def between(head: FastHead) -> React:
    """A fast head acts at every tick, on the frame of now, with the word in force."""

    def react(now: Situation) -> np.ndarray:
        return head.act(now.images, now.words, now.moved, now.ages / head.config.rate)

    return react


def hierarchy(
    policy: LatentPolicy, head: FastHead, *, rate: float, dimensions: int = 2
) -> tuple[Think, React]:
    """A latent policy's words, and the head that acts between them on a robot that takes actions of
    `dimensions` numbers, `rate` times a second.

    Raises:
        ValueError: the policy says other words than the head has learned, or the robot is another.
    """
    check_words(head, policy)
    if (head.config.rate, head.config.dimensions) != (rate, dimensions):
        raise ValueError(
            f"the robot takes {dimensions} numbers {rate:g} times a second, the fast head gives "
            f"{head.config.dimensions} at {head.config.rate:g}"
        )
    return policy.predict, between(head)
