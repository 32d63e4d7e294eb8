"""Controllability: how much do the codes matter to the imagined frame?

ΔPSNR of Genie (Bruce et al. 2024, section 3.1), with AdaWorld's way of drawing the other code.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.checkup import questions
from lapa.checkup.drawings import svg
from lapa.checkup.drawings.interval_bars import Mark, bars_by_embodiment
from lapa.checkup.measure import Checkup, Column, Figure, Material, Measure, fitting
from lapa.checkup.scale import Scale
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.table import Groups, PairTable, grouped, psnr
from lapa.evaluation.watch import Tick

# what Genie reports on platform games, in dB
GENIE = 1.91


@dataclass(frozen=True)
class Control:
    """ΔPSNR = PSNR(x_t+H, decode(inferred codes)) − PSNR(x_t+H, decode(other codes)), in dB.

    Each term is a mean over frame pairs of the pair's PSNR. 0 means that the decoder ignores the
    codes. It rewards any effect of a code, not a consistent one. Genie reports it at t = 4.
    """

    pairs: int
    delta_psnr: Estimate
    psnr: float
    other_psnr: float


def control(table: PairTable, *, draws: int = DRAWS) -> Groups[Control]:
    """ΔPSNR overall (all pairs pooled) and per embodiment."""
    return grouped(table, lambda part: _control(part, draws))


def _control(table: PairTable, draws: int) -> Control:
    mine, other = psnr(table.mse), psnr(table.random_mse)
    return Control(
        pairs=len(table),
        delta_psnr=mean(mine - other, table.episode, draws=draws),
        psnr=float(mine.mean()),
        other_psnr=float(other.mean()),
    )


class DeltaPsnr(Figure[Groups[Control]]):
    """What the pair's own codes gain over random ones, in dB."""

    key = "delta_psnr"
    name = "ΔPSNR"
    question = questions.EFFECT
    explanation = (
        "Every frame is imagined twice: with the codes of its own pair and with random other "
        "codes. The gap in picture quality (in decibels) says how much the decoder listens to the "
        "codes; at 0 it ignores them."
    )
    scale = Scale(
        GENIE, 0.5, 2, 0, 4,
        "Genie reports 1.91 dB on platform games and 2.07 dB on robot video, four frames on; "
        "our bar for robots is 5.5 dB. Below half a decibel the difference can hardly be seen "
        "(ours).",
        unit="dB",
    )  # fmt: skip
    column = Column(
        "delta_psnr", "ΔPSNR dB", "ΔPSNR dB",
        "ΔPSNR: PSNR with the inferred codes minus PSNR with a random other latent action.",
        interval=True,
    )  # fmt: skip

    def sentence(self, result: Groups[Control], scale: Scale) -> str:
        value = result.overall.delta_psnr.value
        return fitting(
            scale,
            value,
            f"Yes: the right codes make the picture {value:.1f} dB better than random ones.",
            f"Somewhat: the right codes make the picture {value:.1f} dB better than random ones, "
            "so they steer it, but not strongly.",
            f"Hardly: the right codes make a difference of {value:.1f} dB against random ones. "
            "The decoder nearly ignores them.",
        )

    def picture(self, result: Groups[Control], checkup: Checkup) -> str:
        return bars_by_embodiment(
            result,
            "delta_psnr",
            self.scale,
            title="What the right codes gain over random ones, in dB",
            marks=(Mark(GENIE, "Genie", svg.GOOD),),
        )


class ControlMeasure(Measure[Groups[Control]]):
    """The two pictures of every pair: arithmetic on the table."""

    key = "control"
    figures = (DeltaPsnr(),)
    pictures = True
    place = "group"

    def compute(self, material: Material, tick: Tick) -> Groups[Control]:
        return control(material.table)


MEASURE = ControlMeasure()
