"""One thread for all model work: visitors come first, long work comes in pieces between them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")
# A press is often followed by the next: long work lets them all pass, but not for ever.
REST, PATIENCE = 0.03, 0.5
# after a piece of it, visitors have so long before the next, however much long work there is
EQUAL = 0.04
# Where somebody looks at long work, it has what presses leave of the thread, and where they leave
# nothing this SHARE of a second for each that they have. What either has had more of than that
# counts up to SAVED seconds: the next press may wait so long.
SHARE, SAVED = 0.25, 0.1


@dataclass(eq=False)
class _Job:
    """What is to be computed. step: (of long work) a piece of it; whether there is more. gives:
    seconds that one of its own gives to what is looked at; it takes them where this is below 0."""

    step: Callable[[], bool]
    gives: float
    ended: Future[None] = field(default_factory=Future)


class OneThread:
    """What is given to it is computed on one thread, one thing at a time."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._thread = ThreadPoolExecutor(
            1, "quantizer", initializer=lambda: setattr(self._here, "is_thread", True)
        )
        self._calm = threading.Condition()
        self._visitors, self._last_visit = 0, 0.0
        self._in_piece, self._last_piece = False, 0.0
        # in the order in which they came; what is looked at has a queue of its own
        self._queue: deque[_Job] = deque()
        self._watched: deque[_Job] = deque()
        # seconds of the thread that what is looked at may have before the next visitor
        self._saved = 0.0

    def close(self) -> None:
        """Wait for what is under way; nothing is computed from then on."""
        self._thread.shutdown(cancel_futures=True)
        for job in (*self._queue, *self._watched):
            job.ended.cancel()

    def run(self, work: Callable[..., Result], *args: Any) -> Result:
        """The result of `work(*args)`, computed when the thread is free; at once in a job of it."""
        if getattr(self._here, "is_thread", False):
            return work(*args)
        with self._calm:
            self._visitors += 1
        try:
            return self._once(work, args, gives=SHARE)
        finally:
            with self._calm:
                self._visitors -= 1
                self._last_visit = time.monotonic()
                self._calm.notify_all()

    def between(self, work: Callable[..., Result], *args: Any) -> Result:
        """As `run`, for a piece of long work that nobody looks at: computed when no visitor waits.

        Under a constant stream of visitors it still gets its turn, after PATIENCE seconds. There
        is one piece at a time.
        """
        self._wait_for_calm()
        try:
            return self._once(work, args, gives=0)
        finally:
            with self._calm:
                self._in_piece, self._last_piece = False, time.monotonic()
                self._calm.notify_all()

    def watched(self, step: Callable[[], bool]) -> None:
        """Long work that somebody looks at: `step()`, a piece of it, until it returns False.

        Under a constant stream of visitors it has its SHARE of the thread.
        """
        self._give(_Job(step, gives=-1))

    def watched_once(self, work: Callable[..., Result], *args: Any) -> Result:
        """As `run`, for all there is of a long work that somebody looks at."""
        return self._once(work, args, gives=-1)

    def _once(self, work: Callable[..., Result], args: tuple[Any, ...], *, gives: float) -> Result:
        found: list[Result] = []

        def step() -> bool:
            found.append(work(*args))
            return False

        self._give(_Job(step, gives))
        return found[0]

    def _give(self, job: _Job) -> None:
        with self._calm:
            (self._watched if job.gives < 0 else self._queue).append(job)
        self._thread.submit(self._go_on)
        job.ended.result()

    def _go_on(self) -> None:
        """Do what comes next; called on the thread as often as there are jobs."""
        with self._calm:
            pieces_first = self._watched and (self._saved > 0 or not self._queue)
            job = (self._watched if pieces_first else self._queue).popleft()
        try:
            while self._step(job):
                with self._calm:
                    if self._queue and self._saved <= 0:
                        self._watched.appendleft(job)
                        self._thread.submit(self._go_on)
                        return
        except BaseException as error:
            job.ended.set_exception(error)
        else:
            job.ended.set_result(None)

    def _step(self, job: _Job) -> bool:
        start = time.monotonic()
        try:
            return job.step()
        finally:
            with self._calm:
                saved = self._saved + job.gives * (time.monotonic() - start)
                self._saved = max(-SAVED, min(saved, SAVED))

    def _wait_for_calm(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with self._calm:
            while True:
                now = time.monotonic()
                rested = self._last_visit + REST
                due = max(deadline, self._last_piece + EQUAL)
                start = due if self._visitors else min(due, rested)
                if not self._in_piece and now >= start:
                    self._in_piece = True
                    return
                self._calm.wait(None if self._in_piece else start - now)
