"""Recording: jobs spread over processes, each with its own simulator and renderer.

The parent plans and writes the index, the processes film and write the episodes' files. Progress
travels up as an iterator; closing it, or Ctrl-C, stops the processes and loses only the episodes
that are under way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lapa.sim.recorders.headless import choose_renderer
from lapa.sim.recorders.source import FIRST_SEED, SOURCES, Job, Recorder, Source, plan
from lapa.sim.recorders.store import Store, write_episode
from lapa.sim.workers import as_ended, pool

Outcome = tuple[dict[str, Any] | None, str]  # the index row, or None and why there is none
# of a recording process: set once as it starts
_recorder: Recorder
_folder: Path


@dataclass(frozen=True)
class RecordProgress:
    """One more episode is done.

    Attributes:
        done, total: episodes, those of earlier runs included.
        frames: frames recorded in this run.
        name: id of the episode.
        problem: why it could not be recorded; empty if it is there.
        fps: frames recorded a second in this run.
        seconds_left: an estimate.
    """

    done: int
    total: int
    frames: int
    name: str
    problem: str
    fps: float
    seconds_left: float


def record(
    source: str | Source,
    out: str | Path,
    *,
    episodes: int,
    seed: int = FIRST_SEED,
    workers: int = 1,
    size: int = 256,
    embodiments: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> Generator[RecordProgress, None, None]:
    """Record what is planned and not there yet.

    Args:
        source: a name in SOURCES, or a source of your own.
        out: folder of the set; may hold other sources.
        episodes, seed, embodiments, tasks: see `plan`.
        workers: processes.
        size: side of the frames in pixels, even.

    Yields:
        one RecordProgress per episode.

    Raises:
        ValueError: options that cannot be.
        ModuleNotFoundError: the simulator is not installed.
        OSError: no renderer works, or the processes died.
    """
    source = _source(source)
    jobs = plan(source, episodes, seed, embodiments=embodiments, tasks=tasks)
    if size < 32 or size % 2 or size > 1024:
        raise ValueError(f"the size is an even number from 32 to 1024, received {size}")
    if workers < 1:
        raise ValueError(f"the number of workers starts at 1, received {workers}")
    source.check()
    if "mujoco" in source.needs:
        os.environ.update(choose_renderer())
    store = Store(Path(out), source.name)
    try:
        yield from _record(source, store, jobs, workers, size)
    finally:
        store.close()


def _source(source: str | Source) -> Source:
    if isinstance(source, Source):
        return source
    if source not in SOURCES:
        raise ValueError(f"no source {source!r}; there are {', '.join(SOURCES)}")
    return SOURCES[source]


def _record(
    source: Source, store: Store, jobs: list[Job], workers: int, size: int
) -> Iterator[RecordProgress]:
    left = [job for job in jobs if job.id not in store.done]
    clock = _Clock(total=len(jobs), done=len(jobs) - len(left))
    processes = min(workers, max(len(left), 1))
    with pool(processes, _begin, (source, store.folder, size)) as executor:
        try:
            for job, (row, problem) in as_ended(
                executor, left, workers, lambda job: executor.submit(_film, job)
            ):
                if row:
                    store.add(row)
                yield clock.tell(job, row, problem)
        except BrokenProcessPool as error:
            raise OSError(
                f"a recording process of {source.name} died; "
                "the episodes recorded so far are kept, and the same command goes on"
            ) from error


def _begin(source: Source, folder: Path, size: int) -> None:
    """Of a recording process."""
    global _recorder, _folder
    _recorder, _folder = source.open(size), folder


def _film(job: Job) -> Outcome:
    """(index row, "") or (None, why not): one broken episode does not end a long run."""
    try:
        return write_episode(_folder, job, _recorder.record(job)), ""
    except Exception as error:  # whatever a simulator may raise
        return None, f"{type(error).__name__}: {error}"


class _Clock:
    """Counts what is done and estimates the rest from this run's own pace."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.frames = total, done, 0
        self._first, self._start = done, time.monotonic()

    def tell(self, job: Job, row: dict[str, Any] | None, problem: str) -> RecordProgress:
        self.done += 1
        self.frames += row["frames"] if row else 0
        passed = time.monotonic() - self._start
        each = passed / (self.done - self._first)
        left = each * (self.total - self.done)
        pace = self.frames / passed if passed else 0.0
        return RecordProgress(self.done, self.total, self.frames, job.id, problem, pace, left)
