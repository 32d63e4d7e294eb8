"""Frames decoded once: uint8 arrays on disk that training maps into memory.

    frames.u8        all frames after each other, (N, image_size, image_size, 3)
    actions.f32      all actions after each other
    manifest.jsonl   what lies where, and a digest of the files it was made of

`Cache.build` makes one (`lapa.data.prepare` says how), `Cache.open` opens one that is finished,
on a machine that lacks the videos, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lapa.data.episodes import Episode, EpisodeInfo, Report
from lapa.data.manifest import ACTIONS, FRAMES, CachedEpisode, read_manifest
from lapa.data.prepare import build_cache


@dataclass(frozen=True, eq=False)
class Cache:
    """A prepared set of episodes, opened for reading.

    Attributes:
        folder, image_size: as given to `build`.
        frames: (N, image_size, image_size, 3) uint8 RGB, mapped from disk.
        episodes: what lies where; an episode's place in this tuple is its index.
        report: what was skipped when the cache was built.
        fingerprint: changes when any frame, action or label may have changed.
    """

    folder: Path
    image_size: int
    frames: np.ndarray
    episodes: tuple[CachedEpisode, ...]
    report: Report
    fingerprint: str
    all_actions: np.ndarray

    @classmethod
    def open(cls, folder: str | Path) -> Cache:
        """Open a finished cache. (That its source has changed since is noticed by `build`.)

        Raises:
            FileNotFoundError: no cache there.
            ValueError: unfinished, damaged or of another version.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest.complete is None:
            raise ValueError(f"The cache {folder} is unfinished; build it again to go on with it.")
        (frames, values), size = manifest.extent, manifest.image_size
        return cls(
            folder=folder,
            image_size=size,
            frames=_mapped(folder / FRAMES, np.uint8, (frames, size, size, 3)),
            episodes=manifest.episodes,
            report=manifest.complete,
            fingerprint=manifest.fingerprint,
            all_actions=_mapped(folder / ACTIONS, np.float32, (values,)),
        )

    @classmethod
    def build(
        cls,
        path: str | Path,
        folder: str | Path,
        image_size: int = 128,
        *,
        workers: int = 1,
        rebuild: bool = False,
        **options: Any,
    ) -> Cache:
        """`build_cache` to its end, then `open`; quick if the cache is up to date."""
        steps = build_cache(path, folder, image_size, workers=workers, rebuild=rebuild, **options)
        deque(steps, 0)
        return cls.open(folder)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Another process opens it for itself; one that lies in memory is copied."""
        if isinstance(self.frames, np.memmap):
            return type(self).open, (self.folder.absolute(),)
        return super().__reduce__()

    def clip(self, index: int) -> np.ndarray:
        """The frames of one episode: (T, image_size, image_size, 3) uint8, not copied."""
        episode = self.episodes[index]
        return self.frames[episode.start : episode.start + episode.length]

    def actions(self, index: int) -> np.ndarray | None:
        """The actions of one episode: (T - 1, A) float32, None if they are unknown."""
        episode = self.episodes[index]
        if not episode.action_dim:
            return None
        count = (episode.length - 1) * episode.action_dim
        flat = self.all_actions[episode.action_start : episode.action_start + count]
        return flat.reshape(-1, episode.action_dim)

    def recordings(self) -> list[Episode]:
        """Its episodes as a reader gives those of videos: each opens its own frames when asked,
        in another process, too."""
        return [self._recording(index) for index in range(len(self.episodes))]

    def _recording(self, index: int) -> Episode:
        episode, file = self.episodes[index], self.folder / FRAMES
        info = {each.name: getattr(episode, each.name) for each in fields(EpisodeInfo)}
        return Episode(
            **info,
            path=self.folder,
            files=(file,),
            stream=partial(_stream, file, self.image_size, episode.start, episode.length),
            length=episode.length,
            actions=self.actions(index),
        )


def _stream(file: Path, size: int, start: int, length: int) -> Iterator[np.ndarray]:
    frames, bytes_before = (length, size, size, 3), start * size * size * 3
    yield from np.memmap(file, dtype=np.uint8, mode="r", shape=frames, offset=bytes_before)


def _mapped(file: Path, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    if not np.prod(shape):
        return np.zeros(shape, dtype)
    try:
        return np.memmap(file, dtype=dtype, mode="r", shape=shape)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The cache {file.parent} is damaged ({file.name}); delete it and prepare it again."
        ) from error
