"""The robot's own actions between the two frames of a pair, in columns that fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lapa.data import FramePairs, PairBatch


class Actions:
    """The actions of the episodes behind frame pairs.

    Attributes:
        names: embodiment -> the names of its action dimensions, those of all its episodes in the
            order in which they come; dimensions without a name are called by their number.
            Embodiments whose actions are unknown are absent.
        width: columns that the widest embodiment needs; at least 1.
    """

    def __init__(self, pairs: FramePairs) -> None:
        self._cache = pairs.cache
        self._columns: dict[int, list[int]] = {}
        names: dict[str, dict[str, int]] = {}
        for index in sorted({index for index, _, _ in pairs.all()}):
            episode = self._cache.episodes[index]
            if not episode.action_dim:
                continue
            known = names.setdefault(episode.embodiment, {})
            own = episode.action_names or [str(place) for place in range(episode.action_dim)]
            self._columns[index] = [known.setdefault(name, len(known)) for name in own]
        self.names = {name: tuple(known) for name, known in names.items()}
        self.width = max((len(known) for known in self.names.values()), default=1)

    def of(self, batch: PairBatch) -> dict[str, Any]:
        """The columns of a table that say which pairs these are and what the robot was told."""
        return {
            "embodiment": np.asarray(batch.embodiment),
            "episode": np.asarray(batch.episode),
            "t": np.asarray(batch.t),
            "gap_frames": np.asarray(batch.gap_frames),
            "displacement": self.displacement(batch.episode, batch.t, batch.gap_frames),
            "action_names": self.names,
        }

    def displacement(
        self, episode: Sequence[int], t: Sequence[int], gap_frames: Sequence[int]
    ) -> np.ndarray:
        """The sums of the action rows t … t+H-1 of each pair: (B, width) float64, else NaN."""
        found = np.full((len(episode), self.width), np.nan)
        for row, (index, start, gap) in enumerate(zip(episode, t, gap_frames, strict=True)):
            if int(index) in self._columns:
                told = self._cache.actions(int(index))[start : start + gap]
                found[row, self._columns[int(index)]] = told.sum(0, dtype=np.float64)
        return found
