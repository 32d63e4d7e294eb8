"""Ridge regression whose strength is chosen by episodes, and that never saw what it predicts."""

from __future__ import annotations

import numpy as np

from lapa.evaluation.folds import folds

# penalties on standardised inputs, as a multiple of the number of rows
STRENGTHS = np.logspace(-4, 2, 13)


def predict(
    inputs: np.ndarray, targets: np.ndarray, episode: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Targets (n, A) for asked (n, F), learnt from inputs (N, F) and targets (N, A).

    The strength is chosen for each target by folds over the episodes (N,) learnt from.
    """
    strength = _strengths(inputs, targets, episode)
    path = _path(inputs, targets, asked)
    predicted: np.ndarray = np.take_along_axis(path, strength[None, None], 0)[0]
    return predicted


def _strengths(inputs: np.ndarray, targets: np.ndarray, episode: np.ndarray) -> np.ndarray:
    """The index into STRENGTHS with the least error for each target (A,); the middle one where a
    single episode leaves nothing to choose by."""
    error = np.zeros((len(STRENGTHS), targets.shape[1]))
    for learnt, held_out in folds(episode):
        every = _path(inputs[learnt], targets[learnt], inputs[held_out])
        error += np.square(every - targets[held_out]).sum(1)
    return error.argmin(0) if error.any() else np.full(len(error.T), len(STRENGTHS) // 2)


def _path(inputs: np.ndarray, targets: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Predictions (strengths, n, A) for asked (n, F), from one eigendecomposition."""
    middle, spread = inputs.mean(0), inputs.std(0)
    scale = np.where(spread > 1e-9, spread, np.inf)  # what never changes says nothing
    level = targets.mean(0)
    known, wanted = (inputs - middle) / scale, (asked - middle) / scale
    values, axes = np.linalg.eigh(known.T @ known)
    along = axes.T @ (known.T @ (targets - level))
    penalty = STRENGTHS[:, None] * len(inputs)
    shrunk = along / (np.maximum(values, 0) + penalty)[..., None]
    predicted: np.ndarray = (wanted @ axes) @ shrunk + level
    return predicted
