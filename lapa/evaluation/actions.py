"""The robot's own actions between the two frames of a pair, in columns that fit together."""

from __future__ import annotations

from typing import Any

import numpy as np

from lapa.data import FramePairs, PairBatch
from lapa.evaluation.driven import driven, is_driven
from lapa.evaluation.flow import motion


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

    def motion(self, batch: PairBatch, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """What each pair did, to the right and down as shares of the frame's side: (B, 2) float64.

        What moves in the picture, 0 where nothing does (flow.py); of a car, what it was told
        (driven.py).

        Args:
            frame, future: the pairs' frames, (B, h, w, 3) uint8 RGB, of any size.
        """
        moved: np.ndarray = motion(frame, future) / frame.shape[2]
        for embodiment in self.driven & set(batch.embodiment):
            gap = np.asarray(batch.gap_frames)
            told = self.displacement(batch.episode, batch.t, gap) / gap[:, None]
            commands = driven(self.names[embodiment], told)
            own = (np.asarray(batch.embodiment) == embodiment) & np.isfinite(commands).all(1)
            moved[own] = commands[own]
        return moved

    @property
    def driven(self) -> frozenset[str]:
        """The embodiments that are driven, as cars are."""
        return frozenset(name for name, own in self.names.items() if is_driven(own))

    def displacement(
        self, episode: np.ndarray, t: np.ndarray, gap_frames: np.ndarray
    ) -> np.ndarray:
        """The sums of the action rows t … t+H-1 of each pair: (B, width) float64, else NaN."""
        sums = np.full((len(episode), self.width), np.nan)
        for row, (index, start, gap) in enumerate(zip(episode, t, gap_frames, strict=True)):
            columns = self._columns.get(int(index))
            actions = None if columns is None else self._cache.actions(int(index))
            if actions is not None:
                sums[row, columns] = actions[start : start + gap].sum(0, dtype=np.float64)
        return sums
