"""The manifest of a cache: which episodes it holds, of which files it was made.

One JSON object a line: a header, then a line per finished or skipped episode, then a line that
says complete. Lines are only appended; a build that was killed leaves at most one torn line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lapa.data.episodes import Episode, EpisodeInfo, Report, Skipped
from lapa.files import parsed

VERSION = 1
FILE = "manifest.jsonl"
FRAMES = "frames.u8"
ACTIONS = "actions.f32"
# read at either end of a file for its digest
_EDGE_BYTES = 65536
Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CachedEpisode(EpisodeInfo):
    """An episode in the cache: its frames are start … start + length, its actions likewise."""

    start: int
    length: int
    action_start: int
    action_dim: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """A manifest as read.

    Attributes:
        image_size: of the cached frames.
        episodes: in the order of their frames.
        skipped: digest -> episode that broke on decoding.
        complete: the report of the finished build, None if it has not finished.
        size: bytes of the manifest that are whole lines.
        origin: where the clips lay when the cache was begun, None if it does not say.
    """

    image_size: int
    episodes: tuple[CachedEpisode, ...]
    skipped: dict[str, Skipped]
    complete: Report | None
    size: int
    origin: str | None

    @property
    def digests(self) -> list[str]:
        """Of all episodes that need no more work, those that were skipped among them."""
        return [*(episode.digest for episode in self.episodes), *self.skipped]

    @property
    def extent(self) -> tuple[int, int]:
        """Numbers of frames and of action values that the episodes take."""
        values = sum((e.length - 1) * e.action_dim for e in self.episodes)
        return sum(e.length for e in self.episodes), values

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides what the cache contains."""
        parts = [str(VERSION), str(self.image_size), *self.digests]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in `folder`.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is of another version or no manifest at all.
    """
    file = folder / FILE
    if not file.is_file():
        raise FileNotFoundError(f"There is no cache in {folder}.")
    data = file.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        header, *lines = [parsed(line) for line in whole.splitlines()]
        if header["version"] == VERSION:
            return _manifest(header, lines, len(whole))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{file} is not the manifest of a cache, or damaged; delete the folder and prepare it "
            "again."
        ) from error
    version = header["version"]
    raise ValueError(f"The cache {folder} has version {version}, {VERSION} is accepted.")


def _manifest(header: Record, lines: list[Record], size: int) -> Manifest:
    return Manifest(
        image_size=header["image_size"],
        episodes=tuple(_episode(line) for line in lines if "start" in line),
        skipped={line["digest"]: _skipped(line) for line in lines if "reason" in line},
        complete=_report(lines[-1]) if lines and "kept" in lines[-1] else None,
        size=size,
        origin=header.get("origin"),
    )


def header_line(image_size: int, origin: str | None) -> str:
    """The first line: of what version and size the frames are, and where the clips lay."""
    return _line({"version": VERSION, "image_size": image_size, "origin": origin})


def episode_line(episode: CachedEpisode) -> str:
    """The line of an episode that is in the cache."""
    return _line(asdict(episode))


def skipped_line(skipped: Skipped, digest: str) -> str:
    """The line of an episode that could not be read."""
    return _line({**asdict(skipped), "digest": digest})


def report_line(report: Report) -> str:
    """The last line: what the reader said when all was done."""
    return _line(asdict(report))


def digest(episode: Episode) -> str:
    """A short hash of an episode's labels, its part of a file, its files' names and sizes, and the
    edges of two.

    The first and last 64 KiB of the first and last file are read: a re-encoded video differs
    there, and thousands of frames need not be read. Times of change do not count, so that a
    copied folder is the same folder.
    """
    info = [str(getattr(episode, field.name)) for field in fields(EpisodeInfo)]
    info += [episode.part] if episode.part else []
    hashed = hashlib.sha256("\0".join(info).encode())
    for file in episode.files:
        # a name is bytes: not all of them are text
        hashed.update(b"\0%b\0%d" % (os.fsencode(file.name), file.stat().st_size))
    for file in _ends(episode.files):
        with file.open("rb") as data:
            hashed.update(data.read(_EDGE_BYTES))
            data.seek(max(0, file.stat().st_size - _EDGE_BYTES))
            hashed.update(data.read())
    return hashed.hexdigest()[:32]


def _ends(files: tuple[Path, ...]) -> Iterable[Path]:
    return dict.fromkeys((*files[:1], *files[-1:]))


def _line(fields: Record) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _episode(line: Record) -> CachedEpisode:
    return CachedEpisode(**{**line, "action_names": tuple(line["action_names"])})


def _skipped(line: Record) -> Skipped:
    return Skipped(line["name"], line["reason"])


def _report(line: Record) -> Report:
    skipped = tuple(_skipped(item) for item in line["skipped"])
    return Report(line["kept"], skipped, tuple(_skipped(item) for item in line["notes"]))
