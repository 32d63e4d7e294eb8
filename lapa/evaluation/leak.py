"""Leak: is the future smuggled through the codes as a picture, instead of told as an action?

"The decoder rebuilds x2 even across a scene cut, so is this an action at all?" (LAPA issue 38.)
A quantizer whose codes say how to move cannot rebuild a foreign scene; one that stores looks can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, by_embodiment, drawn, grouped_rows, silent
from lapa.evaluation.table import Groups, psnr, squared_error
from lapa.evaluation.watch import Tick

SAMPLE = 24


@dataclass(frozen=True)
class Leak:
    """The scene-cut test and past-to-current and future-to-current similarity.

    foreign_gain: PSNR(decode(x_t, encode(x_t, f)), f) − PSNR(x_t, f) in dB, mean over pairs, f a
    frame of another embodiment, or of another episode where there is one embodiment only. About
    0 or below is right, the codes have no way to say it; NaN where there is no other scene.
    own_gain: the same with the true future x_t+H for f, for comparison: that one should be high.
    s_pcfc: cosine of z(x_t-H, x_t) and z(x_t+H, x_t), latents laid out flat, mean over moments
    that have both (CoMo, Yang et al. 2025: S-PCFC). 1: the latent holds the scene only; opposite
    motions give −1. It says nothing alone: a moment in which nothing moves has 1, too.
    """

    pairs: int
    foreign_gain: Estimate
    s_pcfc: Estimate
    own_gain: float


def leak(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    stride: int = 1,
    count: int = SAMPLE,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[Leak]:
    """On up to `count` frame pairs of each embodiment, drawn with `seed` from every `stride`-th.

    The moments for s_pcfc are another such draw, of those with a whole gap before them.
    """
    rng = np.random.default_rng([seed, 1])
    rows = by_embodiment(pairs, pairs.all(stride=stride))
    own = [row for group in rows.values() for row in drawn(group, count, rng)]
    foreign = [_foreign(row, pairs, rows, rng) for row in own]
    moments = [
        row
        for group in rows.values()
        for row in drawn([row for row in group if row[1] >= row[2]], count, rng)
    ]
    told, total = 0, len(own) + len(moments)
    # one row a pair, then one a moment: own gain, foreign gain, cosine; NaN for what it has not
    figures = np.full((total, 3), np.nan)
    for part in batches(list(zip(own, foreign, strict=True))):
        figures[told : told + len(part), :2] = _gains(quantizer, pairs, part)
        tick(told := told + len(part), total)
    for part in batches(moments):
        figures[told : told + len(part), 2] = _past_and_future(quantizer, pairs, part)
        tick(told := told + len(part), total)
    episode = np.array([row[0] for row in [*own, *moments]])
    bodies = np.array([pairs.cache.episodes[index].embodiment for index in episode])
    return grouped_rows(bodies, lambda rows: _leak(figures[rows], episode[rows], draws))


def _leak(figures: np.ndarray, episode: np.ndarray, draws: int) -> Leak:
    """figures (n, 3): own gain, foreign gain and cosine."""
    own, foreign, cosine = figures.T
    known = [np.isfinite(each) for each in (foreign, cosine)]
    return Leak(
        pairs=int(np.isfinite(own).sum()),
        foreign_gain=mean(foreign[known[0]], episode[known[0]], draws=draws),
        s_pcfc=mean(cosine[known[1]], episode[known[1]], draws=draws),
        own_gain=float(np.nanmean(own)),
    )


def _foreign(
    row: Row, pairs: FramePairs, rows: dict[str, list[Row]], rng: np.random.Generator
) -> Row | None:
    """A frame of another scene, as the pair that it begins; None if there is none."""
    mine = pairs.cache.episodes[row[0]].embodiment
    others = [name for name in rows if name != mine]
    if others:
        group = rows[others[rng.integers(len(others))]]
    else:
        group = [other for other in rows[mine] if other[0] != row[0]]
    return group[rng.integers(len(group))] if group else None


def _gains(
    quantizer: Quantizer, pairs: FramePairs, part: list[tuple[Row, Row | None]]
) -> np.ndarray:
    """(B, 2): PSNR gained over copying x_t, for the true future and for the foreign frame."""
    batch = pairs.take([row for row, _ in part])
    frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
    scene = quantizer.prepare(frame)
    gains = np.full((len(part), 2), np.nan)
    gains[:, 0] = _gain(quantizer, scene, frame, future)
    if all(other is not None for _, other in part):
        cut = quantizer.resize(pairs.take([other for _, other in part]).frame)
        gains[:, 1] = _gain(quantizer, scene, frame, cut)
    return gains


def _gain(quantizer: Quantizer, scene: object, frame: np.ndarray, goal: np.ndarray) -> np.ndarray:
    imagined = quantizer.decode(scene, quantizer.encode(frame, goal))
    return psnr(squared_error(imagined, goal)) - psnr(squared_error(frame, goal))


def _past_and_future(quantizer: Quantizer, pairs: FramePairs, part: list[Row]) -> np.ndarray:
    """(B,) cosines of the latents that lead from x_t-H and from x_t+H to x_t."""
    after = pairs.take(part)
    before = pairs.take([(episode, t - gap, gap) for episode, t, gap in part])
    now = quantizer.resize(after.frame)
    past = quantizer.latent(quantizer.resize(before.frame), now)
    future = quantizer.latent(quantizer.resize(after.future), now)
    return _cosine(past.reshape(len(part), -1), future.reshape(len(part), -1))


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of the rows of (B, n); NaN where one of them is zero."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    dots = (a * b).sum(1, dtype=np.float64)
    return np.divide(dots, lengths, out=np.full(len(a), np.nan), where=lengths > 0)
