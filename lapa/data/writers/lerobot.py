"""Writer of LeRobot data sets, version 3.0: tables beside videos of many episodes.

    meta/info.json, stats.json, tasks.parquet, episodes/chunk-000/file-000.parquet
    data/chunk-000/file-000.parquet                               a row a frame
    videos/observation.images.camera/chunk-000/file-000.mp4       H.264

The folder is whole or absent. The frames of one episode are in memory at a time.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from lapa.data.episodes import Episode, Skipped
from lapa.data.splits import TRAIN
from lapa.data.writers import statistics
from lapa.data.writers.video import VideoFile, pixel_format
from lapa.files import write_text

VERSION, CAMERA = "v3.0", "observation.images.camera"
FILE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
DATA, VIDEO = f"data/{FILE}.parquet", f"videos/{{video_key}}/{FILE}.mp4"
# files of one chunk, and what LeRobot calls a full file
CHUNK, DATA_MEGABYTES, VIDEO_MEGABYTES = 1000, 100, 200


@dataclass(frozen=True, eq=False)
class Labels:
    """Features that are computed from the frames of an episode.

    Attributes:
        of: frames (T, H, W, 3) uint8, and how many a second -> a value a frame of each feature,
            (T, …) float32 or int64.
        about: name -> what info.json says of it besides dtype and shape.
        unknown: name -> the value of a frame that has none; statistics leave it out.
    """

    of: Callable[[np.ndarray, float], Mapping[str, np.ndarray]]
    about: Mapping[str, Mapping[str, Any]]
    unknown: Mapping[str, float]


@dataclass(frozen=True)
class Written:
    """`done` of `total` episodes are written or skipped, the last being `name`; what is skipped."""

    done: int
    total: int
    name: str
    skipped: tuple[Skipped, ...]


def write(
    folder: Path, episodes: Sequence[Episode], labels: Labels | None = None
) -> Iterator[Written]:
    """Write `episodes`, those to train on first, as a data set of one robot.

    Row t has frame t and the action that leads to frame t + 1; the last row of an episode repeats
    the action before it, as there is none.

    Args:
        folder: must be empty or absent.

    Yields:
        Written after each episode; one that cannot be decoded is skipped.

    Raises:
        ValueError: episodes that do not fit into one data set, or none can be written.
        OSError: the disk is full or not to be written to; nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already: choose another folder, or delete it")
    _check_alike(episodes)
    ordered = sorted(episodes, key=lambda episode: episode.split != TRAIN)
    draft = folder.with_name(f".{folder.name}.writing")
    shutil.rmtree(draft, ignore_errors=True)
    skipped: list[Skipped] = []
    try:
        with _DataSet(draft, ordered[0], labels) as written:
            for done, episode in enumerate(ordered, start=1):
                try:
                    written.add(episode)
                except ValueError as error:
                    skipped.append(Skipped(episode.id, str(error)))
                yield Written(done, len(ordered), episode.id, tuple(skipped))
            if len(skipped) == len(ordered):
                raise ValueError(f"none of the episodes can be written: {skipped[0]}")
            written.finish()
        if folder.exists():
            folder.rmdir()
        os.replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check_alike(episodes: Sequence[Episode]) -> None:
    if not episodes:
        raise ValueError("there is no episode to write")
    each_has = {
        "robot": ([e.embodiment for e in episodes], "name one with --embodiment"),
        "rate": ([f"{e.fps:g} frames a second" for e in episodes], "write them one by one"),
        "frame size": ([f"{e.width}×{e.height}" for e in episodes], "bring them to one by --size"),
        "kind of action": ([_action_of(e) for e in episodes], "write them one by one"),
    }
    for what, (values, do) in each_has.items():
        found = Counter(values)
        if len(found) > 1:
            shown = ", ".join(f"{value} ({count})" for value, count in found.most_common(4))
            raise ValueError(f"a LeRobot set has one {what}, these clips have {shown}: {do}")


def _action_of(episode: Episode) -> str:
    return " ".join(episode.action_names) or "none"


@dataclass
class _Place:
    """Which file of a kind is being filled."""

    chunk_index: int = 0
    file_index: int = 0

    def move_on(self) -> None:
        self.file_index += 1
        if self.file_index == CHUNK:
            self.chunk_index, self.file_index = self.chunk_index + 1, 0


class _DataSet:
    """Appends episodes to the files of a data set. like: an episode as all of them are."""

    def __init__(self, folder: Path, like: Episode, labels: Labels | None) -> None:
        self._folder, self._like, self._labels = folder, like, labels
        self._tasks: dict[str, int] = {}
        self._entries: list[dict[str, Any]] = []
        self._statistics: list[dict[str, statistics.Statistics]] = []
        self._features: dict[str, dict[str, Any]] = {}
        self._frames = self._held_out = 0
        self._table: Any = None
        self._table_bytes = 0
        self._table_at, self._video_at = _Place(), _Place()
        self._video: VideoFile | None = None

    def __enter__(self) -> _DataSet:
        self._folder.mkdir(parents=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close()

    def add(self, episode: Episode) -> None:
        """Append an episode. ValueError where it cannot be decoded; nothing is appended then."""
        frames = episode.frames
        count = len(frames)
        if count < 2 or frames.shape[1:3] != (self._like.height, self._like.width):
            raise ValueError(f"has frames of shape {frames.shape}")
        if episode.actions is not None and len(episode.actions) != count - 1:
            raise ValueError(f"has {count} frames and {len(episode.actions)} actions")
        columns = self._columns(episode, frames)
        first, video = self._add_frames(frames)
        table = self._add_rows(columns)
        entry = {
            "episode_index": len(self._entries),
            "tasks": [episode.instruction],
            "length": count,
            **{f"data/{name}": value for name, value in table.items()},
            "dataset_from_index": self._frames,
            "dataset_to_index": self._frames + count,
            **{f"videos/{CAMERA}/{name}": value for name, value in video.items()},
            f"videos/{CAMERA}/from_timestamp": first / episode.fps,
            f"videos/{CAMERA}/to_timestamp": (first + count) / episode.fps,
        }
        unknown = self._labels.unknown if self._labels else {}
        figures = {
            name: statistics.of_values(values, unknown.get(name))
            for name, values in columns.items()
        }
        self._entries.append(entry)
        self._statistics.append({CAMERA: statistics.of_pictures(frames), **figures})
        self._frames += count
        self._held_out += episode.split != TRAIN

    def finish(self) -> None:
        """Write what is known only at the end."""
        self._close()
        self._write_episodes()
        self._write_tasks()
        of_all = {
            name: statistics.listed(statistics.joined([each[name] for each in self._statistics]))
            for name in self._statistics[0]
        }
        _write_json(self._folder / "meta/stats.json", of_all)
        _write_json(self._folder / "meta/info.json", self._info())

    def _columns(self, episode: Episode, frames: np.ndarray) -> dict[str, np.ndarray]:
        """The rows of an episode, by column."""
        count, number = len(frames), len(self._entries)
        columns: dict[str, np.ndarray] = {}
        if episode.actions is not None:
            columns["action"] = np.concatenate([episode.actions, episode.actions[-1:]])
        if self._labels:
            columns |= self._labels.of(frames, episode.fps)
        columns["timestamp"] = (np.arange(count) / episode.fps).astype(np.float32)
        columns["frame_index"] = np.arange(count)
        columns["episode_index"] = np.full(count, number)
        columns["index"] = self._frames + np.arange(count)
        task = self._tasks.setdefault(episode.instruction, len(self._tasks))
        columns["task_index"] = np.full(count, task)
        if not self._features:
            self._features = {name: self._feature(name, each) for name, each in columns.items()}
        return columns

    def _feature(self, name: str, values: np.ndarray) -> dict[str, Any]:
        """What info.json says of a column."""
        names = list(self._like.action_names) if name == "action" else None
        about = {
            "dtype": str(values.dtype),
            "shape": list(values.shape[1:] or (1,)),
            "names": names,
        }
        return about | dict(self._labels.about.get(name, {}) if self._labels else {})

    def _add_frames(self, frames: np.ndarray) -> tuple[int, dict[str, int]]:
        """Encode frames; returns the number of the first in its file, and which file that is."""
        if self._video and self._video.bytes > VIDEO_MEGABYTES << 20:
            self._video.close()
            self._video = None
            self._video_at.move_on()
        if self._video is None:
            path = self._folder / VIDEO.format(video_key=CAMERA, **vars(self._video_at))
            self._video = VideoFile(path, self._like.fps, self._like.width, self._like.height)
        return self._video.add(frames), dict(vars(self._video_at))

    def _add_rows(self, columns: Mapping[str, np.ndarray]) -> dict[str, int]:
        """Append rows to the table; returns which file that is."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pa.table({name: _column(each) for name, each in columns.items()})
        if self._table and self._table_bytes > DATA_MEGABYTES << 20:
            self._table.close()
            self._table = None
            self._table_at.move_on()
        if self._table is None:
            path = self._folder / DATA.format(**vars(self._table_at))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._table, self._table_bytes = pq.ParquetWriter(path, rows.schema), 0
        self._table.write_table(rows)
        self._table_bytes += rows.nbytes
        return dict(vars(self._table_at))

    def _close(self) -> None:
        for file in (self._table, self._video):
            if file is not None:
                file.close()
        self._table = self._video = None

    def _write_episodes(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = []
        for entry, own in zip(self._entries, self._statistics, strict=True):
            flat = {
                f"stats/{name}/{figure}": value
                for name, figures in own.items()
                for figure, value in statistics.listed(figures).items()
            }
            rows.append(
                {**entry, **flat, **{f"meta/episodes/{k}": v for k, v in vars(_Place()).items()}}
            )
        path = self._folder / f"meta/episodes/{FILE.format(**vars(_Place()))}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(rows), path)

    def _write_tasks(self) -> None:
        """A table as pandas writes it, with the tasks as its index."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = [
            {"name": n, "field_name": n, "pandas_type": kind, "numpy_type": type_, "metadata": None}
            for n, kind, type_ in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
        ]
        about = {"index_columns": ["task"], "column_indexes": [], "columns": columns}
        table = pa.table({"task_index": list(self._tasks.values()), "task": list(self._tasks)})
        table = table.replace_schema_metadata({"pandas": json.dumps(about)})
        pq.write_table(table, self._folder / "meta/tasks.parquet")

    def _info(self) -> dict[str, Any]:
        count, like = len(self._entries), self._like
        last = count - self._held_out
        rate = int(like.fps) if like.fps == int(like.fps) else like.fps
        video = {
            "video.height": like.height,
            "video.width": like.width,
            "video.codec": "h264",
            "video.pix_fmt": pixel_format(like.width, like.height),
            "video.fps": rate,
            "video.channels": 3,
            "video.is_depth_map": False,
            "has_audio": False,
        }
        camera = {
            "dtype": "video",
            "shape": [like.height, like.width, 3],
            "names": ["height", "width", "channels"],
            "info": video,
        }
        held_out = {"val": f"{last}:{count}"} if self._held_out else {}
        return {
            "codebase_version": VERSION,
            "robot_type": like.embodiment,
            "total_episodes": count,
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": CHUNK,
            "data_files_size_in_mb": DATA_MEGABYTES,
            "video_files_size_in_mb": VIDEO_MEGABYTES,
            "fps": rate,
            "splits": ({"train": f"0:{last}"} if last else {}) | held_out,
            "data_path": DATA,
            "video_path": VIDEO,
            "features": {CAMERA: camera, **self._features},
        }


def _column(values: np.ndarray) -> Any:
    """(T, …) as a column: numbers, or lists (of lists) of one length."""
    import pyarrow as pa

    column = pa.array(np.ascontiguousarray(values).ravel())
    for size in reversed(values.shape[1:]):
        if values.shape[1:] != (1,):
            column = pa.FixedSizeListArray.from_arrays(column, size)
    return column


def _write_json(file: Path, about: Mapping[str, Any]) -> None:
    write_text(file, json.dumps(about, indent=4, ensure_ascii=False) + "\n")
