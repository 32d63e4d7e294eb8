"""One door to every format: `read_episodes` looks at a path and picks the reader."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from lapa.data.episodes import SPLITS, Episode, Report
from lapa.data.frame_folders import frame_number, read_frame_folders
from lapa.data.robots import indices, read_robots
from lapa.data.videos import is_video, read_videos
from lapa.data.walk import walk

FORMATS = ("robots", "videos", "frames")
_ACCEPTED = (
    "accepted are a folder with <source>.jsonl beside <source>/, a video, a folder of videos, "
    "and a folder of folders of numbered images"
)


def recognise(path: str | Path) -> str:
    """Which format lies at `path`: "robots", "videos" or "frames".

    Raises:
        FileNotFoundError: nothing lies there.
        ValueError: nothing known lies there.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    if indices(path):
        return "robots"
    if path.is_file() and is_video(path):
        return "videos"
    for folder, _, names in walk(path):
        if any(is_video(Path(folder, name)) for name in names):
            return "videos"
        if any(frame_number(name) is not None for name in names):
            return "frames"
    raise ValueError(f"{path} holds no clips; {_ACCEPTED}.")


def read_episodes(
    path: str | Path,
    *,
    split: str | None = None,
    embodiment: str | None = None,
    format: str | None = None,
    fps: float | None = None,
) -> tuple[list[Episode], Report]:
    """Read what lies at `path`; frames are decoded later, when an episode is asked for them.

    Args:
        path: the `robots` set or one of its indices, a video, a folder of videos, or a folder of
            folders of numbered frames.
        split: keep only "train" or "holdout".
        embodiment: keep only this embodiment.
        format: "robots", "videos" or "frames" where the choice of `recognise` is not wanted.
        fps: frames a second; needed for folders of frames and only for them.

    Returns:
        the episodes, and a report of what was skipped and why. A clip that is found broken only
        on decoding raises ValueError from its `stream`; `Cache.build` reports it.

    Raises:
        FileNotFoundError, ValueError: nothing known lies at the path, or an argument is wrong.
    """
    # as it is given: a link into a cache of hashes has no suffix at its other end
    path = Path(os.path.abspath(path))
    format = format or recognise(path)
    if format not in FORMATS:
        raise ValueError(f"format is {format!r}, accepted are {', '.join(FORMATS)}.")
    if split not in (None, *SPLITS):
        raise ValueError(f"split is {split!r}, accepted are {' and '.join(SPLITS)}.")
    if (format == "frames") != (fps is not None):
        needs = "need fps, frames a second" if format == "frames" else "carry their own fps"
        raise ValueError(f"The clips in {path.name} are {format}: they {needs}.")
    if format == "frames":
        episodes, report = read_frame_folders(path, fps)
    else:
        episodes, report = read_robots(path) if format == "robots" else read_videos(path)
    kept = [
        episode
        for episode in episodes
        if split in (None, episode.split) and embodiment in (None, episode.embodiment)
    ]
    if embodiment is not None and not any(e.embodiment == embodiment for e in episodes):
        known = ", ".join(sorted({e.embodiment for e in episodes})) or "none"
        raise ValueError(f"{path.name} has no embodiment {embodiment!r}; it has {known}.")
    return kept, replace(report, kept=len(kept))
