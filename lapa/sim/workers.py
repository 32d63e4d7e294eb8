"""Simulators in processes of their own: tried, begun, handed few jobs ahead, stopped at once."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

J = TypeVar("J")
R = TypeVar("R")

# one thread each: the processes are the parallelism
SINGLE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "LP_NUM_THREADS": "0",
}
# pygame draws where nobody looks or hears, and says no greeting
UNSEEN = {
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}


def works(probe: str, environment: Mapping[str, str], seconds: float = 120) -> bool:
    """Whether a program that ends by printing "works" does so in a process of its own: some drivers
    end the one that asks, and the choice of some is made once a process."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return False
    return "works" in done.stdout


@contextmanager
def pool(
    workers: int, begin: Callable[..., None], words: Sequence[Any]
) -> Iterator[ProcessPoolExecutor]:
    """Processes that begin with `begin(*words)`; leaving the block stops them, whatever they do."""
    executor = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(begin, tuple(words)),
    )
    try:
        yield executor
    finally:
        _stop(executor)


def as_ended(
    executor: ProcessPoolExecutor,
    jobs: Sequence[J],
    workers: int,
    submit: Callable[[J], Future[R]],
) -> Iterator[tuple[J, R]]:
    """(job, result) in the order in which they end; jobs are handed out in theirs, each no sooner
    than needed, so that a stop need not wait for what was handed out."""
    queue = iter(jobs)
    waiting: dict[Future[R], J] = {}

    def hand_out(number: int) -> None:
        for job in islice(queue, number):
            waiting[submit(job)] = job

    hand_out(2 * workers)
    while waiting:
        ended, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ended:
            job = waiting.pop(future)
            yield job, future.result()
            hand_out(1)


def _stop(executor: ProcessPoolExecutor) -> None:
    processes = list((executor._processes or {}).values())
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
    # its thread ends once it sees that: one still at work as Python ends writes to what is closed
    executor.shutdown(wait=True, cancel_futures=True)


def _start(begin: Callable[..., None], words: tuple[Any, ...]) -> None:
    """Begin a process. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # the simulators tell of optional packages and old rewards, in the midst of the progress bar
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    os.environ.update(SINGLE | UNSEEN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    begin(*words)


def _follow_parent() -> None:
    """End with the parent, even one that was killed outright."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
