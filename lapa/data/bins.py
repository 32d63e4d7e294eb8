"""Action bins: a robot's actions as whole numbers that a policy can predict, and back.

Quantile bins (LAPA, section 3.3): every bin of a dimension holds about as many of the finetuning
set's actions, so that none is wasted on values that never occur.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lapa.files import replacing

# bins a dimension, as in LAPA (section 3.3)
COUNT = 256
# a gripper is open or closed
GRIPPER = (-0.5, 0.5, 1.5)
# the bin of a dimension that never changes
CONSTANT = -1


@dataclass(frozen=True, eq=False)
class ActionBins:
    """edges: one rising array a dimension; n edges make n − 1 bins, the last one closed above.

    A dimension that never changes has a single edge, its value, and the bin −1.
    """

    edges: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        for place, own in enumerate(self.edges):
            if own.ndim != 1 or not len(own) or not (np.diff(own) > 0).all():
                raise ValueError(f"edges of dimension {place} must rise, got {own!r:.80}")
            if not np.isfinite(own).all():
                raise ValueError(f"edges of dimension {place} must be finite, got {own!r:.80}")

    @classmethod
    def fit(
        cls, actions: np.ndarray, count: int = COUNT, *, gripper: int | None = None
    ) -> ActionBins:
        """Bins with about equally many of these actions, (N, A) finite floats.

        Args:
            count: bins a dimension; equal quantiles make one edge, so ties give fewer.
            gripper: the dimension that is 0 or 1, with one bin for each; None for none.

        Raises:
            ValueError: no actions, unknown values among them, or count below 1.
        """
        actions = np.asarray(actions, np.float64)
        if actions.ndim != 2 or not actions.size or not np.isfinite(actions).all():
            raise ValueError(f"actions must be finite and (N, A), received {actions.shape}")
        if count < 1:
            raise ValueError(f"count is {count}; at least 1 bin is needed")
        shares = np.linspace(0, 1, count + 1)
        edges = [np.unique(np.quantile(column, shares)) for column in actions.T]
        if gripper is not None:
            edges[gripper] = np.array(GRIPPER)
        return cls(tuple(edges))

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def counts(self) -> tuple[int, ...]:
        """Bins of each dimension; 0 of one that never changes."""
        return tuple(len(own) - 1 for own in self.edges)

    def encode(self, actions: np.ndarray) -> np.ndarray:
        """The bin of each action, (A) or (N, A) -> int64 of that shape; what lies outside counts
        to the nearest bin.

        Raises:
            ValueError: another number of dimensions, or NaN.
        """
        actions = self._checked(actions)
        if np.isnan(actions).any():
            raise ValueError("an action is NaN; bins are for known actions")
        bins = [bin_of(actions[..., place], own) for place, own in enumerate(self.edges)]
        # a dimension that never changed has no other bin, whatever comes later
        still = [len(own) == 1 for own in self.edges]
        return np.where(still, CONSTANT, np.stack(bins, -1))

    def decode(self, bins: np.ndarray) -> np.ndarray:
        """The middles of bins, (A) or (N, A) whole numbers -> float64 of that shape.

        Raises:
            ValueError: another number of dimensions, or a bin that is not there.
        """
        bins = self._checked(bins).astype(np.int64)
        actions = []
        for place, own in enumerate(self.edges):
            column, low = bins[..., place], CONSTANT if len(own) == 1 else 0
            high = len(own) - 2 if len(own) > 1 else CONSTANT
            if ((column < low) | (column > high)).any():
                wrong = column[(column < low) | (column > high)].flat[0]
                raise ValueError(f"dimension {place} has bins {low} to {high}, received {wrong}")
            middles = own if len(own) == 1 else (own[1:] + own[:-1]) / 2
            actions.append(middles[np.maximum(column, 0)])
        return np.stack(actions, -1)

    def mean(self, shares: np.ndarray) -> np.ndarray:
        """The mean of the bins' middles, (N, A, K) shares that sum to 1 -> (N, A) float64.

        K: at least as many as any dimension has bins; what lies beyond those counts for nothing.
        """
        actions = np.empty(shares.shape[:2])
        for place, own in enumerate(self.edges):
            if len(own) == 1:
                actions[:, place] = own[0]
                continue
            some = shares[:, place, : len(own) - 1].astype(np.float64)
            actions[:, place] = some @ ((own[1:] + own[:-1]) / 2) / some.sum(1)
        return actions

    def _checked(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, np.float64)
        if values.ndim not in (1, 2) or values.shape[-1] != len(self):
            raise ValueError(f"{len(self)} dimensions are needed, received {values.shape}")
        return values


def bin_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin of each value among rising edges: int64 of the same shape.

    As in LAPA's preprocessing, a value at or above the last edge counts to the last bin, which for
    a single edge is −1.
    """
    bins = np.searchsorted(edges, values, side="right") - 1
    bins = np.where(values >= edges[-1], len(edges) - 2, bins)
    return np.where(values < edges[0], 0, bins).astype(np.int64)


def write_bins(path: Path, bins: ActionBins) -> Path:
    """LAPA's csv: a row a dimension, its edges in columns 0, 1, …, the rest empty."""
    width = max(map(len, bins.edges))
    with replacing(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(range(width))
        for own in bins.edges:
            writer.writerow([*map(float, own), *[""] * (width - len(own))])
    return path


def read_bins(path: Path) -> ActionBins:
    """The bins of LAPA's csv.

    Raises:
        FileNotFoundError: nothing there. ValueError: it is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        edges = [[float(cell) for cell in row if cell] for row in rows[1:]]
        return ActionBins(tuple(np.array(own) for own in _whole(edges)))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path.name} is no table of action bins: {error}") from error


def _whole(edges: Sequence[list[float]]) -> Sequence[list[float]]:
    if not edges:
        raise ValueError("it has no dimension")
    return edges
