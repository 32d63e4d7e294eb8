"""Distinctness: can the eight pictures of a sweep be told apart?

An explorer of codes whose pictures look alike explores nothing, however small their error is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.measure import (
    Column,
    Figure,
    Material,
    Measure,
    fitting,
    percent,
)
from lapa.checkup.scale import Scale
from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, share
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import draw_each, grouped_rows, origins, silent
from lapa.evaluation.table import Groups
from lapa.evaluation.watch import Tick

# frames of each embodiment: each costs S·K pictures
SAMPLE = 12


@dataclass(frozen=True)
class Distinctness:
    """Sweeps of every position around the inferred latent action of `frames` frames.

    distinctness: mean absolute difference of two of the K pictures of a sweep, over all pairs of
        them, divided by that of x_t and x_t+H; sums over frames and positions before the division.
        1: another code changes the picture as much as the robot did; 0: all pictures are the same.
    by_position: the same for each position alone.
    """

    frames: int
    distinctness: Estimate
    by_position: tuple[float, ...]


def distinctness(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    stride: int = 1,
    count: int = SAMPLE,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[Distinctness]:
    """On up to `count` pairs of each embodiment, drawn with `seed` from every `stride`-th."""
    rng = np.random.default_rng([seed, 5])
    rows = draw_each(pairs, stride, count, rng)
    apart, moved = [], []
    for done, row in enumerate(rows):
        batch = pairs.take([row])
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        codes = quantizer.encode(frame, future)[0]
        apart.append(_sweeps(quantizer, frame, codes))
        moved.append(np.abs(future.astype(np.float64) - frame).mean())
        tick(done + 1, len(rows))
    episode, bodies = origins(pairs, rows)
    differences, motion = np.array(apart), np.array(moved)

    def measure(chosen: np.ndarray) -> Distinctness:
        mine, true = differences[chosen], motion[chosen]
        return Distinctness(
            frames=len(chosen),
            distinctness=share(mine.mean(1), true, episode[chosen], draws=draws),
            by_position=tuple(
                float(total / true.sum()) if true.sum() > 0 else float("nan")
                for total in mine.sum(0)
            ),
        )

    return grouped_rows(bodies, measure)


def _sweeps(quantizer: Quantizer, frame: np.ndarray, codes: np.ndarray) -> list[float]:
    """For every position the mean absolute difference of the pictures of its sweep, grey levels.

    frame: (1, h, w, 3).
    """
    scene, size = quantizer.prepare(frame), quantizer.config.codebook_size
    rows = np.repeat(codes[None], size * len(codes), 0)
    for position in range(len(codes)):
        rows[position * size : (position + 1) * size, position] = np.arange(size)
    pictures = np.asarray(quantizer.decode(scene, rows))
    return [difference(each) for each in np.split(pictures, len(codes))]


def difference(pictures: np.ndarray) -> float:
    """Mean absolute difference of two pictures, over all pairs of them, grey levels.

    Of sorted values each counts as often as others lie below it, less those above: no pair has to
    be looked at.
    """
    sorted_values = np.sort(np.asarray(pictures, dtype=np.float64), axis=0)
    count = len(sorted_values)
    weights = 2 * np.arange(count) - (count - 1)
    total = np.tensordot(weights, sorted_values, 1).mean()
    return float(total / (count * (count - 1) / 2))


class DistinctnessFigure(Figure[Groups[Distinctness]]):
    """How far apart the pictures of a sweep are, over how far the frames truly are."""

    key = "distinctness"
    name = "Distinctness of a sweep"
    question = questions.EFFECT
    explanation = (
        "All codes of one position are tried on a frame, and the pictures are compared with each "
        "other; their mean difference is divided by how much truly changed. At 1 another "
        "code changes the picture as much as the truth did, near 0 all pictures look alike."
    )
    scale = Scale(
        0.60, 0.30, 2, 0, 1.2,
        "At least 0.60 is our bar with four codes to a latent action, 0.85 with one; below 0.30 "
        "the pictures of a sweep can hardly be told apart (ours).",
    )  # fmt: skip
    column = Column(
        "distinctness", "distinct", "distinct",
        "Distinct: difference of the pictures of a sweep over that of the pair.",
    )  # fmt: skip

    def sentence(self, result: Groups[Distinctness], scale: Scale) -> str:
        value = result.overall.distinctness.value
        share = f"two pictures of a sweep differ by {percent(value)} of what a real move changes"
        return fitting(
            scale,
            value,
            f"The codes can be told apart: {share}.",
            f"The codes can be told apart by looking closely: {share}.",
            f"The codes look alike: {share}.",
        )


class DistinctnessMeasure(Measure[Groups[Distinctness]]):
    """Sweeps of every position on a draw of frames."""

    key = "distinctness"
    figures = (DistinctnessFigure(),)
    stage = "sweeps"
    doing = "Trying every code of every position"
    cost = 0.25
    sample = SAMPLE
    pictures = True
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[Distinctness]:
        options = material.options
        return distinctness(
            material.quantizer, material.pairs, stride=options.stride, seed=options.seed, tick=tick
        )


MEASURE = DistinctnessMeasure()
