"""How a cache is made: decode, shrink and append, one episode after the other.

Files only grow, and an episode's line in the manifest is written after its data: a killed build
goes on where it stopped, and new episodes are appended. Of a cache whose clips have changed, what
is still true is kept (`lapa.data.renew`). What cannot be decoded is named in the manifest and
skipped.
"""

from __future__ import annotations

import os
import time
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lapa.data import manifest
from lapa.data.episodes import Episode, EpisodeInfo, Report, Skipped, whole_text
from lapa.data.manifest import ACTIONS, FRAMES, CachedEpisode, read_manifest
from lapa.data.readers.registry import read_episodes
from lapa.data.renew import cut_to, renew

# frames that are resized at once
_CHUNK = 32
# an episode by its digest, and its frames to come
Decoding = tuple[str, Episode, Future[np.ndarray]]


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
    workers: int = 1,
    rebuild: bool = False,
    **options: Any,
) -> Iterator[CacheProgress]:
    """Decode all episodes at `path` into `folder`; go on where an earlier build stopped.

    Args:
        path, options: as for `read_episodes`; both splits are cached.
        image_size: frames become image_size × image_size.
        workers: episodes decoded at once.
        rebuild: start anew instead of going on.

    Yields:
        CacheProgress after each episode, skipped ones included.

    Raises:
        FileNotFoundError, ValueError: nothing can be read; or what lies in `folder` was made of
            other clips or at another size.
        OSError: the disk is full or not to be written to; the cache is as it was after the last
            whole episode.
    """
    if image_size < 1:
        raise ValueError(f"image_size must be a positive number of pixels, got {image_size}.")
    folder = Path(folder)
    episodes, report = read_episodes(path, **options)
    sources = {manifest.digest(episode): episode for episode in episodes}
    done = _prepare(Path(path), folder, image_size, sources, rebuild=rebuild)
    todo = {digest: episode for digest, episode in sources.items() if digest not in done}
    start, frames = time.monotonic(), 0
    for number, (name, length) in enumerate(_add(folder, image_size, todo, workers), start=1):
        frames, seconds = frames + length, time.monotonic() - start
        left = seconds / number * (len(todo) - number)
        yield CacheProgress(len(done) + number, len(sources), name, frames, seconds, left)
    _complete(folder, report)


def resize(frames: np.ndarray, size: int) -> np.ndarray:
    """Squash (T, H, W, 3) uint8 frames to (T, size, size, 3), antialiased; nothing is cropped."""
    import torch
    from torch.nn import functional as F

    planes = torch.from_numpy(frames).permute(0, 3, 1, 2)
    small = F.interpolate(planes, (size, size), mode="bilinear", antialias=True)
    return small.permute(0, 2, 3, 1).contiguous().numpy()


def default_folder(path: str | Path, image_size: int) -> Path:
    """Where the clips at `path` are cached unless somebody says otherwise: cache/NAME-SIZE, or
    another name where that folder holds the clips of another place that is still there."""
    path = Path(path).resolve()
    plain = Path("cache") / f"{path.name}-{image_size}"
    if not (plain / manifest.FILE).is_file():
        return plain
    origin = read_manifest(plain).origin
    if origin is None or origin == whole_text(str(path)) or not Path(origin).exists():
        return plain
    return plain.with_name(f"{plain.name}-{zlib.crc32(os.fsencode(path)):08x}")


def _prepare(
    path: Path, folder: Path, image_size: int, sources: dict[str, Episode], *, rebuild: bool
) -> frozenset[str]:
    """Make the files ready to be appended to; returns the digests that need no more work."""
    folder.mkdir(parents=True, exist_ok=True)
    origin = whole_text(str(path.resolve()))
    if rebuild or not (folder / manifest.FILE).exists():
        for name in (FRAMES, ACTIONS):
            (folder / name).write_bytes(b"")
        header = manifest.header_line(image_size, origin)
        (folder / manifest.FILE).write_text(header, encoding="utf-8")
    known = read_manifest(folder)
    if known.image_size != image_size:
        size = known.image_size
        raise ValueError(
            f"The cache {folder} has frames of {size} pixels and {image_size} are asked for; "
            f"choose another folder, or delete this one."
        )
    cut_to(folder, known)
    known = renew(folder, known, sources, origin)
    return frozenset(known.digests)


def _add(
    folder: Path, size: int, todo: dict[str, Episode], workers: int
) -> Iterator[tuple[str, int]]:
    """Append episodes to the files; yields (name, frames) of each, 0 frames if it is skipped."""
    try:
        yield from _append(folder, size, todo, workers)
    except OSError:
        # a full disk: what was not written whole gives its room back
        cut_to(folder, read_manifest(folder))
        raise


def _append(
    folder: Path, size: int, todo: dict[str, Episode], workers: int
) -> Iterator[tuple[str, int]]:
    with (
        (folder / FRAMES).open("ab") as frames,
        (folder / ACTIONS).open("ab") as actions,
        (folder / manifest.FILE).open("a", encoding="utf-8") as lines,
    ):
        for digest, episode, decoding in _ahead(todo, size, workers):
            length = 0
            try:
                clip = decoding.result()
            except (ValueError, OSError) as error:
                lines.write(manifest.skipped_line(Skipped(episode.id, str(error)), digest))
            else:
                length = len(clip)
                cached = _cached(episode, digest, length, frames.tell() // clip[0].size, actions)
                frames.write(clip.data)
                if episode.actions is not None:
                    actions.write(episode.actions.tobytes())
                frames.flush()
                actions.flush()
                lines.write(manifest.episode_line(cached))
            lines.flush()
            yield episode.id, length


def _ahead(todo: dict[str, Episode], size: int, workers: int) -> Iterator[Decoding]:
    """Decode a few episodes ahead in threads, and hand them out in order."""
    waiting: deque[Decoding] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for digest, episode in todo.items():
            waiting.append((digest, episode, pool.submit(_shrunk, episode, size)))
            if len(waiting) > workers:
                yield waiting.popleft()
        yield from waiting


def _shrunk(episode: Episode, size: int) -> np.ndarray:
    # one by one: a chunk of frames of 4K takes gigabytes
    clip = np.concatenate([resize(frame[None], size) for frame in episode.stream()])
    if len(clip) < 2:
        raise ValueError("holds 1 frame, a pair needs two")
    return clip


def _cached(
    episode: Episode, digest: str, length: int, start: int, actions: BinaryIO
) -> CachedEpisode:
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


def _complete(folder: Path, read: Report) -> None:
    """Write the last line. read: what the reader said of the source."""
    known = read_manifest(folder)
    skipped = (*read.skipped, *known.skipped.values())
    report = Report(len(known.episodes), skipped, read.notes)
    if not known.episodes:
        raise ValueError(f"Nothing can be cached in {folder}.\n{report.summary()}")
    if report != known.complete:
        with (folder / manifest.FILE).open("a", encoding="utf-8") as lines:
            lines.write(manifest.report_line(report))
