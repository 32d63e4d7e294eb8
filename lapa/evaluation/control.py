"""Controllability: how much do the codes matter to the imagined frame?

ΔPSNR of Genie (Bruce et al. 2024, section 3.1), with AdaWorld's way of drawing the other code.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.evaluation.table import Groups, PairTable, grouped, psnr


@dataclass(frozen=True)
class Control:
    """ΔPSNR = PSNR(x_t+H, decode(inferred codes)) − PSNR(x_t+H, decode(other codes)), in dB.

    Each term is a mean over frame pairs of the pair's PSNR. 0 means that the decoder ignores the
    codes. It rewards any effect of a code, not a consistent one. Genie reports it at t = 4.
    """

    pairs: int
    delta_psnr: float
    psnr: float
    other_psnr: float


def control(table: PairTable) -> Groups[Control]:
    """ΔPSNR overall (all pairs pooled) and per embodiment."""
    return grouped(table, _control)


def _control(table: PairTable) -> Control:
    mine, other = float(psnr(table.mse).mean()), float(psnr(table.random_mse).mean())
    return Control(pairs=len(table), delta_psnr=mine - other, psnr=mine, other_psnr=other)
