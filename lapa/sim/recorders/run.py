"""Recording: jobs spread over processes, each with its own simulator and renderer.

The parent plans and writes the index, the processes film and write the episodes' files. Progress
travels up as an iterator; closing it, or Ctrl-C, stops the processes and loses only the episodes
that are under way.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lapa.sim.recorders.headless import choose_renderer
from lapa.sim.recorders.source import FIRST_SEED, SOURCES, Job, Recorder, Source, plan
from lapa.sim.recorders.store import Store, write_episode

# one thread each: the processes are the parallelism
SINGLE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "LP_NUM_THREADS": "0",
}
_recorder: Recorder | None = None
_folder: Path | None = None


@dataclass(frozen=True)
class Recorded:
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
) -> Iterator[Recorded]:
    """Record what is planned and not there yet.

    Args:
        source: a name in SOURCES, or a source of your own.
        out: folder of the set; may hold other sources.
        episodes, seed, embodiments, tasks: see `plan`.
        workers: processes.
        size: side of the frames in pixels, even.

    Yields:
        one Recorded per episode.

    Raises:
        ValueError: options that cannot be.
        ModuleNotFoundError: the simulator is not installed.
        OSError: no renderer works, or the processes died.
    """
    chosen = _chosen(source)
    jobs = plan(chosen, episodes, seed, embodiments=embodiments, tasks=tasks)
    if size < 32 or size % 2 or size > 1024:
        raise ValueError(f"the size is an even number from 32 to 1024, received {size}")
    if workers < 1:
        raise ValueError(f"the number of workers starts at 1, received {workers}")
    chosen.check()
    if "mujoco" in chosen.needs:
        os.environ.update(choose_renderer())
    store = Store(Path(out), chosen.name)
    try:
        yield from _record(chosen, store, jobs, workers, size)
    finally:
        store.close()


def _chosen(source: str | Source) -> Source:
    if isinstance(source, Source):
        return source
    if source not in SOURCES:
        raise ValueError(f"no source {source!r}; there are {', '.join(SOURCES)}")
    return SOURCES[source]


def _record(
    source: Source, store: Store, jobs: list[Job], workers: int, size: int
) -> Iterator[Recorded]:
    left = [job for job in jobs if job.id not in store.done]
    clock = _Clock(total=len(jobs), done=len(jobs) - len(left))
    executor = ProcessPoolExecutor(
        max_workers=min(workers, max(len(left), 1)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(source, store.folder, size),
    )
    try:
        for job, row, problem in _outcomes(executor, left, workers):
            if row:
                store.add(row)
            yield clock.tell(job, row, problem)
    except BrokenProcessPool as error:
        raise OSError(
            f"a recording process of {source.name} died; "
            "the episodes recorded so far are kept, and the same command goes on"
        ) from error
    finally:
        _stop(executor)


def _outcomes(
    executor: ProcessPoolExecutor, jobs: list[Job], workers: int
) -> Iterator[tuple[Job, dict[str, Any] | None, str]]:
    """(job, index row or None, problem) in the order in which they end."""
    queue = iter(jobs)
    waiting: dict[Future, Job] = {}

    def hand_out(number: int) -> None:
        for job in islice(queue, number):
            waiting[executor.submit(_film, job)] = job

    # few ahead, so that a stop need not wait for what was handed out
    hand_out(2 * workers)
    while waiting:
        ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ended:
            job = waiting.pop(future)
            hand_out(1)
            yield job, *future.result()


def _stop(executor: ProcessPoolExecutor) -> None:
    processes = list((executor._processes or {}).values())
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
    # its thread ends once it sees that: one still at work as Python ends writes to what is closed
    executor.shutdown(wait=True, cancel_futures=True)


def _start(source: Source, folder: Path, size: int) -> None:
    """Begin a recording process. Ctrl-C is the parent's to handle."""
    global _recorder, _folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # the simulators tell of optional packages and old rewards, in the midst of the progress bar
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    os.environ.update(SINGLE)
    threading.Thread(target=_follow_parent, daemon=True).start()
    _recorder, _folder = source.open(size), folder


def _follow_parent() -> None:
    """End with the parent, even one that was killed outright."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _film(job: Job) -> tuple[dict[str, Any] | None, str]:
    """(index row, "") or (None, why not): one broken episode does not end a long run."""
    try:
        return write_episode(_folder, job, _recorder.record(job)), ""
    except Exception as error:  # whatever a simulator may raise
        return None, f"{type(error).__name__}: {error}"


class _Clock:
    """Counts what is done and estimates the rest from this run's own pace."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.frames = total, done, 0
        self._first, self._begin = done, time.monotonic()

    def tell(self, job: Job, row: dict[str, Any] | None, problem: str) -> Recorded:
        self.done += 1
        self.frames += row["frames"] if row else 0
        passed = time.monotonic() - self._begin
        each = passed / (self.done - self._first)
        left = each * (self.total - self.done)
        pace = self.frames / passed if passed else 0.0
        return Recorded(self.done, self.total, self.frames, job.id, problem, pace, left)
