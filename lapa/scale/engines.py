"""Who makes parts: this process, or several. (`lapa.scale.cluster` has the engine of a cluster.)

An engine is given the numbers of parts that are missing and yields what has become of each, as it
becomes known.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any, Protocol

from lapa.files import claimed
from lapa.scale.parts import Parts
from lapa.scale.work import Made, Work


@dataclass(frozen=True)
class Step:
    """What has become of a part. written: whether it is there; if not, another process makes it.
    pairs, notes: as of what was made."""

    number: int
    written: bool
    pairs: int = 0
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """Makes parts."""

    def __call__(self, work: Work, parts: Parts, missing: Sequence[int]) -> Iterator[Step]:
        """The parts `missing`, in any order."""


def here(work: Work, parts: Parts, missing: Sequence[int]) -> Iterator[Step]:
    """In this process, one after the other."""
    if missing:
        make = work.open()
        for number in missing:
            yield _alone(make, work.task(number), parts, number)


def processes(workers: int) -> Engine:
    """In `workers` processes of one thread each.

    Raises:
        ChildProcessError: one of them was killed; what was written stays.
    """
    return partial(_in_processes, workers)


def put(parts: Parts, number: int, made: Made) -> Step:
    """Write what was made elsewhere, unless another process writes or wrote the same meanwhile."""
    with claimed(parts.part(number)) as alone:
        if not alone:
            return _left(parts, number)
        if not parts.part(number).exists():
            parts.write(number, made.content)
    return Step(number, True, made.pairs, made.notes)


def _alone(make: Callable[[Any], Made], task: Any, parts: Parts, number: int) -> Step:
    """Make and write a part that no other process is about to write."""
    with claimed(parts.part(number)) as alone:
        if not alone:
            return _left(parts, number)
        # another process may have made it since the list of the missing was drawn up
        if parts.part(number).exists():
            return Step(number, True)
        made = make(task)
        parts.write(number, made.content)
    return Step(number, True, made.pairs, made.notes)


def _left(parts: Parts, number: int) -> Step:
    name = parts.part(number).name
    return Step(number, False, 0, (f"{name} is being written by another process, and left to it",))


# in each process: what makes a part
_TOOLS: dict[str, Callable[[Any], Made]] = {}


def _in_processes(workers: int, work: Work, parts: Parts, missing: Sequence[int]) -> Iterator[Step]:
    if not missing:
        return
    left = list(missing)
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(work.open,)
    ) as pool:
        waiting: set[Future[Step]] = set()
        try:
            while waiting or left:
                # a few parts ahead of the workers, so that their tasks need not all lie in memory
                while left and len(waiting) < 2 * workers:
                    number = left.pop(0)
                    waiting.add(pool.submit(_one, work.task(number), parts, number))
                done = next(as_completed(waiting))
                waiting.remove(done)
                yield done.result()
        except BrokenProcessPool as error:
            raise ChildProcessError(
                "a worker process was killed, perhaps for want of memory: run the same command "
                "again, it goes on with the parts that are missing"
            ) from error
        finally:
            for each in waiting:
                each.cancel()


def _begin(open_: Callable[[], Callable[[Any], Made]]) -> None:
    _TOOLS["make"] = opened(open_)


def opened(open_: Callable[[], Callable[[Any], Made]]) -> Callable[[Any], Made]:
    """What makes parts, in a process of its own: on one thread, as more would only wait for those
    of the other processes."""
    make = open_()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    return make


def _one(task: Any, parts: Parts, number: int) -> Step:
    return _alone(_TOOLS["make"], task, parts, number)
