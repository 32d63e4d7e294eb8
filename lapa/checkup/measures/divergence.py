"""Do embodiments use the same codes, or has each its own?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings import matrix
from lapa.checkup.measure import ONE_EMBODIMENT, Checkup, Figure, Material, Measure, fitting
from lapa.checkup.scale import Scale
from lapa.evaluation.codes import jensen_shannon
from lapa.evaluation.estimate import DRAWS, Estimate, interval, mean_known, resamples
from lapa.evaluation.table import PairTable
from lapa.evaluation.watch import Tick


@dataclass(frozen=True)
class Divergence:
    """How differently embodiments use the codes: Jensen-Shannon divergence in bits, in [0, 1].

    JSD(P, Q) = H((P + Q) / 2) − (H(P) + H(Q)) / 2 (Lin 1991, section IV, equal weights), P and Q
    the shares of the codes at one position; the mean over positions. 0: the same use, 1: no code
    in common. Few pairs make it larger, and so does drawing some of the episodes twice: the
    draws are shifted to the mean of `value` before the interval is read from them.
    matrix: embodiments × embodiments, in the order of `embodiments`. mean: over every two of
    them, with its interval over episodes; NaN for one embodiment.
    """

    embodiments: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]
    mean: Estimate


def divergence(table: PairTable, *, draws: int = DRAWS) -> Divergence:
    """The divergence of every two embodiments, and its mean over them."""
    names, body = np.unique(table.embodiment, return_inverse=True)
    _, episode = np.unique(table.episode, return_inverse=True)
    shape = (episode.max() + 1, len(names), table.codes.shape[1], table.codebook_size)
    counts = np.zeros(shape)
    np.add.at(counts, (episode[:, None], body[:, None], np.arange(shape[2]), table.codes), 1)
    matrix = jensen_shannon(counts.sum(0))
    value = _off_diagonal(matrix)
    weights = resamples(len(counts), draws, 0)
    resampled = np.array(
        [_off_diagonal(jensen_shannon(np.tensordot(row, counts, 1))) for row in weights]
    )
    shift = value - mean_known(resampled)
    return Divergence(
        embodiments=tuple(names.tolist()),
        matrix=tuple(map(tuple, matrix.tolist())),
        mean=interval(value, np.maximum(resampled + shift, 0)),
    )


def _off_diagonal(matrix: np.ndarray) -> float:
    """The mean over every two groups that both have codes; NaN where there are none."""
    above = matrix[np.triu_indices(len(matrix), 1)]
    above = above[np.isfinite(above)]
    return float(above.mean()) if len(above) else float("nan")


class DivergenceFigure(Figure[Divergence]):
    """How differently two embodiments use the codes, in bits."""

    key = "divergence"
    name = "Divergence of code use"
    question = questions.SHARING
    explanation = (
        "How differently do two embodiments use the codes (Jensen-Shannon divergence, averaged "
        "over all pairs of them)? At 0 bits they use the same codes equally often, at 1 bit they "
        "have no code in common."
    )
    scale = Scale(
        0.10, 0.30, 2, 0, 1,
        "0 bits is the same use, 1 bit is no code in common; below 0.10 is good (ours). Few clips "
        "make it larger than it is.",
        unit="bits",
    )  # fmt: skip
    unknown = ONE_EMBODIMENT

    def estimate(self, result: Divergence) -> Estimate:
        return result.mean

    def sentence(self, result: Divergence, scale: Scale) -> str:
        return fitting(
            scale,
            result.mean.value,
            "Yes: the embodiments use the same codes about equally often.",
            "Mostly: the embodiments share codes, but each has its favourites.",
            "No: each has codes of its own, so a code learnt on one may be new to another.",
        )

    def picture(self, result: Divergence, checkup: Checkup) -> str:
        """Darker the further apart."""
        return matrix.divergence(result.embodiments, result.matrix, result.mean.value)


class DivergenceMeasure(Measure[Divergence]):
    """Counts of the codes by embodiment: arithmetic on the table."""

    key = "divergence"
    figures = (DivergenceFigure(),)
    place = "beside"

    def compute(self, material: Material, tick: Tick) -> Divergence:
        return divergence(material.table)


MEASURE = DivergenceMeasure()
