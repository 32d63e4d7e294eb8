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
    Figure,
    Material,
    Measure,
    fitting,
    percent,
)
from lapa.checkup.scale import Scale
from lapa.data import FramePairs
from lapa.evaluation.codes import Codes
from lapa.evaluation.estimate import DRAWS, Estimate, bootstrap, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, draw_each, grouped_rows, origins, silent
from lapa.evaluation.table import Groups, psnr, squared_error
from lapa.evaluation.watch import Tick

# frames of each embodiment
SAMPLE = 48


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
        "with one code; what that code does to the picture is the figure below."
    )
    scale = Scale(
        0.90, 0.50, 0, 0, 1,
        "At least 90 % of them with one code is good, from 50 % on it is fair (ours).",
        percent=True,
    )  # fmt: skip
    still = True
    column = Column("share", page="no-op")

    def sentence(self, result: Groups[NoOp], scale: Scale) -> str:
        share = percent(result.overall.share.value)
        return fitting(
            scale,
            result.overall.share.value,
            f"Yes: {share} of all standing frames get one and the same code.",
            f"Mostly: {share} of all standing frames get the commonest code.",
            f"No: standing frames get many codes, the commonest {share}.",
        )

    def picture(self, result: Groups[NoOp], checkup: Checkup) -> str:
        return bars_by_embodiment(
            result,
            "share",
            self.scale,
            title="Share of standing frames that get the commonest code",
            marks=(Mark(self.scale.good, "90 %", svg.GOOD),),
        )


class KeptPicture(Figure[Groups[NoOp]]):
    """What decoding the code of a standing frame keeps of that frame, in dB."""

    key = "no_op_kept"
    name = "Picture kept while standing still"
    question = questions.NO_OP
    explanation = (
        "Each frame is drawn from itself with the code that standing still got, and compared with "
        "itself (PSNR, in dB). The higher, the less the picture changes while nothing happens."
    )
    scale = Scale(
        32.0, 27.0, 1, 15, 45,
        "32 dB or more is good, as the eye hardly sees a change; 27 dB is fair (ours).",
        unit="dB",
    )  # fmt: skip
    still = True
    column = Column("kept", page="kept dB", digits=1)

    def sentence(self, result: Groups[NoOp], scale: Scale) -> str:
        return fitting(
            scale,
            result.overall.kept.value,
            "Yes: the code leaves the picture as it is.",
            "Nearly: the code leaves the picture almost as it is.",
            "No: the code changes the picture although nothing moves.",
        )


class NoOpMeasure(Measure[Groups[NoOp]]):
    """Static pairs, (x_t, x_t), and what decoding keeps of their frames."""

    key = "no_op"
    figures = (OneCode(), KeptPicture())
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
