"""Which frame pairs the costly measures look at, and figures of them by embodiment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.table import Groups

T = TypeVar("T")
Item = TypeVar("Item")
Row = tuple[int, int, int]
BATCH = 32


def by_embodiment(pairs: FramePairs, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows (episode, t, gap_frames) of each embodiment, in alphabetical order of the names."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(pairs.cache.episodes[row[0]].embodiment, []).append(row)
    return {name: found[name] for name in sorted(found)}


def drawn(rows: Sequence[Item], count: int, rng: np.random.Generator) -> list[Item]:
    """Up to `count` of the rows without repetition, in their order."""
    places = rng.choice(len(rows), size=min(count, len(rows)), replace=False)
    return [rows[place] for place in sorted(places)]


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Slices of up to BATCH items."""
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))


def grouped_rows(embodiment: np.ndarray, measure: Callable[[np.ndarray], T]) -> Groups[T]:
    """`measure(rows)` of all rows together and of each embodiment's; rows (n,) int64 indices."""
    names = sorted(set(embodiment.tolist()))
    parts = {name: measure(np.flatnonzero(embodiment == name)) for name in names}
    return Groups(measure(np.arange(len(embodiment))), parts)


def silent(done: int, total: int) -> None:
    """A tick for those who do not ask how far it is."""
