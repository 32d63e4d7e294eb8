"""A new frame pair on a map that is there, with numpy alone."""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10


def nearest(
    known: np.ndarray, new: np.ndarray, count: int = NEIGHBOURS
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of N latents (N, F) to each of B new ones (B, F): rows (B, n) int64, the nearest
    first, and their Euclidean distances (B, n) float64."""
    known, new = known.astype(np.float64), np.atleast_2d(new).astype(np.float64)
    square = (known**2).sum(1) - 2 * new @ known.T + (new**2).sum(1)[:, None]
    count = min(count, len(known))
    rows = np.argpartition(square, count - 1, axis=1)[:, :count]
    order = np.take_along_axis(square, rows, 1).argsort(1, kind="stable")
    rows = np.take_along_axis(rows, order, 1)
    # again by differences: by products, equal latents would be a little apart
    apart = np.linalg.norm(known[rows] - new[:, None], axis=-1)
    return rows, apart


def place(
    known: np.ndarray, coordinates: np.ndarray, new: np.ndarray, count: int = NEIGHBOURS
) -> np.ndarray:
    """Coordinates (B, dims) float32 for new latents (B, F): the mean of those of the nearest known
    ones (N, F), each weighted by one over its distance; a known latent keeps its own place."""
    rows, apart = nearest(known, new, count)
    weight = 1 / np.maximum(apart, 1e-9)
    weight /= weight.sum(1, keepdims=True)
    placed: np.ndarray = (coordinates[rows] * weight[..., None]).sum(1).astype(np.float32)
    return placed
