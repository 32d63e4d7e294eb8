"""Latents on a map: UMAP (McInnes, Healy and Melville 2018), and PCA as the honest baseline.

UMAP draws what is near together and may draw apart what is not; PCA shows the widest spread and
nothing else. Where both show a cluster, there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lapa.atlas.quality import ASKED, trustworthiness

FITTED = 30_000
# of a map fitted on a sample: cells that tell how dense it is where, points they are found on, and
# points that are placed on the map at once
CELLS, LOOKED_AT, AT_ONCE = 512, 50_000, 20_000


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of N points.

    coordinates: (N, dims) float32. transform: new latents (B, F) -> (B, dims) float32. about: how
    it was made, JSON-able.
    """

    coordinates: np.ndarray
    transform: Callable[[np.ndarray], np.ndarray]
    about: dict[str, object]


def principal(latents: np.ndarray, dims: int) -> Projection:
    """The `dims` principal axes of latents (N, F), by singular value decomposition. Axes beyond F
    have no extent: along them every point lies at 0.

    Raises:
        ValueError: more dimensions than points.
    """
    _check(latents, dims)
    mean = latents.mean(0, dtype=np.float64)
    centred = latents - mean
    values, axes = np.linalg.eigh(centred.T @ centred)
    flat = max(dims - len(values), 0)
    values, axes = np.pad(values, (flat, 0)), np.pad(axes, ((0, 0), (flat, 0)))
    share = values[::-1][:dims] / max(values.sum(), 1e-12)
    axes = axes[:, ::-1][:, :dims]
    # the sign of an axis is free: its largest part points up, so that a map can be made again
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(dims)])

    def transform(new: np.ndarray) -> np.ndarray:
        placed: np.ndarray = ((new - mean) @ axes).astype(np.float32)
        return placed

    about: dict[str, object] = {
        "method": "PCA",
        "variance": [round(float(each), 4) for each in share],
    }
    return Projection(transform(latents), transform, about)


def umap(
    latents: np.ndarray,
    dims: int,
    *,
    neighbours: int = 15,
    metric: str = "euclidean",
    min_dist: float = 0.1,
    seed: int = 0,
    fitted: int = FITTED,
) -> Projection:
    """UMAP of latents (N, F), the same for the same seed.

    Args:
        neighbours: each point is held near so many; few show detail, many the large picture.
        metric: of the latents, as umap-learn names it (euclidean, cosine, …).
        fitted: points that the map is fitted on, as `sample` draws them; the others are placed on
            it, AT_ONCE at a time. `about` then has the trustworthiness of both.

    Raises:
        ValueError: too few points for so many neighbours, or an unknown metric.
    """
    _check(latents, dims)
    if len(latents) <= neighbours:
        raise ValueError(
            f"UMAP needs more points than neighbours; received {len(latents)} and {neighbours}"
        )
    # takes seconds to import
    import umap as learn

    rows = sample(latents, fitted, seed)
    model = learn.UMAP(
        n_components=dims, n_neighbors=neighbours, metric=metric, min_dist=min_dist,
        random_state=seed, n_jobs=1, transform_seed=seed,
    )  # fmt: skip
    places: np.ndarray = np.empty((len(latents), dims), np.float32)
    places[rows] = model.fit_transform(latents[rows])
    rest = np.setdiff1d(np.arange(len(latents)), rows, assume_unique=True)
    for first in range(0, len(rest), AT_ONCE):
        own = rest[first : first + AT_ONCE]
        places[own] = model.transform(latents[own])
    about: dict[str, object] = {
        "method": "UMAP", "neighbours": neighbours, "metric": metric, "min_dist": min_dist,
        "seed": seed, "fitted": len(rows),
    }  # fmt: skip
    if len(rest):
        rng = np.random.default_rng([seed, 7])
        about["trustworthiness"] = {
            name: round(trustworthiness(latents[own], places[own]), 4)
            for name, own in (("fitted", _few(rows, rng)), ("placed", _few(rest, rng)))
        }
    return Projection(places, lambda new: model.transform(new).astype(np.float32), about)


def sample(latents: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Rows (n,) int64 of up to `count` latents (N, F), chosen by density: each cell of k-means
    gives in proportion to the square root of how many are in it, so that what is rare is on the map
    and what is frequent does not fill it. All of them where there are no more."""
    from sklearn.cluster import MiniBatchKMeans

    if len(latents) <= count:
        return np.arange(len(latents))
    rng = np.random.default_rng(seed)
    seen = rng.choice(len(latents), min(LOOKED_AT, len(latents)), replace=False)
    cells = MiniBatchKMeans(min(CELLS, count), n_init=1, batch_size=4096, random_state=seed)
    cells.fit(latents[np.sort(seen)])
    cell = np.concatenate(
        [cells.predict(latents[at : at + LOOKED_AT]) for at in range(0, len(latents), LOOKED_AT)]
    )
    counts = np.bincount(cell)
    shares = _shares(counts, count)
    order = rng.permutation(len(latents))
    order = order[np.argsort(cell[order], kind="stable")]
    first = np.cumsum(counts) - counts
    rows = [order[at : at + share] for at, share in zip(first, shares, strict=True)]
    chosen: np.ndarray = np.sort(np.concatenate(rows))
    return chosen


def _shares(counts: np.ndarray, total: int) -> np.ndarray:
    """`total` of them shared out over cells by the square root of their counts; none gives more
    than it has, and what it cannot give the others do."""
    low, high = 0.0, float(total)
    # the factor at which as many are given as asked for, to less than one
    for _ in range(60):
        factor = (low + high) / 2
        given = np.minimum(counts, factor * np.sqrt(counts)).sum()
        low, high = (factor, high) if given < total else (low, factor)
    exact = np.minimum(counts, high * np.sqrt(counts))
    shares: np.ndarray = np.floor(exact).astype(np.int64)
    # the largest remainders make up for what was rounded away
    short = np.argsort(shares - exact, kind="stable")[: max(0, total - int(shares.sum()))]
    shares[short] = np.minimum(shares[short] + 1, counts[short])
    return shares


def _few(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    few: np.ndarray = rng.choice(rows, min(ASKED, len(rows)), replace=False)
    return few


def _check(latents: np.ndarray, dims: int) -> None:
    if latents.ndim != 2 or not 1 <= dims <= len(latents):
        raise ValueError(
            f"latents are {latents.shape} and dims {dims}; accepted are (N, F) and 1 to N"
        )
