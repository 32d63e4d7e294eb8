"""Is the imagined frame a picture of the robot, or fog? Sharpness where it moves, and the distance
of features.

Squared errors cannot tell: fog lies nearer to every possible future than a sharp arm a pixel beside
its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.evaluation.estimate import DRAWS, Estimate, share
from lapa.evaluation.table import Groups, PairTable, grouped


@dataclass(frozen=True)
class Picture:
    """What the eye minds of one group of frame pairs. Both figures divide sums over pairs, so that
    a pair counts by how much moves in it; NaN where nothing does.

    sharpness: Laplacian energy of the imagined over that of the true frame, where the true one
        moves (see images.moving_energy); 1 is as sharp as the truth, less is fog, more noise.
    feature_distance: distance of the imagined frame to the true one in the features of a small
        network that learned from photographs, over that of x_t (see lapa.nn.features); 0 is the
        same to the eye, 1 no nearer than standing still.
    """

    pairs: int
    sharpness: Estimate
    feature_distance: Estimate


def picture(table: PairTable, *, draws: int = DRAWS) -> Groups[Picture]:
    """Sharpness where it moves and feature distance, overall (pooled) and per embodiment."""
    return grouped(table, lambda part: _picture(part, draws))


def _picture(table: PairTable, draws: int) -> Picture:
    return Picture(
        pairs=len(table),
        sharpness=share(table.energy, table.true_energy, table.episode, draws=draws),
        feature_distance=share(table.feature, table.copy_feature, table.episode, draws=draws),
    )
