"""Leak: is the future smuggled through the codes as a picture, instead of told as an action?

"The decoder rebuilds x2 even across a scene cut, so is this an action at all?" (LAPA issue 38.)
A quantizer whose codes say how to move cannot rebuild a foreign scene; one that stores looks can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings import svg
from lapa.checkup.drawings.interval_bars import Mark, bars_by_embodiment
from lapa.checkup.measure import (
    Checkup,
    Column,
    Figure,
    Material,
    Measure,
    fitting,
)
from lapa.checkup.scale import Scale
from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import (
    Row,
    batches,
    by_embodiment,
    draw,
    grouped_rows,
    origins,
    silent,
)
from lapa.evaluation.table import Groups, psnr, squared_error
from lapa.evaluation.watch import Tick

# frame pairs of each embodiment, and as many moments with a past
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
    own = [row for group in rows.values() for row in draw(group, count, rng)]
    foreign = [_foreign(row, pairs, rows, rng) for row in own]
    moments = [
        row
        for group in rows.values()
        for row in draw([row for row in group if row[1] >= row[2]], count, rng)
    ]
    done, total = 0, len(own) + len(moments)
    # one row a pair, then one a moment: own gain, foreign gain, cosine; NaN for what it has not
    figures = np.full((total, 3), np.nan)
    for part in batches(list(zip(own, foreign, strict=True))):
        figures[done : done + len(part), :2] = _gains(quantizer, pairs, part)
        tick(done := done + len(part), total)
    for rest in batches(moments):
        figures[done : done + len(rest), 2] = _past_and_future(quantizer, pairs, rest)
        tick(done := done + len(rest), total)
    episode, bodies = origins(pairs, [*own, *moments])
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
    quantizer: Quantizer, pairs: FramePairs, part: Sequence[tuple[Row, Row | None]]
) -> np.ndarray:
    """(B, 2): PSNR gained over copying x_t, for the true future and for the foreign frame."""
    batch = pairs.take([row for row, _ in part])
    frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
    scene = quantizer.prepare(frame)
    gains = np.full((len(part), 2), np.nan)
    gains[:, 0] = _gain(quantizer, scene, frame, future)
    others = [other for _, other in part if other is not None]
    if len(others) == len(part):
        cut = quantizer.resize(pairs.take(others).frame)
        gains[:, 1] = _gain(quantizer, scene, frame, cut)
    return gains


def _gain(quantizer: Quantizer, scene: Any, frame: np.ndarray, goal: np.ndarray) -> np.ndarray:
    imagined = quantizer.decode(scene, quantizer.encode(frame, goal))
    gain: np.ndarray = psnr(squared_error(imagined, goal)) - psnr(squared_error(frame, goal))
    return gain


def _past_and_future(quantizer: Quantizer, pairs: FramePairs, part: Sequence[Row]) -> np.ndarray:
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
    cosines: np.ndarray = np.divide(dots, lengths, out=np.full(len(a), np.nan), where=lengths > 0)
    return cosines


class ForeignGain(Figure[Groups[Leak]]):
    """What the codes of a cut to a foreign frame gain over copying, in dB."""

    key = "leak"
    name = "Gain on a foreign scene"
    question = questions.LEAK
    explanation = (
        "The quantizer is shown a future from quite another scene, and decodes those codes on the "
        "first scene. If that rebuilds the foreign picture, the codes carry appearance and not "
        "motion, and every other figure is worth less."
    )
    scale = Scale(
        1.0, 3.0, 2, -4, 12,
        "At most 1 dB is good (ours), 0.5 dB is our bar for robots: a latent action that only "
        "says what moved cannot rebuild a "
        "scene that it does not see. Rebuilding it gains 10 dB and more.",
        unit="dB",
    )  # fmt: skip
    unknown = "there is no second recording to take a scene from"
    column = Column(
        "foreign_gain", "leak dB", "leak dB",
        "Leak: what the codes of a foreign scene gain over copying.",
    )  # fmt: skip

    def sentence(self, result: Groups[Leak], scale: Scale) -> str:
        value = result.overall.foreign_gain.value
        gain = f"the codes of a foreign scene bring the picture {abs(value):.1f} dB "
        gain += "nearer to it" if value > 0 else "further away from it"
        return fitting(
            scale,
            value,
            f"No: {gain}, which is next to nothing." if value > 0 else f"No: {gain}.",
            f"A little: {gain}.",
            f"Yes: {gain}. The codes carry how the scene looks, not only what moves.",
        )

    def picture(self, result: Groups[Leak], checkup: Checkup) -> str:
        return bars_by_embodiment(
            result,
            "foreign_gain",
            self.scale,
            title="How far a foreign scene is rebuilt from its codes, in dB",
            marks=(Mark(self.scale.good, "our bar", svg.WRONG),),
        )


class PastFutureCosine(Figure[Groups[Leak]]):
    """Whether the latents that lead to a frame from its past and its future agree."""

    key = "s_pcfc"
    name = "S-PCFC"
    question = questions.LEAK
    explanation = (
        "The latent from the past to now is compared with the latent from the future to now: the "
        "two hold opposite motions of the same scene. A cosine near 1 means that they hold the "
        "scene and not the motion."
    )
    scale = Scale(
        0.80, 0.95, 2, -1, 1,
        "1 is static content only, -1 is opposite latents for opposite motions; at most 0.80 is "
        "good (ours). A low figure proves nothing alone (noise has it too), so it stands beside "
        "the probe and does not decide.",
    )  # fmt: skip
    decides = False
    unknown = "no recording is long enough for a past and a future with latents of their own"
    column = Column("s_pcfc", page="S-PCFC")

    def sentence(self, result: Groups[Leak], scale: Scale) -> str:
        return fitting(
            scale,
            result.overall.s_pcfc.value,
            "Past and future of a moment have different latents, as opposite motions should.",
            "Past and future of a moment have nearly the same latent: much of it is the scene.",
            "Past and future of a moment have the same latent: it holds the scene, not the motion.",
        )


class LeakMeasure(Measure[Groups[Leak]]):
    """Pairs with a foreign future, and moments with a past and a future."""

    key = "leak"
    figures = (ForeignGain(), PastFutureCosine())
    stage = "leak"
    doing = "Showing it foreign scenes"
    cost = 0.044
    sample = SAMPLE
    pictures = True
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[Leak]:
        options = material.options
        return leak(
            material.quantizer, material.pairs, stride=options.stride, seed=options.seed, tick=tick
        )


MEASURE = LeakMeasure()
