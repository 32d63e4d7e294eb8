"""Folds of whole episodes, so that nothing is predicted by a model that saw its episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def folds(episode: np.ndarray, count: int = 5) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Masks (N,) of the rows to learn from and of those to predict, up to `count` of them.

    The largest episode left goes to the smallest fold, so the folds are about alike and the same
    at every call. Fewer episodes than `count` give a fold each; one episode gives none.
    """
    names, place, sizes = np.unique(episode, return_inverse=True, return_counts=True)
    count = min(count, len(names))
    if count < 2:
        return
    load, fold = np.zeros(count, np.int64), np.zeros(len(names), np.int64)
    for index in np.argsort(-sizes, kind="stable"):
        fold[index] = load.argmin()
        load[fold[index]] += sizes[index]
    for number in range(count):
        predicted = fold[place] == number
        yield ~predicted, predicted


# inputs (N, F), targets (N, A), episode (N,) and inputs asked for (n, F) -> targets (n, A)
Predict = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def predict_out_of_fold(
    predict: Predict, inputs: np.ndarray, targets: np.ndarray, episode: np.ndarray
) -> np.ndarray:
    """Targets (N, A) predicted from inputs (N, F), each row by a fit without its episode.

    NaN where there is no other episode to learn from.
    """
    predicted = np.full(targets.shape, np.nan)
    for learnt, held_out in folds(episode):
        lesson = inputs[learnt], targets[learnt], episode[learnt]
        predicted[held_out] = predict(*lesson, inputs[held_out])
    return predicted
