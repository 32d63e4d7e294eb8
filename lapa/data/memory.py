"""A cache that lies in memory: for clips that are looked at once, like a visitor's video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from lapa.data.cache import Cache
from lapa.data.episodes import EpisodeInfo, Report
from lapa.data.manifest import CachedEpisode


@dataclass(frozen=True, kw_only=True, eq=False)
class Recording(EpisodeInfo):
    """An episode with its frames at hand.

    frames: (T, size, size, 3) uint8 RGB. actions: (T - 1, A) float32, None if unknown.
    """

    frames: np.ndarray
    actions: np.ndarray | None = None


def cache_in_memory(recordings: Sequence[Recording], image_size: int) -> Cache:
    """A cache of recordings whose frames have `image_size` already; nothing is written.

    Raises:
        ValueError: none, or frames of another size.
    """
    if not recordings:
        raise ValueError("There are no clips.")
    episodes, start, values = [], 0, 0
    for recording in recordings:
        if recording.frames.shape[1:] != (image_size, image_size, 3):
            raise ValueError(
                f"{recording.id} has frames {recording.frames.shape}, not {image_size}²"
            )
        width = 0 if recording.actions is None else recording.actions.shape[1]
        length = len(recording.frames)
        episodes.append(
            CachedEpisode(
                **{field.name: getattr(recording, field.name) for field in fields(EpisodeInfo)},
                start=start,
                length=length,
                action_start=values,
                action_dim=width,
                digest=recording.id,
            )
        )
        start, values = start + length, values + (length - 1) * width
    actions = [r.actions.astype(np.float32).ravel() for r in recordings if r.actions is not None]
    return Cache(
        folder=Path("memory"),
        image_size=image_size,
        frames=np.concatenate([recording.frames for recording in recordings]),
        episodes=tuple(episodes),
        report=Report(len(episodes)),
        fingerprint="memory",
        all_actions=np.concatenate(actions) if actions else np.zeros(0, np.float32),
    )
