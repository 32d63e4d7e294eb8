"""Reader for LeRobot data sets, versions 2.1 and 3.0: tables beside videos.

    meta/info.json                          version, rate, features, where files lie
    meta/episodes.jsonl, tasks.jsonl        2.1: a line an episode, a line a task
    meta/episodes/…, meta/tasks.parquet     3.0: the same as tables
    data/….parquet                          a row a frame: timestamp, action, …
    videos/….mp4                            frames, in 3.0 of many episodes in one file

A frame is the one whose timestamp in the video is that of its row, whatever comes before it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.readers.reader import ACTION, CAMERA, Reader
from lapa.data.splits import Splits
from lapa.data.walk import hidden, walk
from lapa.files import parsed, read_json
from lapa.media.pictures import FORMATS, upright_rgb
from lapa.media.videos import check_video, stream_video_at

INFO = "meta/info.json"
VERSIONS = ("v2.0", "v2.1", "v3.0")
# by which a frame's time in the video may differ from its row's, in frames: rounding, and never
# the frame before or after it
TOLERANCE = 0.1
# what sees no scene from outside is looked at last
INSIDE = ("wrist", "hand", "gripper")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Set:
    """What info.json says of a data set, and what of it is read.

    Attributes:
        cameras: features that are colour pictures.
        camera, action: the features that are read; no action where the set has none.
    """

    root: Path
    name: str
    version: str
    fps: float
    robot: str
    features: Mapping[str, Mapping[str, Any]]
    paths: Mapping[str, str]
    chunk: int
    splits: Mapping[str, str]
    cameras: tuple[str, ...]
    camera: str
    action: str | None
    height: int
    width: int

    @property
    def in_table(self) -> bool:
        """Whether frames lie in the tables as pictures, and not in videos."""
        return bool(self.features[self.camera]["dtype"] == "image")


@dataclass(frozen=True)
class Entry:
    """An episode by its line in the meta data: its frames' first second in its video."""

    index: int
    length: int
    tasks: tuple[str, ...]
    table: Path
    video: Path | None
    start: float


def accepts(path: Path) -> bool:
    """Whether the path is a data set."""
    return (path / INFO).is_file()


def _roots(path: Path) -> Iterator[Path]:
    """The data sets at or below `path`."""
    for folder, subfolders, _ in walk(path):
        if accepts(Path(folder)):
            yield Path(folder)
            subfolders.clear()


def _name(root: Path) -> str:
    """The set's name; in the Hub's cache its folder has the name of a commit."""
    if root.parent.name == "snapshots":
        return root.parent.parent.name.split("--")[-1]
    return root.name


def read(
    path: Path, *, camera: str | None = None, action: str | None = None
) -> tuple[list[Episode], Report]:
    """Read every data set at `path`: its tables, and the header of each video.

    Args:
        camera, action: a feature by its name or the end of it (`wrist`).

    Raises:
        ValueError: nothing of it can be read as it was asked for.
    """
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    notes: list[Skipped] = []
    found = list(_roots(path))
    if not found:
        raise ValueError(f"{path} holds no {INFO}, and no LeRobot data set")
    splits = Splits.of(path)
    for root in found:
        try:
            info = _info(root, camera, action)
            entries, wrong = _entries(info)
        except ValueError as error:
            if len(found) == 1:
                raise ValueError(f"{_name(root)}: {error}") from error
            skipped.append(Skipped(_name(root), str(error)))
            continue
        skipped += wrong
        tables: dict[Path, list[Entry]] = {}
        problems = {video: _problem(video) for video in {e.video for e in entries} if video}
        for entry in entries:
            if entry.video and problems[entry.video]:
                skipped.append(Skipped(_clip(info, entry.index), problems[entry.video]))
            else:
                tables.setdefault(entry.table, []).append(entry)
        for table, own in tables.items():
            good, wrong = _read_table(info, table, own, splits)
            episodes += good
            skipped += wrong
        notes.append(Skipped(info.name, _told(info)))
        notes += [
            Skipped(_clip(info, entry.index), f"has {len(entry.tasks)} tasks, the first is taken")
            for entry in entries
            if len(entry.tasks) > 1
        ]
    notes += splits.unknown([episode.id for episode in episodes])
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _info(root: Path, camera: str | None, action: str | None) -> Set:
    try:
        about = read_json(root / INFO)
        version, features = about["codebase_version"], about["features"]
        cameras = tuple(name for name, each in features.items() if _is_camera(each))
        fps, splits = float(about["fps"]), about.get("splits") or {}
        robot = about.get("robot_type")
        chunk = int(about.get("chunks_size") or 1000)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"{INFO} is not understood ({type(error).__name__}: {error})") from error
    if version not in VERSIONS:
        accepted = ", ".join(VERSIONS)
        raise ValueError(f"is of LeRobot's version {version}; accepted are {accepted}")
    if not 0 < fps < math.inf:
        raise ValueError(f"{INFO} says {fps} frames a second")
    if not cameras:
        raise ValueError(f"has no camera; it has {', '.join(features)}")
    outside = min(cameras, key=lambda name: any(word in name for word in INSIDE))
    chosen = _named(cameras, camera, "camera") if camera else outside
    height, width = _size(chosen, features[chosen].get("shape"))
    return Set(
        root=root,
        name=_name(root),
        version=version,
        fps=fps,
        robot=robot if isinstance(robot, str) and robot not in ("", "unknown") else _name(root),
        features=features,
        paths={kind: str(about.get(f"{kind}_path") or "") for kind in ("data", "video")},
        chunk=chunk,
        splits=splits if isinstance(splits, dict) else {},
        cameras=cameras,
        camera=chosen,
        action=_named(tuple(features), action, "feature")
        if action
        else ("action" if "action" in features else None),
        height=height,
        width=width,
    )


def _is_camera(feature: Any) -> bool:
    # of a feature that is not understood nothing is read, and the others may be
    if not isinstance(feature, dict):
        return False
    about = feature.get("info") or feature.get("video_info")
    about = about if isinstance(about, dict) else {}
    depth = about.get("is_depth_map") or about.get("video.is_depth_map")
    return feature.get("dtype") in ("video", "image") and not depth


def _named(names: tuple[str, ...], asked: str, kind: str) -> str:
    ends = [name for name in names if name == asked] or [n for n in names if n.endswith(asked)]
    if len(ends) != 1:
        has = "no" if not ends else "several"
        raise ValueError(f"has {has} {kind} {asked!r}; it has {', '.join(names)}")
    return ends[0]


def _told(info: Set) -> str:
    """How a set is read, in a sentence."""
    others = [name for name in info.cameras if name != info.camera]
    besides = f" (also there: {', '.join(others)})" if others else ""
    return f"camera {info.camera}{besides}, action {info.action or 'unknown'}"


def _entries(info: Set) -> tuple[list[Entry], list[Skipped]]:
    """The episodes that the meta data lists, and its rows that cannot be used.

    Raises:
        ValueError: it cannot be read.
    """
    rows = _rows_of_tables(info) if info.version == "v3.0" else _rows_of_lines(info)
    entries: dict[int, Entry] = {}
    skipped: list[Skipped] = []
    for name, row in rows:
        try:
            entry = _entry(info, row)
            if entry.index in entries:
                raise ValueError("is listed twice")
            entries[entry.index] = entry
        except NoPattern as error:
            raise ValueError(f"its meta data is not understood ({error})") from error
        except ValueError as error:
            known = isinstance(row, dict) and is_whole(row.get("episode_index"))
            skipped.append(
                Skipped(_clip(info, row["episode_index"]) if known else name, str(error))
            )
    return [entries[index] for index in sorted(entries)], skipped


def _rows_of_lines(info: Set) -> Iterator[tuple[str, Any]]:
    """Each line's name and what it says, None where it is no JSON."""
    file = info.root / "meta/episodes.jsonl"
    try:
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ValueError(f"its meta data cannot be read ({_words(error)})") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield f"{file.name} line {number}", parsed(line)
            except ValueError:
                yield f"{file.name} line {number}", None


def _rows_of_tables(info: Set) -> Iterator[tuple[str, Any]]:
    """Each row's name and what it says."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["episode_index", "length", "tasks", "data/chunk_index", "data/file_index"]
    video = f"videos/{info.camera}"
    if not info.in_table:
        columns += [f"{video}/{name}" for name in ("chunk_index", "file_index", "from_timestamp")]
    files = sorted((info.root / "meta/episodes").glob("*/*.parquet"))
    files = [file for file in files if not hidden(file.name)]
    if not files:
        raise ValueError("meta/episodes holds no table")
    for file in files:
        try:
            told = pq.read_table(file, columns=columns).to_pylist()
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            raise ValueError(f"its meta data is not understood ({_words(error)})") from error
        for number, row in enumerate(told, start=1):
            yield f"{file.name} row {number}", row


def _entry(info: Set, row: Any) -> Entry:
    """An episode of its row. ValueError where a field of it is none."""
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")
    for name in ("episode_index", "length"):
        if not is_whole(row.get(name)) or row[name] < 0:
            raise ValueError(f"its {name} is {row.get(name)!r:.60}, a whole number is accepted")
    tasks = row.get("tasks") or ()
    tasks = (tasks,) if isinstance(tasks, str) else tasks
    if not isinstance(tasks, list | tuple) or not all(isinstance(each, str) for each in tasks):
        raise ValueError(f"its tasks are {tasks!r:.60}, a list of texts is accepted")
    index, video, start = row["episode_index"], f"videos/{info.camera}", 0.0
    if info.version == "v3.0":
        data, pictures = _place(row, "data"), {} if info.in_table else _place(row, video)
        if not info.in_table:
            begin = row.get(f"{video}/from_timestamp")
            if not isinstance(begin, int | float) or not 0 <= begin < math.inf:
                raise ValueError(f"begins at {begin!r:.60} s of its video, a time is accepted")
            start = float(begin)
    else:
        data = pictures = {"episode_chunk": index // info.chunk, "episode_index": index}
        data = {**data, "video_key": info.camera}
    pictures = {**pictures, "video_key": info.camera}
    return Entry(
        index=index,
        length=row["length"],
        tasks=tuple(tasks),
        table=_file(info, "data", data),
        video=None if info.in_table else _file(info, "video", pictures),
        start=float(start),
    )


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, and not the truth of something."""
    return isinstance(value, int) and not isinstance(value, bool)


def _place(row: Row, of: str) -> dict[str, Any]:
    place = {name: row.get(f"{of}/{name}") for name in ("chunk_index", "file_index")}
    for name, value in place.items():
        if not is_whole(value):
            raise ValueError(f"its {of}/{name} is {value!r:.60}, a whole number is accepted")
    return place


class NoPattern(ValueError):
    """What info.json says of where files lie, which holds for all episodes."""


def _file(info: Set, kind: str, places: Row) -> Path:
    """A file of the set, by the pattern that info.json has for its kind."""
    try:
        relative = PurePosixPath(info.paths[kind].format(**places))
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as error:
        raise NoPattern(f"{kind}_path of {INFO} is not understood ({_words(error)})") from error
    if relative.is_absolute() or ".." in relative.parts or not relative.name:
        raise NoPattern(f"{kind}_path leads to {str(relative)!r}, which is no file of the set")
    return info.root / relative


def _read_table(
    info: Set, table: Path, entries: list[Entry], splits: Splits
) -> tuple[list[Episode], list[Skipped]]:
    """The episodes whose rows lie in one table, and what of them cannot be used."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = ["episode_index", "timestamp", *([info.action] if info.action else [])]
    try:
        rows = pq.read_table(table, columns=wanted)
        numbers = rows["episode_index"].to_numpy()
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        lost = f"{table.name} cannot be read ({_words(error)})"
        return [], [Skipped(_clip(info, entry.index), lost) for entry in entries]
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    for entry in entries:
        clip = _clip(info, entry.index)
        try:
            own = np.flatnonzero(numbers == entry.index)
            if len(own) != entry.length or (len(own) and np.ptp(own) != len(own) - 1):
                raise ValueError(
                    f"{table.name} holds {len(own)} rows of it where the meta data says "
                    f"{entry.length}"
                )
            mine = rows.slice(int(own[0]) if len(own) else 0, len(own))
            split = splits.given(clip, _split(info, entry.index), info.splits)
            episodes.append(_episode(info, entry, clip, split, mine))
        except (ValueError, TypeError, pa.ArrowException) as error:
            skipped.append(Skipped(clip, _words(error)))
    return episodes, skipped


def _clip(info: Set, index: int) -> str:
    return f"{info.name}/{index:06d}"


def _split(info: Set, index: int) -> str:
    for name, span in info.splits.items():
        first, _, end = str(span).partition(":")
        if first.isdigit() and end.isdigit() and int(first) <= index < int(end):
            return name
    return "train"


def _episode(info: Set, entry: Entry, clip: str, split: str, rows: Any) -> Episode:
    if entry.length < 2:
        raise ValueError(f"holds {entry.length} frame, a pair needs two")
    times = rows["timestamp"].to_numpy().astype(np.float64).reshape(-1)
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError("has timestamps that do not ascend")
    actions = _actions(info, rows)
    if entry.video is None:
        stream = partial(_stream_table, entry.table, info.camera, entry.index)
    else:
        stream = partial(_stream_video, entry.video, entry.start + times, TOLERANCE / info.fps)
    return Episode(
        id=clip,
        source=info.name,
        embodiment=info.robot,
        instruction=entry.tasks[0] if entry.tasks else "",
        fps=info.fps,
        split=split,
        height=info.height,
        width=info.width,
        action_names=() if actions is None else _action_names(info, actions.shape[1]),
        path=entry.video or entry.table,
        files=(entry.table, *([entry.video] if entry.video else [])),
        stream=stream,
        length=entry.length,
        actions=actions,
        part=f"{info.camera} {entry.index} {entry.start:.6f}",
    )


def _actions(info: Set, rows: Any) -> np.ndarray | None:
    """(rows - 1, A) float32: the last action leads to no frame."""
    import pyarrow as pa

    if info.action is None:
        return None
    try:
        told = _numbers(rows[info.action].combine_chunks()).reshape(len(rows), -1)
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise ValueError(f"has values of {info.action} that are no numbers") from error
    if not np.isfinite(told).all():
        raise ValueError("has actions that are not finite")
    return np.ascontiguousarray(told[:-1])


def _numbers(column: Any) -> np.ndarray:
    """All numbers of a column of numbers or of lists of one length, as float32."""
    import pyarrow as pa
    import pyarrow.compute as pc

    while pa.types.is_nested(column.type):
        if len(pc.unique(pc.list_value_length(column))) != 1:
            raise ValueError("lists of several lengths")
        column = pc.list_flatten(column)
    numbers: np.ndarray = column.to_numpy(zero_copy_only=False).astype(np.float32)
    return numbers


def _action_names(info: Set, width: int) -> tuple[str, ...]:
    """The names of the action's dimensions; version 2 groups them by what they move."""
    feature = info.features[str(info.action)]
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, dict):
        groups = [each if isinstance(each, list) else [each] for each in names.values()]
        names = [name for group in groups for name in group]
    if isinstance(names, list) and len(names) == width:
        return tuple(map(str, names))
    return tuple(f"a{i}" for i in range(width))


def _size(camera: str, shape: Any) -> tuple[int, int]:
    """Height and width of a frame: the shape is written with the channels first or last."""
    if not isinstance(shape, list) or len(shape) != 3 or not all(isinstance(n, int) for n in shape):
        raise ValueError(f"{INFO} says that {camera} has the shape {shape!r}, three are accepted")
    height, width = shape[1:] if shape[0] in (1, 3) else shape[:2]
    return height, width


def _problem(video: Path) -> str:
    """What is wrong with a video, by its header; empty if nothing is."""
    try:
        check_video(video)
    except ValueError as error:
        return f"{video.name} {error}"
    return ""


def _stream_video(video: Path, seconds: np.ndarray, tolerance: float) -> Iterator[np.ndarray]:
    try:
        yield from stream_video_at(video, seconds, tolerance=tolerance)
    except ValueError as error:
        raise ValueError(f"{video.name} {error}") from error


def _stream_table(table: Path, camera: str, index: int) -> Iterator[np.ndarray]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(table)
    for batch in file.iter_batches(batch_size=32, columns=["episode_index", camera]):
        for row in batch.to_pylist():
            if row["episode_index"] == index:
                yield _picture(table, row[camera])


def _picture(table: Path, cell: Any) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(cell["bytes"]), formats=FORMATS) as image:
            return upright_rgb(image)
    except (OSError, ValueError, TypeError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{table.name} holds a picture that cannot be read") from error


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


READER = Reader(
    name="lerobot",
    accepts=accepts,
    read=read,
    words="a LeRobot data set (a folder with meta/info.json, or its id on the Hub)",
    options=(CAMERA, ACTION),
    nested=True,
)
