"""Writes LeRobot data sets, versions 2.1 and 3.0, by hand: nothing is shared with what reads or
exports them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .conftest import HEIGHT, WIDTH, Write
from .tfrecords import png

FPS = 10
CAMERAS = ("observation.images.wrist", "observation.images.front")


def grey(episode: int, t: int, camera: int = 1) -> int:
    """The number of a frame of an episode, as `conftest.shades` have it at a step of 4."""
    return episode * 16 + t if camera else 60 - (episode * 16 + t)


def clip(episode: int, length: int, camera: int = 1) -> list[np.ndarray]:
    return [
        np.full((HEIGHT, WIDTH, 3), grey(episode, t, camera) * 4, np.uint8) for t in range(length)
    ]


def rows(episode: int, length: int, first: int) -> dict[str, Any]:
    """The columns of an episode: its action is (episode, t)."""
    actions = np.array([[episode, t] for t in range(length)], np.float32)
    return {
        "action": pa.FixedSizeListArray.from_arrays(pa.array(actions.ravel()), 2),
        "timestamp": pa.array(np.arange(length, dtype=np.float32) / FPS),
        "frame_index": pa.array(range(length)),
        "episode_index": pa.array([episode] * length),
        "index": pa.array(range(first, first + length)),
        "task_index": pa.array([episode % 2] * length),
    }


def info(version: str, lengths: Sequence[int], kind: str, **paths: str) -> dict[str, Any]:
    camera = {"dtype": kind, "shape": [HEIGHT, WIDTH, 3], "names": ["height", "width", "channels"]}
    action = {"dtype": "float32", "shape": [2], "names": ["x", "y"]}
    if version != "v3.0":
        action["names"] = {"motors": ["x", "y"]}
    return {
        "codebase_version": version,
        "robot_type": "so100",
        "total_episodes": len(lengths),
        "chunks_size": 2,
        "fps": FPS,
        "splits": {"train": f"0:{len(lengths) - 1}", "test": f"{len(lengths) - 1}:{len(lengths)}"},
        "features": {**dict.fromkeys(CAMERAS, camera), "action": action},
        **paths,
    }


def write_v21(
    root: Path, write_video: Write, lengths: Sequence[int], *, codec: str = "libx264"
) -> Path:
    """Two episodes a chunk, a table and a video a camera for each."""
    place = "chunk-{episode_chunk:03d}/episode_{episode_index:06d}"
    paths = {
        "data_path": f"data/{place}.parquet",
        "video_path": f"videos/{place.replace('/', '/{video_key}/')}.mp4",
    }
    about = info("v2.1", lengths, "video", **paths)
    (root / "meta").mkdir(parents=True)
    (root / "meta/info.json").write_text(json.dumps(about))
    lines = [
        {"episode_index": e, "tasks": [f"task {e % 2}"], "length": n} for e, n in enumerate(lengths)
    ]
    (root / "meta/episodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for episode, length in enumerate(lengths):
        place = {"episode_chunk": episode // 2, "episode_index": episode}
        table = root / paths["data_path"].format(**place)
        table.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(rows(episode, length, sum(lengths[:episode]))), table)
        for number, camera in enumerate(CAMERAS):
            video = root / paths["video_path"].format(video_key=camera, **place)
            write_video(video, clip(episode, length, number), FPS, codec=codec)
    return root


def write_v30(
    root: Path, write_video: Write, lengths: Sequence[int], *, codec: str = "libx264"
) -> Path:
    """One table and one video a camera for all episodes."""
    paths = {
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    }
    (root / "meta/episodes/chunk-000").mkdir(parents=True)
    (root / "meta/info.json").write_text(json.dumps(info("v3.0", lengths, "video", **paths)))
    entries, tables = [], []
    for episode, length in enumerate(lengths):
        first = sum(lengths[:episode])
        tables.append(pa.table(rows(episode, length, first)))
        entry = {"episode_index": episode, "tasks": [f"task {episode % 2}"], "length": length}
        entry |= {"data/chunk_index": 0, "data/file_index": 0}
        for camera in CAMERAS:
            entry |= {f"videos/{camera}/chunk_index": 0, f"videos/{camera}/file_index": 0}
            entry[f"videos/{camera}/from_timestamp"] = first / FPS
        entries.append(entry)
    pq.write_table(pa.Table.from_pylist(entries), root / "meta/episodes/chunk-000/file-000.parquet")
    data = root / paths["data_path"].format(chunk_index=0, file_index=0)
    data.parent.mkdir(parents=True)
    pq.write_table(pa.concat_tables(tables), data)
    for number, camera in enumerate(CAMERAS):
        video = root / paths["video_path"].format(video_key=camera, chunk_index=0, file_index=0)
        frames = [f for e, n in enumerate(lengths) for f in clip(e, n, number)]
        write_video(video, frames, FPS, codec=codec)
    return root


def write_v21_of_pictures(root: Path, length: int) -> Path:
    """One episode whose frames lie in its table."""
    paths = {"data_path": "data/episode_{episode_index:06d}.parquet"}
    (root / "meta").mkdir(parents=True)
    (root / "meta/info.json").write_text(json.dumps(info("v2.1", [length], "image", **paths)))
    line = {"episode_index": 0, "tasks": ["look"], "length": length}
    (root / "meta/episodes.jsonl").write_text(json.dumps(line) + "\n")
    columns = rows(0, length, 0)
    for number, camera in enumerate(CAMERAS):
        cells = [{"bytes": png(frame), "path": None} for frame in clip(0, length, number)]
        columns[camera] = pa.array(cells)
    (root / "data").mkdir()
    pq.write_table(pa.table(columns), root / "data/episode_000000.parquet")
    return root
