"""What a map suggests, in figures: whose neighbours are alike, and is the map to be trusted?

A picture of clusters persuades; these say how much of it is there, on the map and in the latents
themselves, and what chance alone would give.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lapa.atlas.points import Points

NEIGHBOURS, ASKED, SEEN = 10, 4000, 80
# among so many points the nearest are looked for
MOST = 100_000


def map_quality(
    points: Points, maps: Mapping[str, np.ndarray], *, seed: int = 0
) -> dict[str, dict[str, float]]:
    """By map (and "latents", the space that they show): its figures, each a plain number.

    embodiment, code_0 … code_S-1, direction: neighbourhood purity, the share of the NEIGHBOURS
    nearest points of other clips with the same label, mean over up to ASKED points drawn with
    the seed; chance: of a random pair of other clips, as "chance" has it. trustworthiness (Venna
    and Kaski 2001): 1 where all neighbours on the map are neighbours in the latents, and about 0.5
    for a random map; not for "latents". Of more than MOST points, so many drawn with the seed.
    """
    rng = np.random.default_rng([seed, 5])
    if len(points) > MOST:
        rows = np.sort(rng.choice(len(points), MOST, replace=False))
        points, maps = points.take(rows), {name: own[rows] for name, own in maps.items()}
    asked = np.sort(rng.choice(len(points), min(ASKED, len(points)), replace=False))
    labels = _labels(points)
    figures = {"chance": {name: chance(each, points.clip) for name, each in labels.items()}}
    for name, space in {"latents": points.flat, **maps}.items():
        near = neighbours(space, points.clip, asked)
        figures[name] = {what: purity(near, each, asked) for what, each in labels.items()}
        if name != "latents":
            figures[name]["trustworthiness"] = trustworthiness(points.flat[asked], space[asked])
    return figures


def neighbours(space: np.ndarray, clip: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The NEIGHBOURS nearest points of other clips to each asked one, (n, NEIGHBOURS) int64; −1
    where there are not so many among the SEEN nearest ones of all."""
    from sklearn.neighbors import NearestNeighbors

    count = min(SEEN, len(space))
    rows = NearestNeighbors(n_neighbors=count).fit(space).kneighbors(space[asked])[1]
    foreign = clip[rows] != clip[asked][:, None]
    # the foreign ones first, each kind in its order
    order = np.argsort(~foreign, axis=1, kind="stable")[:, :NEIGHBOURS]
    chosen, known = np.take_along_axis(rows, order, 1), np.take_along_axis(foreign, order, 1)
    return np.where(known, chosen, -1)


def purity(near: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> float:
    """Share of the neighbours (n, k) that have the label of their point; −1 are left out."""
    known = near >= 0
    same = labels[near] == labels[asked][:, None]
    return float(same[known].mean()) if known.any() else float("nan")


def chance(labels: np.ndarray, clip: np.ndarray) -> float:
    """How often two points of different clips have the same label."""
    _, label = np.unique(labels, return_inverse=True)
    _, group = np.unique(clip, return_inverse=True)
    table = np.zeros((group.max() + 1, label.max() + 1))
    np.add.at(table, (group, label), 1)
    within, size = (table**2).sum(), table.sum(1)
    return float(((table.sum(0) ** 2).sum() - within) / max(size.sum() ** 2 - (size**2).sum(), 1))


def _labels(points: Points) -> dict[str, np.ndarray]:
    codes = {f"code_{place}": column for place, column in enumerate(points.codes.T)}
    return {"embodiment": points.embodiment, **codes, "direction": points.direction}


def trustworthiness(latents: np.ndarray, space: np.ndarray) -> float:
    """Of a map (N, dims) of latents (N, F), as `map_quality` has it."""
    from sklearn import manifold

    few = min(NEIGHBOURS, (len(latents) - 1) // 2)
    return float(manifold.trustworthiness(latents, space, n_neighbors=few)) if few else float("nan")
