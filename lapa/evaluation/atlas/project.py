"""Latents on a map: UMAP (McInnes, Healy and Melville 2018), and PCA as the honest baseline.

UMAP draws what is near together and may draw apart what is not; PCA shows the widest spread and
nothing else. Where both show a cluster, there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FITTED = 30_000


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
    """The `dims` principal axes of latents (N, F), by singular value decomposition.

    Raises:
        ValueError: more dimensions than features or points.
    """
    _check(latents, dims)
    mean = latents.mean(0, dtype=np.float64)
    centred = latents - mean
    values, axes = np.linalg.eigh(centred.T @ centred)
    share = values[::-1][:dims] / max(values.sum(), 1e-12)
    axes = axes[:, ::-1][:, :dims]
    # the sign of an axis is free: its largest part points up, so that a map can be made again
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(dims)])

    def transform(new: np.ndarray) -> np.ndarray:
        return ((new - mean) @ axes).astype(np.float32)

    about = {"method": "PCA", "variance": [round(float(each), 4) for each in share]}
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
        fitted: points that the map is fitted on, drawn with the seed; the others are placed on it.

    Raises:
        ValueError: too few points for so many neighbours, or an unknown metric.
    """
    import umap as learn

    _check(latents, dims)
    if len(latents) <= neighbours:
        raise ValueError(
            f"UMAP needs more points than neighbours; received {len(latents)} and {neighbours}"
        )
    rows = np.arange(len(latents))
    if len(latents) > fitted:
        rows = np.sort(np.random.default_rng(seed).choice(len(latents), fitted, replace=False))
    model = learn.UMAP(
        n_components=dims, n_neighbors=neighbours, metric=metric, min_dist=min_dist,
        random_state=seed, n_jobs=1, transform_seed=seed,
    )  # fmt: skip
    found = np.empty((len(latents), dims), np.float32)
    found[rows] = model.fit_transform(latents[rows])
    rest = np.setdiff1d(np.arange(len(latents)), rows)
    if len(rest):
        found[rest] = model.transform(latents[rest])
    about = {
        "method": "UMAP", "neighbours": neighbours, "metric": metric, "min_dist": min_dist,
        "seed": seed, "fitted": len(rows),
    }  # fmt: skip
    return Projection(found, lambda new: model.transform(new).astype(np.float32), about)


def _check(latents: np.ndarray, dims: int) -> None:
    if latents.ndim != 2 or not 1 <= dims <= min(latents.shape):
        raise ValueError(
            f"latents are {latents.shape} and dims {dims}; accepted are (N, F) and 1 to min(N, F)"
        )
