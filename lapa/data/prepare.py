"""How a cache is made: decode, shrink and append, one episode after the other.

Files only grow, and an episode's line in the manifest is written after its data: a killed build
goes on where it stopped, and new episodes are appended. A cache of other files than today's is
noticed. What cannot be decoded is named in the manifest and skipped.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from lapa.data import manifest
from lapa.data.episodes import Episode, EpisodeInfo, Report, Skipped
from lapa.data.manifest import ACTIONS, FRAMES, CachedEpisode, Manifest, read_manifest
from lapa.data.readers import read_episodes

_CHUNK = 32


@dataclass(frozen=True)
class CacheProgress:
    """Told after each episode: `done` of `total` are cached or skipped, the last being `name`.

    `frames` were written by this build so far, in `seconds`; `seconds_left` is an estimate.
    """

    done: int
    total: int
    name: str
    frames: int
    seconds: float
    seconds_left: float


def build_cache(
    path: str | Path,
    folder: str | Path,
    image_size: int = 128,
    *,
    fps: float | None = None,
    workers: int = 1,
    rebuild: bool = False,
) -> Iterator[CacheProgress]:
    """Decode all episodes at `path` into `folder`; go on where an earlier build stopped.

    Args:
        path, fps: as for `read_episodes`; both splits are cached.
        image_size: frames become image_size × image_size.
        workers: episodes decoded at once.
        rebuild: start anew instead of going on.

    Yields:
        CacheProgress after each episode, skipped ones included.

    Raises:
        FileNotFoundError, ValueError: nothing can be read; or what lies in `folder` was made of
            other files or at another size.
    """
    if image_size < 1:
        raise ValueError(f"image_size must be a positive number of pixels, got {image_size}.")
    folder = Path(folder)
    episodes, found = read_episodes(path, fps=fps)
    wanted = {manifest.digest(episode): episode for episode in episodes}
    done = _prepare(folder, image_size, wanted, rebuild=rebuild)
    todo = {digest: episode for digest, episode in wanted.items() if digest not in done}
    began, frames = time.monotonic(), 0
    for number, (name, length) in enumerate(_add(folder, image_size, todo, workers), start=1):
        frames, seconds = frames + length, time.monotonic() - began
        left = seconds / number * (len(todo) - number)
        yield CacheProgress(len(done) + number, len(wanted), name, frames, seconds, left)
    _complete(folder, found)


def resize(frames: np.ndarray, size: int) -> np.ndarray:
    """Squash (T, H, W, 3) uint8 frames to (T, size, size, 3), antialiased; nothing is cropped."""
    planes = torch.from_numpy(frames).permute(0, 3, 1, 2)
    small = F.interpolate(planes, (size, size), mode="bilinear", antialias=True)
    return small.permute(0, 2, 3, 1).contiguous().numpy()


def _prepare(
    folder: Path, image_size: int, wanted: dict[str, Episode], *, rebuild: bool
) -> frozenset[str]:
    """Make the files ready to be appended to; returns the digests that need no more work."""
    folder.mkdir(parents=True, exist_ok=True)
    if rebuild or not (folder / manifest.FILE).exists():
        for name in (FRAMES, ACTIONS):
            (folder / name).write_bytes(b"")
        (folder / manifest.FILE).write_text(manifest.header_line(image_size), encoding="utf-8")
    known = read_manifest(folder)
    _check_fresh(folder, known, image_size, wanted)
    frames, actions = known.extent
    for name, size in (
        (FRAMES, frames * image_size**2 * 3),
        (ACTIONS, actions * 4),
        (manifest.FILE, known.size),
    ):
        if (folder / name).stat().st_size < size:
            raise ValueError(f"The cache {folder} is damaged ({name} is cut); rebuild it.")
        os.truncate(folder / name, size)
    return frozenset(known.digests)


def _check_fresh(
    folder: Path, known: Manifest, image_size: int, wanted: dict[str, Episode]
) -> None:
    if known.image_size != image_size:
        size = known.image_size
        raise ValueError(
            f"The cache {folder} has frames of {size} pixels and {image_size} are asked for; "
            f"choose another folder or rebuild it."
        )
    stale = [e.id for e in known.episodes if e.digest not in wanted]
    stale += [item.name for digest, item in known.skipped.items() if digest not in wanted]
    if stale:
        raise ValueError(
            f"The cache {folder} is stale: {stale[0]} has changed or is gone since it was built "
            f"(and so have {len(stale) - 1} other episodes); rebuild it."
        )


def _add(
    folder: Path, size: int, todo: dict[str, Episode], workers: int
) -> Iterator[tuple[str, int]]:
    """Append episodes to the files; yields (name, frames) of each, 0 frames if it is skipped."""
    with (
        (folder / FRAMES).open("ab") as frames,
        (folder / ACTIONS).open("ab") as actions,
        (folder / manifest.FILE).open("a", encoding="utf-8") as lines,
    ):
        for digest, episode, decoding in _ahead(todo, size, workers):
            try:
                clip = decoding.result()
            except (ValueError, OSError) as error:
                lines.write(manifest.skipped_line(Skipped(episode.id, str(error)), digest))
                clip = ()
            else:
                cached = _cached(episode, digest, len(clip), frames.tell() // clip[0].size, actions)
                frames.write(clip.data)
                if episode.actions is not None:
                    actions.write(episode.actions.tobytes())
                frames.flush()
                actions.flush()
                lines.write(manifest.episode_line(cached))
            lines.flush()
            yield episode.id, len(clip)


def _ahead(
    todo: dict[str, Episode], size: int, workers: int
) -> Iterator[tuple[str, Episode, Future[np.ndarray]]]:
    """Decode a few episodes ahead in threads, and hand them out in order."""
    waiting: deque = deque()
    with ThreadPoolExecutor(workers) as pool:
        for digest, episode in todo.items():
            waiting.append((digest, episode, pool.submit(_shrunk, episode, size)))
            if len(waiting) > workers:
                yield waiting.popleft()
        yield from waiting


def _shrunk(episode: Episode, size: int) -> np.ndarray:
    stream = episode.stream()
    chunks = []
    while chunk := list(islice(stream, _CHUNK)):
        chunks.append(resize(np.stack(chunk), size))
    clip = np.concatenate(chunks)
    if len(clip) < 2:
        raise ValueError("holds 1 frame, a pair needs two")
    return clip


def _cached(episode: Episode, digest: str, length: int, start: int, actions) -> CachedEpisode:
    info = {field.name: getattr(episode, field.name) for field in fields(EpisodeInfo)}
    width = 0 if episode.actions is None else episode.actions.shape[1]
    return CachedEpisode(
        **info,
        start=start,
        length=length,
        action_start=actions.tell() // 4,
        action_dim=width,
        digest=digest,
    )


def _complete(folder: Path, found: Report) -> None:
    known = read_manifest(folder)
    skipped = (*found.skipped, *known.skipped.values())
    report = Report(len(known.episodes), skipped, found.notes)
    if not known.episodes:
        raise ValueError(f"Nothing can be cached in {folder}.\n{report.summary()}")
    if report != known.complete:
        with (folder / manifest.FILE).open("a", encoding="utf-8") as lines:
            lines.write(manifest.report_line(report))
