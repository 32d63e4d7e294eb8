"""Where recordings go: files are whole or absent, and the index names only whole ones.

    <source>.jsonl        one line per episode, written last
    <source>/<id>.mp4     H.264
    <source>/<id>.npz     `action`, float32 (frames - 1, A)

This is the format that lapa.data.readers.robots reads.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import numpy as np

from lapa.sim.recorders.source import Job, Recording

PARTIAL = ".partial-"


def index_name(source: str) -> str:
    """The name of a source's files: `gymnasium-robotics` -> `gymnasium_robotics`."""
    return source.replace("-", "_")


def write_episode(folder: Path, job: Job, recording: Recording) -> dict[str, Any]:
    """Write the two files of an episode under their final names, and return its index row.

    Raises:
        ValueError: the recording does not fit together.
    """
    _check(recording)
    video, extra = folder / f"{job.id}.mp4", folder / f"{job.id}.npz"
    with _whole(video) as path:
        write_video(path, recording.frames, recording.fps)
    with _whole(extra) as path:
        np.savez_compressed(path, action=np.asarray(recording.actions, np.float32))
    return row_of(folder.name, job, recording)


def row_of(source: str, job: Job, recording: Recording) -> dict[str, Any]:
    """The index row of an episode."""
    length, height, width, _ = recording.frames.shape
    return {
        "id": job.id,
        "source": source,
        "embodiment": job.embodiment,
        "task": job.task,
        "instruction": recording.instruction,
        "fps": recording.fps,
        "seed": job.seed,
        "success": bool(recording.success),
        "frames": length,
        "action_dim": int(recording.actions.shape[1]),
        "action_names": list(recording.action_names),
        "height": height,
        "width": width,
        "split": recording.split,
    }


def write_video(path: Path, frames: np.ndarray, fps: float) -> None:
    """Write (T, H, W, 3) uint8 RGB as H.264, fine enough that the codec teaches nothing."""
    rate = Fraction(fps).limit_denominator(1000)
    options = {"crf": "17", "preset": "veryfast", "tune": "animation", "g": "60"}
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        stream.thread_count = 1
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _check(recording: Recording) -> None:
    frames, actions = recording.frames, recording.actions
    if frames.ndim != 4 or frames.dtype != np.uint8 or len(frames) < 2:
        raise ValueError(f"its frames are {frames.dtype} of shape {frames.shape}")
    expected = (len(frames) - 1, len(recording.action_names))
    if actions.shape != expected:
        raise ValueError(f"its actions have shape {actions.shape}, not {expected}")
    if not np.isfinite(actions).all():
        raise ValueError("its actions are not finite")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A name to write to that becomes `path` once all is written."""
    partial = path.with_name(f"{PARTIAL}{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _lock(file: IO[bytes]) -> None:
    """Keep others from a file until it is closed. Raises OSError where somebody else keeps it."""
    if sys.platform == "win32":
        import msvcrt

        # a byte far behind the end, as what is locked there cannot be read by others either
        at = file.tell()
        file.seek(1 << 40)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        finally:
            file.seek(at)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Store:
    """The index of one source, open for one run at a time.

    Attributes:
        folder: where the episodes' files lie.
        done: ids of the episodes that are in the index.
    """

    def __init__(self, out: Path, source: str) -> None:
        """Open or begin an index; leftovers of a killed run are cleared away.

        Raises:
            ValueError: another run is writing to it, or it is no such index.
        """
        name = index_name(source)
        self.folder = out / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._index = (out / f"{name}.jsonl").open("a+b")
        try:
            _lock(self._index)
        except OSError as error:
            self._index.close()
            raise ValueError(f"another run is recording {source} into {out}") from error
        self._clear()
        self.done = self._read()

    def add(self, row: dict[str, Any]) -> None:
        """Name an episode whose files are written."""
        line = json.dumps(row, ensure_ascii=False) + "\n"
        self._index.write(line.encode())
        self._index.flush()
        self.done.add(row["id"])

    def close(self) -> None:
        """Let another run have it; nobody is writing episodes any more."""
        self._clear()
        self._index.close()

    def _clear(self) -> None:
        for partial in self.folder.glob(f"{PARTIAL}*"):
            partial.unlink()

    def _read(self) -> set[str]:
        self._index.seek(0)
        text = self._index.read()
        whole = text.rfind(b"\n") + 1
        # a run killed within a line leaves half of it
        self._index.truncate(whole)
        self._index.seek(whole)
        done = set()
        for number, line in enumerate(text[:whole].splitlines(), start=1):
            try:
                done.add(str(json.loads(line)["id"]))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{self._index.name} line {number} names no episode") from error
        return done
