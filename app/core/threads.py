"""Two threads for all model work: what somebody waits for has one of them, long work that somebody
looks at the other; long work that nobody looks at comes in pieces between the former."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")
# A press is often followed by the next: long work lets them all pass, but not for ever.
REST, PATIENCE = 0.03, 0.5
# after a piece of it, visitors have so long before the next, however much long work there is
EQUAL = 0.04


class ModelThreads:
    """What is given to them is computed one thing at a time on each.

    Two, because a computer that serves a page has two cores or more, and a network as small as
    those that are shipped is hardly quicker on both. While it computes it does not hold Python's
    lock (`lapa.nn.recorded`), so that both threads go on at once, and the page's own beside them.
    """

    def __init__(self) -> None:
        self._here = threading.local()
        self._presses, self._looks = (
            ThreadPoolExecutor(
                1, name, initializer=lambda: setattr(self._here, "is_of_model", True)
            )
            for name in ("quantizer", "quantizer-watched")
        )
        self._calm = threading.Condition()
        self._visitors, self._last_visit = 0, 0.0
        self._in_piece, self._last_piece = False, 0.0

    def close(self) -> None:
        """Wait for what is under way; nothing is computed from then on."""
        for each in (self._presses, self._looks):
            each.shutdown(cancel_futures=True)

    def run(self, work: Callable[..., Result], *args: Any) -> Result:
        """The result of `work(*args)` when it is its turn; at once within a work of theirs."""
        if getattr(self._here, "is_of_model", False):
            return work(*args)
        with self._calm:
            self._visitors += 1
        try:
            return self._presses.submit(work, *args).result()
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
            return self._presses.submit(work, *args).result()
        finally:
            with self._calm:
                self._in_piece, self._last_piece = False, time.monotonic()
                self._calm.notify_all()

    def watched(self, work: Callable[..., Result], *args: Any) -> Result:
        """As `run`, for a piece of long work that somebody looks at; pieces of several such works
        take turns."""
        return self._looks.submit(work, *args).result()

    def on_each(self, work: Callable[..., Any], *args: Any) -> None:
        """Let each thread do this before what is given to it from now on; not waited for."""
        for each in (self._presses, self._looks):
            each.submit(work, *args)

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
