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
# frame pairs that a quantizer gets at once
BATCH = 32


def by_embodiment(pairs: FramePairs, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows (episode, t, gap_frames) of each embodiment, in alphabetical order of the names."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(pairs.cache.episodes[row[0]].embodiment, []).append(row)
    return {name: groups[name] for name in sorted(groups)}


def draw_each(pairs: FramePairs, stride: int, count: int, rng: np.random.Generator) -> list[Row]:
    """Up to `count` frame pairs of each embodiment, drawn from every `stride`-th."""
    groups = by_embodiment(pairs, pairs.all(stride=stride)).values()
    return [row for group in groups for row in draw(group, count, rng)]


def origins(pairs: FramePairs, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Of every row its episode, (N,) int64, and its embodiment, (N,) str."""
    episode = np.array([row[0] for row in rows], dtype=np.int64)
    return episode, np.array([pairs.cache.episodes[index].embodiment for index in episode])


def draw(rows: Sequence[Item], count: int, rng: np.random.Generator) -> list[Item]:
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
