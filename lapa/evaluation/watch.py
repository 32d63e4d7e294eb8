"""Progress of a function that calls back, as an iterator that can be closed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

T = TypeVar("T")
Tick = Callable[[int, int], None]


class Cancelled(Exception):
    """Raised by `tick` inside the work once nobody waits for its result."""


def watched(work: Callable[[Tick], T]) -> Generator[tuple[int, int], None, T]:
    """Run `work(tick)` beside the caller: yields every (done, total) told, returns its result.

    Closing the generator makes the next `tick` raise, and waits for the work to end. What the work
    raises is raised here.
    """
    steps: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
    closed = Event()

    def tick(done: int, total: int) -> None:
        if closed.is_set():
            raise Cancelled
        steps.put((done, total))

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(work, tick)
        result.add_done_callback(lambda _: steps.put(None))
        try:
            while (step := steps.get()) is not None:
                yield step
        finally:
            closed.set()
    return result.result()
