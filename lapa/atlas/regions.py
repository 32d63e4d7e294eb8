"""Regions of a map and what each is about: not what most of its points are, which on a map of
mostly one robot is that robot everywhere, but what most of them share and the rest do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# cells that the map is cut into: as many as their labels can stand beside each other
CELLS = 20
# points that the cells are fitted on, and rounds of it: then their middles hardly move any more
FITTED, ROUNDS = 4000, 20
# a label is shared by half of its region, and half as often again as elsewhere
SHARED, MORE = 0.5, 1.5
# a region of fewer points than this share of all is too small to be seen
SEEN = 0.01


# a column and its value; None where the points of a cell share nothing
Label = tuple[str, int] | None


@dataclass(frozen=True)
class Region:
    """Neighbouring cells with one label.

    cells: their numbers. place: in the middle of the largest one. name, value: the column of the
    labels and what it says of `share` of the `pairs` in the region, and of `rest` of all others.
    """

    cells: tuple[int, ...]
    place: tuple[float, ...]
    name: str
    value: int
    pairs: int
    share: float
    rest: float


@dataclass(frozen=True, eq=False)
class Regions:
    """middles: (C, dims) float64; a point belongs to the cell whose middle is nearest. labelled:
    the regions that share something, the largest first."""

    middles: np.ndarray
    labelled: tuple[Region, ...]


def regions(
    coordinates: np.ndarray,
    labels: Sequence[Mapping[str, np.ndarray]],
    *,
    cells: int = CELLS,
    seed: int = 0,
) -> Regions:
    """The regions of a map, the same for the same seed, in some tenth of a second.

    Args:
        coordinates: (N, dims), of one map.
        labels: columns (N,) of whole numbers by name, below 0 where there is nothing to say, in
            groups: a region is called after a column of the first group in which one fits.
    """
    space = coordinates.astype(np.float64)
    rng = np.random.default_rng(seed)
    middles = _middles(space, min(cells, len(space)), rng)
    cell = nearest_middle(space, middles)
    found = [_label(cell == number, labels) for number in range(len(middles))]
    groups = _touching(middles, found)
    columns = {name: column for group in labels for name, column in group.items()}
    told = [_region(space, cell, group, found[group[0]], columns) for group in groups]
    seen = [own for own in told if own.pairs >= SEEN * len(space)]
    return Regions(middles, tuple(sorted(seen, key=lambda own: -own.pairs)))


def nearest_middle(space: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """The cell of each point of (N, dims): (N,) int64."""
    nearest: np.ndarray = ((middles**2).sum(1) - 2 * space @ middles.T).argmin(1)
    return nearest


def _middles(space: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """k-means: begun far apart (k-means++), then each middle moves to the mean of its points."""
    some = space[rng.choice(len(space), min(FITTED, len(space)), replace=False)]
    middles = some[:1]
    for _ in range(count - 1):
        apart = ((some[:, None] - middles) ** 2).sum(-1).min(1)
        if not apart.any():
            break
        middles = np.vstack([middles, some[rng.choice(len(some), p=apart / apart.sum())]])
    for _ in range(ROUNDS):
        cell = nearest_middle(some, middles)
        middles = np.stack(
            [some[cell == n].mean(0) if (cell == n).any() else own for n, own in enumerate(middles)]
        )
    return middles


def _label(inside: np.ndarray, labels: Sequence[Mapping[str, np.ndarray]]) -> Label:
    """What the points inside share: of the commonest value of each column the one that tells most
    about being inside, by share · log₂(share / rest)."""
    for group in labels:
        ranked = []
        for name, column in group.items():
            said = column[inside & (column >= 0)]
            most = int(np.bincount(said, minlength=1).argmax())
            share, rest = _shares(column == most, inside)
            if share >= SHARED and share >= MORE * rest:
                contrast = share * np.log2(share / max(rest, 1 / len(column)))
                ranked.append((float(contrast), (name, most)))
        if ranked:
            return max(ranked)[1]
    return None


def _region(
    space: np.ndarray,
    cell: np.ndarray,
    group: Sequence[int],
    label: Label,
    columns: Mapping[str, np.ndarray],
) -> Region:
    """Cells that touch, as one region."""
    assert label is not None
    name, value = label
    inside = np.isin(cell, group)
    share, rest = _shares(columns[name] == value, inside)
    largest = max(group, key=lambda number: int((cell == number).sum()))
    return Region(
        cells=tuple(group),
        place=tuple(map(float, space[cell == largest].mean(0))),
        name=name,
        value=value,
        pairs=int(inside.sum()),
        share=share,
        rest=rest,
    )


def _shares(has: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """How many of the points inside have it, and of all others, each from 0 to 1."""
    own, all_inside = int((has & inside).sum()), int(inside.sum())
    rest, others = int(has.sum()) - own, len(has) - all_inside
    return own / max(all_inside, 1), rest / max(others, 1)


def _touching(middles: np.ndarray, labels: Sequence[Label]) -> list[list[int]]:
    """Labelled cells in groups: those of one label that touch, which is where no third middle is
    nearer to the point half way between both than they are."""
    groups: list[list[int]] = []
    for number, label in enumerate(labels):
        if label is None:
            continue
        near = [
            group
            for group in groups
            if labels[group[0]] == label and any(_touch(middles, number, own) for own in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([number, *(own for group in near for own in group)])
    return groups


def _touch(middles: np.ndarray, one: int, other: int) -> bool:
    between = (middles[one] + middles[other]) / 2
    return int(((middles - between) ** 2).sum(1).argmin()) in (one, other)
