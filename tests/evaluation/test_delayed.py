"""Under a delay every word comes when it should, and every contender does with it what it says."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.delayed import REACTIONS, Delayed, Situation

TICKS = 9


class Clock:
    """An episode whose frame of tick t is of the grey level t."""

    def __init__(self, start: int = 0) -> None:
        self.tick, self.start = 0, start

    @property
    def observation(self) -> dict:
        grey = self.start + self.tick
        return {"image": np.full((2, 2, 3), grey, np.uint8), "instruction": "go"}


def test_a_clock_tells_the_word_in_force_and_when_it_came() -> None:
    policy, episode = Delayed(seen, REACTIONS["held"], 2, dimensions=1), Clock()
    clocks = []
    for _ in range(6):
        policy([episode])
        clocks.append(policy.clock(episode))
        episode.tick += 1
    words = [None if each.word is None else int(each.word[0]) for each in clocks]
    # the word of frame 0 comes two ticks later
    assert words == [None, None, 1, 1, 3, 3]
    assert [each.age for each in clocks[2:]] == [2, 3, 2, 3]
    assert [each.came for each in clocks] == [False, False, True, False, True, False]


def seen(images: np.ndarray, instructions: list[str]) -> np.ndarray:
    """A policy whose action is the tick of its frame, and one more: (B, 1)."""
    assert instructions == ["go"] * len(images)
    return images[:, 0, 0, :1].astype(float) + 1


def planned(images: np.ndarray, instructions: list[str]) -> np.ndarray:
    """The same, with the next two ticks' actions behind it: (B, 3, 1)."""
    return seen(images, instructions)[..., None] + np.arange(3)[:, None]


def run(policy: Delayed, *clocks: Clock) -> list[list[float]]:
    ways: list[list[float]] = [[] for _ in clocks]
    for _ in range(TICKS):
        for way, action in zip(ways, policy(clocks), strict=True):
            way.append(float(action[0]))
        for clock in clocks:
            clock.tick += 1
    return ways


@pytest.mark.parametrize(
    ("name", "delay", "actions"),
    [
        ("once", 0, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("once", 1, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("once", 3, [0, 0, 0, 1, 0, 0, 4, 0, 0]),
        ("held", 3, [0, 0, 0, 1, 1, 1, 4, 4, 4]),
        # the chunk of tick 0 is for ticks 0 to 2, that of tick 2 for 2 to 4: each comes in time for
        # its last action alone
        ("chunk", 2, [0, 0, 3, 0, 5, 0, 7, 0, 9]),
        ("chunk", 1, [0, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_a_late_action(name: str, delay: int, actions: list[int]) -> None:
    asked = []

    def think(images: np.ndarray, instructions: list[str]) -> np.ndarray:
        asked.append(int(images[0, 0, 0, 0]))
        return (planned if name == "chunk" else seen)(images, instructions)

    assert run(Delayed(think, REACTIONS[name], delay, dimensions=1), Clock()) == [actions]
    assert asked == list(range(0, TICKS, max(delay, 1)))


def test_ages_and_what_moved_since() -> None:
    """Two episodes, each with its own; actions are clipped as the robot does."""
    told: list[Situation] = []

    def react(now: Situation) -> np.ndarray:
        told.append(now)
        return np.ones((len(now.ages), 1))

    policy = Delayed(seen, react, 2, dimensions=1, bound=0.5)
    assert run(policy, Clock(), Clock(start=20)) == [[0, 0] + [0.5] * 7] * 2
    assert [now.ages.tolist() for now in told[:4]] == [[2, 2], [3, 3], [2, 2], [3, 3]]
    assert [now.words[:, 0].tolist() for now in told[1:3]] == [[1, 21], [3, 23]]
    # the word of frame 0 comes after two ticks of standing still, that of frame 2 after two moves
    assert [now.moved[0].tolist() for now in told[:4]] == [[0], [0.5], [1], [1.5]]
    with pytest.raises(ValueError, match="0 ticks or more, received -1"):
        Delayed(seen, react, -1)
