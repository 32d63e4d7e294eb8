"""What is to be done in parts, and the loop that does what is not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lapa.scale.parts import Parts
from lapa.scale.shard import WHOLE, Shard

if TYPE_CHECKING:
    from lapa.scale.engines import Engine


@dataclass(frozen=True)
class Made:
    """A part as it was made. content: of its file. pairs: frame pairs in it. notes: what went
    wrong with single episodes, for people."""

    content: bytes
    pairs: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Work:
    """Work in parts.

    parts: the ids of each part's episodes, in order. task: by a part's number, what has to be known
    to make it, small and picklable. open: gives what makes a part of its task; called once in each
    process, so that this is where a model is loaded; picklable where other processes are to work.
    """

    parts: Sequence[Sequence[str]]
    task: Callable[[int], Any]
    open: Callable[[], Callable[[Any], Made]]


@dataclass(frozen=True)
class Progress:
    """done, total: episodes of this shard, those of earlier runs included. fresh: in this step.
    pairs: of frames, made in this run. note: what others have to do with it, for people."""

    done: int
    total: int
    fresh: int
    pairs: int
    note: str = ""


def run(work: Work, parts: Parts, engine: Engine, shard: Shard = WHOLE) -> Iterator[Progress]:
    """Make the parts of this share that are not there yet. Once all of all shares are there, they
    are held against the work list, and the folder is closed: whoever ends last does it.

    Raises:
        ValueError: a part is not what it should be.
    """
    mine = shard.share(range(len(work.parts)))
    missing = [number for number in mine if not parts.part(number).exists()]
    total = sum(len(work.parts[number]) for number in mine)
    done = total - sum(len(work.parts[number]) for number in missing)
    pairs = 0
    for step in engine(work, parts, missing):
        yield from (Progress(done, total, 0, pairs, note) for note in step.notes)
        if step.written:
            pairs += step.pairs
            done += len(work.parts[step.number])
            yield Progress(done, total, len(work.parts[step.number]), pairs)
    absent = [at for at in range(len(work.parts)) if not parts.part(at).exists()]
    if absent:
        first = parts.part(absent[0]).name
        note = f"{len(absent)} of {len(work.parts)} parts are not there yet ({first} is the first)"
        yield Progress(done, total, 0, pairs, note)
        return
    parts.check(work.parts)
    parts.finish()


def complete(work: Work, parts: Parts) -> bool:
    """Whether no part is missing."""
    return all(parts.part(at).exists() for at in range(len(work.parts)))


def in_parts(count: int, size: int) -> list[range]:
    """The numbers 0 … count - 1 in runs of `size`; the last may be shorter."""
    return [range(first, min(first + size, count)) for first in range(0, count, size)]
