"""Reader for the `robots` format: an index of JSON lines, and a video and actions per episode.

    <source>.jsonl        one line per episode
    <source>/<id>.mp4     its frames
    <source>/<id>.npz     its actions: `action`, float32 (frames - 1, A)

The frames of these videos are the frames that the actions lead through, so they are read one by
one as stored, and their number must be the one in the index.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lapa.data.episodes import SPLITS, Episode, Report, Skipped
from lapa.data.readers.reader import Reader
from lapa.files import parsed
from lapa.media.videos import check_video, stream_video

Row = dict[str, Any]
FIELDS = ("id", "embodiment", "fps", "frames", "split", "height", "width")


def indices(path: Path) -> list[Path]:
    """The index files at `path` (a folder or one index): those with their folder beside them."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return [index for index in files if index.suffix == ".jsonl" and index.with_suffix("").is_dir()]


def rows(index: Path) -> Iterator[tuple[str, Row | None]]:
    """The lines of an index: (name of the line, its fields or None if it is no JSON object)."""
    # a line ends at "\n" only: an instruction may hold what else Unicode calls the end of a line
    text = index.read_text(encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = parsed(line)
        except ValueError:
            row = None
        yield f"{index.name} line {number}", row if isinstance(row, dict) else None


def read(path: Path) -> tuple[list[Episode], Report]:
    """Read every index at `path` without decoding a frame.

    Returns:
        the episodes in the order of the indices, and the report.
    """
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    listed: set[tuple[str, str]] = set()
    for index in indices(path):
        for line, row in rows(index):
            name = row["id"] if row and _is_text(row.get("id")) else line
            try:
                episode = _episode(index, row)
                if (index.stem, episode.id) in listed:
                    raise ValueError("is listed twice")
            except ValueError as error:
                skipped.append(Skipped(name, str(error)))
                continue
            listed.add((index.stem, episode.id))
            episodes.append(episode)
    return episodes, Report(len(episodes), tuple(skipped))


def _episode(index: Path, row: Row | None) -> Episode:
    if row is None:
        raise ValueError("is not a JSON object")
    _check_row(row)
    folder = index.with_suffix("")
    video, extra = folder / f"{row['id']}.mp4", folder / f"{row['id']}.npz"
    check_video(video)
    actions = _actions(extra, row["frames"] - 1)
    return Episode(
        id=row["id"],
        source=row.get("source") or index.stem,
        embodiment=row["embodiment"],
        task=row.get("task") or "",
        instruction=row.get("instruction") or "",
        fps=float(row["fps"]),
        split=row["split"],
        height=row["height"],
        width=row["width"],
        action_names=tuple(row.get("action_names") or ()),
        path=video,
        files=(video,) if actions is None else (video, extra),
        stream=partial(_stream, video, row["frames"]),
        length=row["frames"],
        actions=actions,
    )


def _check_row(row: Row) -> None:  # noqa: C901  one check a field
    missing = [field for field in FIELDS if field not in row]
    if missing:
        raise ValueError(f"the index lacks {', '.join(missing)}")
    for name in ("id", "embodiment"):
        if not _is_text(row[name]):
            raise ValueError(f"its {name} is {row[name]!r}, a text is accepted")
    if Path(row["id"]).is_absolute() or ".." in Path(row["id"]).parts:
        raise ValueError("its id leads out of the set's folder")
    for name in ("source", "task", "instruction"):
        if not isinstance(row.get(name) or "", str):
            raise ValueError(f"its {name} is {row[name]!r}, a text is accepted")
    names = row.get("action_names") or []
    if not isinstance(names, list) or not all(map(_is_text, names)):
        raise ValueError(f"its action_names are {names!r}, a list of texts is accepted")
    if row["split"] not in SPLITS:
        raise ValueError(f"its split is {row['split']!r}, accepted are {' and '.join(SPLITS)}")
    for name in ("frames", "height", "width"):
        if not isinstance(row[name], int) or isinstance(row[name], bool) or row[name] < 1:
            raise ValueError(f"its {name} is {row[name]!r}, a whole number from 1 is accepted")
    if row["frames"] < 2:
        raise ValueError("holds 1 frame, a pair needs two")
    rate = row["fps"]
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 < rate < math.inf:
        raise ValueError(f"its fps is {rate!r}, a positive number is accepted")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _actions(path: Path, steps: int) -> np.ndarray | None:
    if not os.path.exists(path):
        return None
    try:
        with np.load(path) as data:
            actions = np.asarray(data["action"], dtype=np.float32)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} holds no readable `action`") from error
    if actions.ndim != 2 or len(actions) != steps:
        raise ValueError(f"{path.name} has actions of shape {actions.shape}, not ({steps}, A)")
    if not np.isfinite(actions).all():
        raise ValueError(f"{path.name} has actions that are not finite")
    return actions


def _stream(path: Path, length: int) -> Iterator[np.ndarray]:
    count = 0
    for frame in stream_video(path):
        yield frame
        count += 1
    if count != length:
        raise ValueError(f"holds {count} frames where the index says {length}")


READER = Reader(
    name="robots",
    accepts=lambda path: bool(indices(path)),
    read=read,
    words="a folder with <source>.jsonl beside <source>/",
)
