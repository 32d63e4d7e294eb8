"""Rollouts through episodes, a step at a time: for a decoder that learns to go on from its own
frames.

Slot i plays one episode after the other. At every call each slot is one step further, so what a
model imagined at one call is where it goes on at the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.data.pairs import FramePairs


@dataclass(frozen=True, eq=False)
class RolloutBatch:
    """One step of B rollouts.

    Attributes:
        first, frame, future: x_0, x_nh and x_(n+1)h, (B, h, w, 3) uint8 RGB.
        begins: (B,) bool, whether n = 0: `frame` is `first`, and nothing was imagined yet.
    """

    first: np.ndarray
    frame: np.ndarray
    future: np.ndarray
    begins: np.ndarray


class Rollouts:
    """`slots` rollouts of at most `steps` steps over the episodes of `pairs`.

    A step is the gap, or shorter where the episode is too short for `steps` gaps, as in the
    measure of drift. Half of the rollouts run backwards. The slots are staggered over the steps.
    seed: with that of `pairs` it decides which episodes come.
    """

    def __init__(self, pairs: FramePairs, *, slots: int, steps: int, seed: int = 0) -> None:
        """Raises ValueError for fewer than one slot or step."""
        if slots < 1 or steps < 1:
            raise ValueError(f"slots and steps are at least 1, got {slots} and {steps}.")
        self.pairs, self.slots, self.steps, self.seed = pairs, slots, steps, seed

    def batch(self, step: int, rows: slice = slice(None)) -> RolloutBatch:
        """The step-th step of every slot, or of `rows` of them; a pure function of it."""
        places = [self._place(slot, step) for slot in range(self.slots)[rows]]
        at = np.array([[first, first + n * h, first + (n + 1) * h] for first, h, n in places])
        first, frame, future = (np.asarray(self.pairs.cache.frames[column]) for column in at.T)
        return RolloutBatch(first, frame, future, np.array([n == 0 for _, _, n in places]))

    def _place(self, slot: int, step: int) -> tuple[int, int, int]:
        """(first frame in the cache, signed frames a step, number of the step n)."""
        clock = step + slot * self.steps // self.slots
        turn, n = divmod(clock, self.steps)
        episode, gap = self.pairs.episode((self.seed, turn, slot))
        rng = np.random.default_rng((self.pairs.seed, 1, self.seed, turn, slot))
        h = min(gap, max(1, (episode.length - 1) // self.steps))
        room = episode.length - 1 - h * self.steps
        if room < 0:  # fewer frames than steps: the rollout begins anew within its turn
            n, room = n % (episode.length - 1), 0
        first = episode.start + int(rng.integers(room + 1))
        if rng.random() < 0.5:
            return 2 * episode.start + episode.length - 1 - first, -h, n
        return first, h, n
