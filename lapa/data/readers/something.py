"""Reader for Something-Something V2: short videos of hands, each with a sentence.

    labels/train.json, validation.json, test.json      [{"id": "78687", "label": "holding …"}, …]
    20bn-something-something-v2/78687.webm, …          the videos

The label is the instruction, its template the task; validation and test are held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.readers.reader import Reader
from lapa.data.readers.videos import episode_of
from lapa.data.splits import Splits
from lapa.data.walk import hidden
from lapa.files import read_json

VIDEOS, LABELS, SUFFIX = "20bn-something-something-v2", "labels", ".webm"
PARTS = ("train", "validation", "test")
EMBODIMENT = "human"
# of LAPA (arXiv 2410.11758): between the frames of a pair of people
GAP_SECONDS = 2.4
Row = dict[str, Any]


def _root(path: Path) -> Path | None:
    """The set's folder, where `path` is it or its folder of videos; else None."""
    for root in (path, path.parent):
        labelled = any((root / LABELS / f"{part}.json").is_file() for part in PARTS)
        if labelled and (root == path or path.name == VIDEOS):
            return root
    return None


def accepts(path: Path) -> bool:
    """Whether the path is the set, or its folder of videos."""
    return _root(path) is not None


def read(path: Path) -> tuple[list[Episode], Report]:
    """Read the labels, and the header and two frames of each labelled video.

    Raises:
        ValueError: there is no folder of videos.
    """
    root = _root(path) or path
    videos = _videos(root)
    splits, episodes, skipped, notes = Splits.of(root), [], [], []
    files = [f for part in PARTS if (f := root / LABELS / f"{part}.json").is_file()]
    labelled: set[str] = set()
    for file in files:
        for name, row in _rows(file):
            try:
                clip = _checked(row)
                if clip in labelled:
                    raise ValueError("is labelled twice")
                labelled.add(clip)
                split = splits.given(clip, file.stem, PARTS)
                episodes.append(_episode(videos / f"{clip}{SUFFIX}", clip, split, row or {}))
            except ValueError as error:
                skipped.append(Skipped(name, str(error)))
    there = {each.stem for each in videos.glob(f"*{SUFFIX}") if not hidden(each.name)}
    if there - labelled:
        notes.append(Skipped(root.name, f"{len(there - labelled)} videos have no label"))
    notes.append(Skipped(root.name, f"LAPA's gap for these videos is {GAP_SECONDS} s"))
    notes += splits.unknown([episode.id for episode in episodes])
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _videos(root: Path) -> Path:
    folders = [root / VIDEOS, *sorted(each for each in root.iterdir() if each.is_dir()), root]
    for folder in folders:
        if folder.is_dir() and next(folder.glob(f"*{SUFFIX}"), None):
            return folder
    raise ValueError(f"{root} has {LABELS} and no folder {VIDEOS} of {SUFFIX} videos")


def _rows(file: Path) -> Iterator[tuple[str, Row | None]]:
    """The labels of a file: (name for reports, fields)."""
    try:
        told = read_json(file)
    except ValueError:
        told = None
    if not isinstance(told, list):
        yield file.name, None
        return
    for number, row in enumerate(told):
        known = isinstance(row, dict) and isinstance(row.get("id"), str | int)
        yield (
            (f"{row['id']}{SUFFIX}" if known else f"{file.name} entry {number}"),
            (row if known else None),
        )


def _checked(row: Row | None) -> str:
    """The id of a labelled video."""
    if row is None:
        raise ValueError('is no list of {"id": …, "label": …}')
    clip = str(row["id"])
    if not clip or Path(clip).name != clip:
        raise ValueError(f"its id is {clip!r}, the name of a video is accepted")
    for name in ("label", "template"):
        if not isinstance(row.get(name) or "", str):
            raise ValueError(f"its {name} is {row[name]!r}, a text is accepted")
    return clip


def _episode(video: Path, clip: str, split: str, row: Row) -> Episode:
    plain = episode_of(video, clip, "something-something-v2", EMBODIMENT, split)
    return replace(plain, task=row.get("template") or "", instruction=row.get("label") or "")


READER = Reader(
    name="something",
    accepts=accepts,
    read=read,
    words=f"Something-Something V2 (a folder with labels/ and {VIDEOS}/)",
)
