"""The small network as a probe: it reads what is bent, the same at every call, and no noise."""

from __future__ import annotations

import numpy as np

from lapa.evaluation import mlp, ridge


def r2(true: np.ndarray, guess: np.ndarray) -> float:
    return float(1 - np.square(true - guess).sum() / np.square(true - true.mean(0)).sum())


def test_it_reads_what_a_straight_line_cannot() -> None:
    generator = np.random.default_rng(0)
    inputs, asked = generator.normal(size=(400, 2)), generator.normal(size=(100, 2))

    def bent(rows: np.ndarray) -> np.ndarray:
        return np.abs(rows[:, :1]) - 0.8

    lesson = inputs, bent(inputs), np.arange(400) // 20
    assert r2(bent(asked), ridge.predict(*lesson, asked)) < 0.1
    found = mlp.predict(*lesson, asked)
    assert found.shape == (100, 1) and r2(bent(asked), found) > 0.9
    assert np.array_equal(found, mlp.predict(*lesson, asked))


def test_it_finds_nothing_where_nothing_is() -> None:
    generator = np.random.default_rng(1)
    inputs, targets = generator.normal(size=(400, 2)), generator.normal(size=(400, 1))
    found = mlp.predict(inputs[:300], targets[:300], np.arange(300) // 20, inputs[300:])
    assert r2(targets[300:], found) < 0.05
