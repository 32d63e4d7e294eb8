"""What the loop leans on: batches made ahead, polite interruption, trackers, seeds.

Each is independent of what is being trained.
"""

from __future__ import annotations

import importlib.util
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

import numpy as np
from accelerate.utils import set_seed

Batch = TypeVar("Batch")
TRACKERS = ("trackio", "wandb", "tensorboard")


def seed_everything(*parts: int) -> None:
    """Seed python, numpy and torch (all devices) from several integers, e.g. (seed, step).

    The loop does so before every step. Randomness is then a function of the step: a resumed run
    repeats it exactly, and evaluating or previewing in between changes nothing.
    """
    set_seed(int(np.random.SeedSequence(parts).generate_state(1)[0]))


class Ahead(Generic[Batch]):
    """Batches made in background threads: `take()` gives make(first), make(first + 1), … in order.

    `make` must be a pure function of the index, so that the order of work cannot matter.
    """

    def __init__(self, make: Callable[[int], Batch], first: int, *, workers: int) -> None:
        self._make, self._next = make, first
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="batches")
        self._queue: deque[Future[Batch]] = deque()
        for _ in range(workers + 1):
            self._push()

    def _push(self) -> None:
        self._queue.append(self._pool.submit(self._make, self._next))
        self._next += 1

    def take(self) -> Batch:
        """The next batch; one more is begun."""
        batch = self._queue.popleft().result()
        self._push()
        return batch

    def close(self) -> None:
        """Wait for what is under way, and drop the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class StopRequest:
    """True once SIGINT or SIGTERM came."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def set(self, *_: object) -> None:
        """As a handler of signals."""
        self._event.set()


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn SIGINT and SIGTERM into a request that the loop honours after its step.

    Python allows handlers in the main thread only; elsewhere the request simply never comes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, request.set)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_trackers(names: Sequence[str]) -> None:
    """Raise ValueError for a tracker that is unknown or not installed (accelerate drops it)."""
    for name in names:
        if name not in TRACKERS:
            raise ValueError(f"There is no tracker {name!r}; choose from {', '.join(TRACKERS)}.")
        if importlib.util.find_spec(name) is None:
            raise ValueError(
                f"The tracker {name!r} is not installed: `pip install {name}`, or train without "
                f"it (metrics.jsonl is always written)."
            )
