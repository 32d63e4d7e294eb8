"""Closer to the future: does the imagined frame lie nearer to x_t+H than x_t itself does?

The authors' own criterion for a good quantizer (LAPA issues 26 and 27), as a ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.evaluation.estimate import DRAWS, Estimate, share
from lapa.evaluation.table import Groups, PairTable, grouped, psnr


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
