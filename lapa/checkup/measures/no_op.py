"""No-op: does doing nothing have one code, and does that code leave the frame alone?

LAPA's appendix shows codes that drift on their own; an explorer and a policy need one that waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings import svg
from lapa.checkup.drawings.interval_bars import Mark, bars_by_embodiment
from lapa.checkup.measure import (
    Checkup,
    Column,
    Context,
    Figure,
    Material,
    Measure,
    fitting,
    percent,
)
from lapa.checkup.scale import VERDICTS, Scale
from lapa.data import FramePairs
from lapa.evaluation.codes import Codes
from lapa.evaluation.estimate import DRAWS, Estimate, bootstrap, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, draw_each, grouped_rows, origins, silent
from lapa.evaluation.table import Groups, psnr, squared_error
from lapa.evaluation.watch import Tick

# frames of each embodiment
SAMPLE = 48
# how well a code for standing still keeps the picture, in dB: above 32 the eye hardly sees a change
KEPT = Scale(32.0, 27.0, 1, 15, 45, "ours", unit="dB")


@dataclass(frozen=True)
class NoOp:
    """Static pairs (x_t, x_t): what they are encoded as, and what that does to the frame.

    share: of the frames whose latent action is the commonest one of their embodiment, in 0 … 1.
    kept: PSNR of decode(x_t, encode(x_t, x_t)) against x_t, mean over frames, dB. code: the
    latent action that is commonest in the group.
    """

    frames: int
    share: Estimate
    kept: Estimate
    code: Codes


def no_op(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    stride: int = 1,
    count: int = SAMPLE,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[NoOp]:
    """On up to `count` frames of each embodiment, drawn with `seed` from every `stride`-th."""
    rng = np.random.default_rng([seed, 2])
    rows = draw_each(pairs, stride, count, rng)
    codes: list[Codes] = []
    kept: list[float] = []
    for part in batches(rows):
        inferred, quality = _static(quantizer, pairs, part)
        codes.extend(map(tuple, inferred.tolist()))
        kept.extend(quality.tolist())
        tick(len(kept), len(rows))
    episode, bodies = origins(pairs, rows)
    return grouped_rows(
        bodies,
        lambda chosen: _no_op(
            [codes[i] for i in chosen],
            np.array(kept)[chosen],
            episode[chosen],
            bodies[chosen],
            draws,
        ),
    )


def _static(
    quantizer: Quantizer, pairs: FramePairs, part: Sequence[Row]
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (B, S) of the static pairs, and the PSNR (B,) of their frames after decoding."""
    frame = quantizer.resize(pairs.take(part).frame)
    codes = quantizer.encode(frame, frame)
    return codes, psnr(squared_error(quantizer.decode(frame, codes), frame))


def _no_op(
    codes: list[Codes], kept: np.ndarray, episode: np.ndarray, bodies: np.ndarray, draws: int
) -> NoOp:
    kinds, number, often = np.unique(
        np.array(codes), axis=0, return_inverse=True, return_counts=True
    )
    number = number.reshape(-1)
    body = np.unique(bodies, return_inverse=True)[1]
    counts = np.zeros((body.max() + 1, len(kinds)))

    def share(rows: np.ndarray) -> float:
        """Found anew in every draw, so that a code common by chance widens the interval."""
        counts[:] = 0
        np.add.at(counts, (body[rows], number[rows]), 1)
        return float(counts.max(1).sum() / len(rows))

    return NoOp(
        frames=len(codes),
        share=bootstrap(share, episode, draws=draws),
        kept=mean(kept, episode, draws=draws),
        code=tuple(kinds[often.argmax()].tolist()),
    )


class OneCode(Figure[Groups[NoOp]]):
    """The share of standing frames that get the commonest latent action."""

    key = "no_op"
    name = "One code for standing still"
    question = questions.NO_OP
    explanation = (
        "The quantizer is shown the same frame twice, so nothing moves. A good one always answers "
        "with one code, and that code leaves the picture as it is."
    )
    scale = Scale(
        0.90, 0.50, 0, 0, 1,
        "At least 90 % with one code, and a picture kept at 32 dB or better, is good; 27 dB is "
        "fair (ours: above 32 dB the eye hardly sees a change).",
        percent=True,
    )  # fmt: skip
    still = True
    column = Column("share", page="no-op")

    def estimate(self, result: Groups[NoOp]) -> Estimate:
        return result.overall.share

    def at_best(self, value: float, context: Context) -> str:
        """One code for standing still is worth only what it keeps of the picture."""
        kept = KEPT.verdict(context.of("no_op", "kept"))
        return VERDICTS[0] if kept == "unknown" else kept

    def sentence(self, result: Groups[NoOp], scale: Scale) -> str:
        share, kept = percent(result.overall.share.value), result.overall.kept.value
        text = KEPT.text(kept)
        picture = fitting(
            KEPT,
            kept,
            f"and it leaves the picture as it is ({text})",
            f"and it nearly leaves the picture as it is ({text})",
            f"but it changes the picture ({text})",
        )
        return fitting(
            scale,
            result.overall.share.value,
            f"Yes: {share} of all standing frames get one and the same code, {picture}.",
            f"Mostly: {share} of all standing frames get the commonest code, {picture}.",
            f"No: standing frames get many codes, the commonest {share}, {picture}.",
        )

    def picture(self, result: Groups[NoOp], checkup: Checkup) -> str:
        return bars_by_embodiment(
            result,
            "share",
            self.scale,
            title="Share of standing frames that get the commonest code",
            marks=(Mark(self.scale.good, "90 %", svg.GOOD),),
        )


class NoOpMeasure(Measure[Groups[NoOp]]):
    """Static pairs, (x_t, x_t), and what decoding keeps of their frames."""

    key = "no_op"
    figures = (OneCode(),)
    stage = "doing nothing"
    doing = "Showing it frames in which nothing moves"
    cost = 0.018
    sample = SAMPLE
    pictures = True
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[NoOp]:
        options = material.options
        return no_op(
            material.quantizer, material.pairs, stride=options.stride, seed=options.seed, tick=tick
        )


MEASURE = NoOpMeasure()
