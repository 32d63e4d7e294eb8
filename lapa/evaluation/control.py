"""Controllability: how much do the codes matter to the imagined frame?

ΔPSNR of Genie (Bruce et al. 2024, section 3.1), with AdaWorld's way of drawing the other code.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.table import Groups, PairTable, grouped, psnr


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
