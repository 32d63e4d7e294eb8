"""Is the imagined frame a picture of the robot, or fog? Sharpness where it moves, and the distance
of features.

Squared errors cannot tell: fog lies nearer to every possible future than a sharp arm a pixel beside
its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from lapa.checkup import questions
from lapa.checkup.measure import Column, Figure, Material, Measure, fitting, percent
from lapa.checkup.scale import VERDICTS, Scale
from lapa.evaluation.estimate import DRAWS, Estimate, share
from lapa.evaluation.table import Groups, PairTable, grouped
from lapa.evaluation.watch import Tick

# more than this of the true frame's detail is noise; our bar reaches as far
NOISY = 1.15


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


class MovingSharpness(Figure[Groups[Picture]]):
    """Detail where the true frame moves, over the true frame's."""

    key = "moving_sharpness"
    name = "Sharpness where it moves"
    question = questions.FOG
    explanation = (
        "Where the true frame changes, the energy of the imagined frame's edges is divided by that "
        "of the true frame's, after both are halved so that a fine checkerboard earns nothing. At "
        "1 what moves is as sharp as in a real frame, well below it is fog, above it is noise."
    )
    scale = Scale(
        0.85, 0.50, 2, 0, 1.4,
        "0.85 to 1.15 is our bar: as sharp as the truth; below 0.5 what moves dissolves "
        "(ours).",
    )  # fmt: skip
    column = Column(
        "sharpness", "sharpness", "sharpness",
        "Sharpness: detail where the true frame moves, over the true frame's.",
    )  # fmt: skip

    def at_best(self, value: float) -> str:
        return "fair" if value > NOISY else VERDICTS[0]

    def sentence(self, result: Groups[Picture], scale: Scale) -> str:
        value = result.overall.sharpness.value
        share = f"where something moves the picture has {percent(value)} of the true detail"
        return fitting(
            scale,
            value,
            f"Too much of it is noise: {share}." if value > NOISY else f"A picture: {share}.",
            f"Blurred: {share}.",
            f"Fog: {share}.",
        )


class FeatureDistance(Figure[Groups[Picture]]):
    """Distance to the truth in a network's features, over that of x_t."""

    key = "feature_distance"
    name = "Feature distance"
    question = questions.FOG
    explanation = (
        "A small network that has learned from photographs compares the imagined frame with the "
        "true one, and the distance is divided by that of not moving at all. It minds what an eye "
        "minds: at 0 the two look the same, at 1 the picture helps no more than the old frame."
    )
    scale = Scale(
        0.40, 0.75, 2, 0, 1.2,
        "At most 0.40 is our bar for robots; 1 is what leaving the picture alone reaches, and a "
        "foggy picture reaches that, too (ours).",
    )  # fmt: skip
    column = Column(
        "feature_distance", "features", "features",
        "Features: distance in the features of a small pretrained network, over x_t's.",
    )  # fmt: skip

    def sentence(self, result: Groups[Picture], scale: Scale) -> str:
        value = result.overall.feature_distance.value
        share = f"to a network that knows photographs it is {percent(value)} as far from the "
        share += "truth as the old frame"
        return fitting(
            scale,
            value,
            f"It looks right: {share}.",
            f"It looks nearer to the truth than the old frame, but not like it: {share}.",
            f"It does not look right: {share}.",
        )


class PictureMeasure(Measure[Groups[Picture]]):
    """Detail and features of every imagined frame: arithmetic on the table."""

    key = "picture"
    figures = (MovingSharpness(), FeatureDistance())
    pictures = True
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[Picture]:
        return picture(material.table)


MEASURE = PictureMeasure()
