"""Closer to the future: does the imagined frame lie nearer to x_t+H than x_t itself does?

The authors' own criterion for a good quantizer (LAPA issues 26 and 27), as a ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lapa.checkup import questions
from lapa.checkup.drawings import svg
from lapa.checkup.drawings.interval_bars import Mark, bars_by_embodiment
from lapa.checkup.drawings.strips import strips
from lapa.checkup.measure import Checkup, Column, Figure, Material, Measure, fitting, percent
from lapa.checkup.scale import Scale
from lapa.evaluation.estimate import DRAWS, Estimate, share
from lapa.evaluation.table import Groups, PairTable, grouped, psnr
from lapa.evaluation.watch import Tick

# a ratio that lies no further below that of random codes owes nothing to the codes
NO_PROOF = 0.1


@dataclass(frozen=True)
class Reconstruction:
    """Figures of one group of frame pairs.

    ratio: mean MSE(decode, x_t+H) / mean MSE(x_t, x_t+H), means over pairs before the division, so
    a pair counts by how much it moves; below 1 the model moved the right way, 0 is exact.
    random_ratio: the same with a random other latent action in place of the inferred one. Where a
    robot dissolves, that lies below 1, too: a ratio says something only beside this one.
    mse, copy_mse: those means. psnr, copy_psnr: means over pairs of each pair's PSNR, in dB.
    """

    pairs: int
    ratio: Estimate
    random_ratio: Estimate
    mse: float
    copy_mse: float
    psnr: float
    copy_psnr: float


def reconstruction(table: PairTable, *, draws: int = DRAWS) -> Groups[Reconstruction]:
    """Closer to the future, overall and per embodiment. The overall ratio pools all pairs.

    A group in which nothing moves has no ratio: it is NaN.
    """
    return grouped(table, lambda part: _reconstruction(part, draws))


def _reconstruction(table: PairTable, draws: int) -> Reconstruction:
    return Reconstruction(
        pairs=len(table),
        ratio=share(table.mse, table.copy_mse, table.episode, draws=draws),
        random_ratio=share(table.random_mse, table.copy_mse, table.episode, draws=draws),
        mse=float(table.mse.mean()),
        copy_mse=float(table.copy_mse.mean()),
        psnr=float(psnr(table.mse).mean()),
        copy_psnr=float(psnr(table.copy_mse).mean()),
    )


class Ratio(Figure[Groups[Reconstruction]]):
    """The error of the imagined frame over that of not moving."""

    key = "ratio"
    name = "Closer-to-the-future ratio"
    question = questions.MOTION
    explanation = (
        "The imagined frame and the frame it starts from are both compared with what really came "
        "next, and the two errors are divided. Below 1 the picture moved the right way, at 1 it "
        "might as well have stood still, and 0 would be exact."
    )
    scale = Scale(
        0.45, 0.85, 2, 0, 1.2,
        "At most 0.45 is good, 0.32 is our bar for robots; below 1 is the LAPA authors' own "
        "criterion (closer to the future "
        "than to the present). A collapsed quantizer that always paints the mean motion reaches "
        "about 0.85, so that is where poor begins.",
    )  # fmt: skip
    column = Column(
        "ratio", "MSE ratio", "ratio",
        "MSE ratio: MSE(decode, x_t+H) / MSE(x_t, x_t+H), below 1 is closer to the future than "
        "x_t.",
        digits=3, interval=True,
    )  # fmt: skip

    def sentence(self, result: Groups[Reconstruction], scale: Scale) -> str:
        value, chance = result.overall.ratio.value, result.overall.random_ratio.value
        share = f"its error is {percent(value)} of the error of not moving at all"
        poor = f"No: {share}. Leaving the picture alone would be nearer to the truth."
        if value < 1:
            poor = f"Hardly: {share}, which the average motion alone could reach."
        sentence = fitting(
            scale,
            value,
            f"Yes, clearly: {share}.",
            f"It moves the right way: {share}, and the rest of the motion is missing or blurred.",
            poor,
        )
        if math.isnan(chance):
            return sentence
        end = "."
        if chance - value < NO_PROOF:
            end = ": nearly the same, so this figure proves nothing here."
        return f"{sentence} With random codes it is {percent(chance)}{end}"

    def picture(self, result: Groups[Reconstruction], checkup: Checkup) -> str:
        return bars_by_embodiment(
            result,
            "ratio",
            self.scale,
            title="Error of the imagined frame, as a share of the error of not moving",
            marks=(Mark(self.scale.good, "our bar", svg.GOOD), Mark(1.0, "not moving", svg.WRONG)),
        )


class WorstRatio(Figure[Groups[Reconstruction]]):
    """The same for the embodiment that is imagined worst."""

    key = "ratio_worst"
    name = "Ratio of the worst embodiment"
    question = questions.MOTION
    explanation = (
        "The same ratio, for the embodiment that is imagined worst. An average can hide one that "
        "the quantizer does not understand at all."
    )
    scale = Scale(
        0.70, 0.95, 2, 0, 1.5,
        "At most 0.70 for every embodiment is good (ours), 0.45 is our bar for robots; 1 is no "
        "better than not moving at all, and "
        "from 0.95 on we call it poor.",
    )  # fmt: skip

    def estimate(self, result: Groups[Reconstruction]) -> Estimate:
        ratios = [each.ratio for each in result.embodiments.values()]
        known = [ratio for ratio in ratios if math.isfinite(ratio.value)]
        return max(known, key=float, default=result.overall.ratio)

    def sentence(self, result: Groups[Reconstruction], scale: Scale) -> str:
        worst = self.estimate(result)
        name = next(name for name, each in result.embodiments.items() if each.ratio is worst)
        if len(result.embodiments) == 1:
            return f"The clips show one embodiment only, {name}."
        return fitting(
            scale,
            worst.value,
            f"Even {name}, which is imagined worst, moves the right way.",
            f"{name} is imagined worst: it moves the right way, but much of the motion is missing.",
            f"{name} is not understood: its picture gets no nearer to the truth than standing "
            "still.",
        )

    def picture(self, result: Groups[Reconstruction], checkup: Checkup) -> str:
        return strips(checkup["worst"])


class RandomRatio(Figure[Groups[Reconstruction]]):
    """The same with random codes in place of the pair's."""

    key = "random_ratio"
    name = "Ratio with random codes"
    question = questions.MOTION
    explanation = (
        "The same ratio when the codes are not those of the pair but random others. What "
        "dissolves beats standing still with any codes, so the ratio above says something only as "
        "far as it lies below this one."
    )
    scale = Scale(
        1.0, 0.85, 2, 0, 2,
        "At 1 and above random codes do no better than not moving, as they should; far below 1 "
        "whatever is painted there beats a copy, and the ratio proves nothing (ours).",
    )  # fmt: skip
    decides = False
    column = Column("random_ratio", "random", legend="Random: the same with random codes.")

    def sentence(self, result: Groups[Reconstruction], scale: Scale) -> str:
        value = result.overall.random_ratio.value
        share = f"with random codes the error is {percent(value)} of that of not moving"
        return fitting(
            scale,
            value,
            f"As it should be: {share}, so wrong codes do not help.",
            f"A little suspicious: {share}, so even wrong codes help.",
            f"Suspicious: {share}. What is painted there helps with any codes, as fog does.",
        )


class ReconstructionMeasure(Measure[Groups[Reconstruction]]):
    """Errors of every imagined frame: arithmetic on the table."""

    key = "reconstruction"
    figures = (Ratio(), WorstRatio(), RandomRatio())
    pictures = True
    place = "group"

    def compute(self, material: Material, tick: Tick) -> Groups[Reconstruction]:
        return reconstruction(material.table)


MEASURE = ReconstructionMeasure()
