"""What a policy predicts of an action, bin after bin: one action or several, perhaps with the
direction told before.

Several at once are a chunk (Zhao et al. 2023, ACT): the policy is asked less often, and errors of
single steps add up less. The direction comes first as in RT-H (Belkhale et al. 2024), whose policy
says in words how the hand will move before it acts; here it is one more token of the action's own
vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.data.bins import CONSTANT, ActionBins
from lapa.data.directions import SECTORS, sectors

# steps whose sum has the direction that is told
AHEAD = 5
# the sectors, and still
DIRECTIONS = SECTORS + 1


@dataclass(frozen=True)
class Layout:
    """chunk: actions of a prediction, C. direction: whether one of DIRECTIONS comes first.

    A prediction has L = C · A tokens, one more with a direction; A: dimensions of an action.
    """

    chunk: int = 1
    direction: bool = False

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise ValueError(f"a chunk has at least 1 action, received {self.chunk}")

    def counts(self, bins: ActionBins) -> list[int]:
        """How many values each of the L tokens has; 0 of a dimension that never changes."""
        return [DIRECTIONS] * self.direction + list(bins.counts) * self.chunk

    def targets(self, actions: list[np.ndarray], bins: ActionBins) -> np.ndarray:
        """What is predicted at each step of episodes.

        actions: of each episode (T, A); the result is (all T, L) int64, negative where there is
        nothing to predict: beyond the end of an episode, and in a dimension that never changes.
        """
        parts = [self._chunks(bins.encode(each)) for each in actions]
        target = np.concatenate(parts)
        if not self.direction:
            return target
        moved = np.concatenate([_sums(each) for each in actions])
        typical = float(np.sqrt(np.square(moved[:, :2]).sum(1).mean()))
        return np.column_stack([sectors(moved, typical), target])

    def actions(self, tokens: np.ndarray, bins: ActionBins) -> np.ndarray:
        """Tokens (B, L) -> the middles of their bins, (B, C, A) float64."""
        flat = tokens[:, int(self.direction) :].reshape(-1, len(bins))
        return bins.decode(flat).reshape(len(tokens), self.chunk, len(bins))

    def mean_actions(self, shares: np.ndarray, bins: ActionBins) -> np.ndarray:
        """Shares (B, L, K) of each token's values -> the mean action, (B, C, A) float64."""
        flat = shares[:, int(self.direction) :].reshape(-1, len(bins), shares.shape[-1])
        return bins.mean(flat).reshape(len(shares), self.chunk, len(bins))

    def _chunks(self, encoded: np.ndarray) -> np.ndarray:
        """(T, A) -> (T, C · A)."""
        steps = np.arange(len(encoded))[:, None] + np.arange(self.chunk)
        beyond = np.full((self.chunk, encoded.shape[1]), CONSTANT)
        chunks: np.ndarray = np.concatenate([encoded, beyond])[steps]
        return chunks.reshape(len(encoded), -1)


def _sums(actions: np.ndarray) -> np.ndarray:
    """(T, A) -> the sums of AHEAD steps from each on, of fewer at the end."""
    total = np.vstack([np.zeros((1, actions.shape[1])), np.cumsum(actions, 0, dtype=np.float64)])
    steps = np.arange(len(actions))
    sums: np.ndarray = total[np.minimum(steps + AHEAD, len(actions))] - total[steps]
    return sums
