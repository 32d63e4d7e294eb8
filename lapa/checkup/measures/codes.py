"""How the codes are used: codes in use and perplexity, position by position."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings.usage import usage
from lapa.checkup.measure import (
    Checkup,
    Column,
    Context,
    Figure,
    Material,
    Measure,
    certain,
    fitting,
)
from lapa.checkup.scale import Scale
from lapa.evaluation.codes import counts_by_position, perplexity
from lapa.evaluation.estimate import Estimate
from lapa.evaluation.table import Groups, PairTable, grouped
from lapa.evaluation.watch import Tick

# pairs for each code of the codebook below which its absence says nothing
ENOUGH = 4


@dataclass(frozen=True)
class CodeUse:
    """Use of the codebook over all pairs of a group, not a batch; tuples have one entry a position.

    used: codes that occur at least once. perplexity: exp(−Σ p ln p), from 1 (always the same
    code) to K (all equally often). latent_actions: different latent actions that occur.
    counts: occurrences of every code at every position, S tuples of K.
    """

    pairs: int
    used: tuple[int, ...]
    perplexity: tuple[float, ...]
    latent_actions: int
    counts: tuple[tuple[int, ...], ...]

    @property
    def least_used(self) -> int:
        """Codes used at the worst position."""
        return min(self.used)

    @property
    def least_perplexity(self) -> float:
        """Perplexity at the worst position."""
        return min(self.perplexity)


def code_use(table: PairTable) -> Groups[CodeUse]:
    """Codes used and perplexity, overall and per embodiment."""
    return grouped(table, _code_use)


def _code_use(table: PairTable) -> CodeUse:
    counts = counts_by_position(table.codes, table.codebook_size)
    return CodeUse(
        pairs=len(table),
        used=tuple((counts > 0).sum(-1).tolist()),
        perplexity=tuple(perplexity(counts).tolist()),
        latent_actions=len(np.unique(table.codes, axis=0)),
        counts=tuple(map(tuple, counts.tolist())),
    )


class Use(Figure[Groups[CodeUse]]):
    """Codes that occur at all, at the position that uses fewest."""

    key = "use"
    name = "Codes used"
    question = questions.USE
    explanation = (
        "Every frame pair gets one code at every position; this counts the different codes that "
        "occur at the position that uses fewest. A code that never occurs is a word that nobody "
        "says: the quantizer has fewer ways to tell motions apart than it could have."
    )
    column = Column(
        "used", "codes used", "codes used",
        "Codes used and perplexity: one figure a position.",
        digits=0, averaged=False,
    )  # fmt: skip

    def estimate(self, result: Groups[CodeUse]) -> Estimate:
        return certain(result.overall.least_used)

    def scale_in(self, context: Context) -> Scale:
        return Scale(
            context.codes, math.ceil(0.75 * context.codes), 0, 0, context.codes,
            "All of them, at every position: the LAPA authors' criterion. LARY measures 77 to 95 % "
            "of LAPA's codes in use, depending on the gap; three quarters is fair.",
            unit=f"of {context.codes} codes",
        )  # fmt: skip

    def silence(self, result: Groups[CodeUse], scale: Scale) -> str:
        return _too_few(result.overall, result.overall.least_used < _size(result.overall))

    def sentence(self, result: Groups[CodeUse], scale: Scale) -> str:
        codes = result.overall
        size, least = _size(codes), codes.least_used
        position = codes.used.index(least)
        return fitting(
            scale,
            least,
            f"Every one of the {size} codes occurs at every position.",
            f"At position {position} {least} of {size} codes ever occur; the others are idle.",
            f"Most of the codebook is idle: at position {position} only {least} of {size} codes "
            "ever occur. This is how a collapsed codebook looks.",
        )

    def picture(self, result: Groups[CodeUse], checkup: Checkup) -> str:
        groups = {name: group.counts for name, group in result.embodiments.items()}
        whole = result.overall
        words = "; ".join(
            f"position {position}: {used} codes used, perplexity {spread:.1f}"
            for position, (used, spread) in enumerate(
                zip(whole.used, whole.perplexity, strict=True)
            )
        )
        return usage(whole.counts, groups, description=f"{words}.")


class Perplexity(Figure[Groups[CodeUse]]):
    """How many equally frequent codes would be as varied, at the least varied position."""

    key = "perplexity"
    name = "Perplexity"
    question = questions.USE
    explanation = (
        "Perplexity says how many equally frequent codes would be as varied as these, "
        "exp(−Σ p ln p), at the least varied position. Eight codes of which one takes nearly "
        "everything have a perplexity close to 1."
    )
    column = Column("perplexity", "perplexity", "perplexity", digits=1, averaged=False)

    def estimate(self, result: Groups[CodeUse]) -> Estimate:
        return certain(result.overall.least_perplexity)

    def scale_in(self, context: Context) -> Scale:
        codes = context.codes
        return Scale(
            round(5.5 / 8 * codes, 2), codes / 2, 1, 1, codes,
            f"At least {5.5 / 8 * codes:.1f} of {codes} is good (ours); {codes} would be all codes "
            "equally often, 1 always the same one. Half of the codes is fair (ours).",
            unit=f"of {codes}",
        )  # fmt: skip

    def silence(self, result: Groups[CodeUse], scale: Scale) -> str:
        good = scale.verdict(result.overall.least_perplexity) == "good"
        return _too_few(result.overall, not good)

    def sentence(self, result: Groups[CodeUse], scale: Scale) -> str:
        least = result.overall.least_perplexity
        position = result.overall.perplexity.index(least)
        return fitting(
            scale,
            least,
            f"The codes share the work: even the least varied position ({position}) is as varied "
            f"as {least:.1f} equally frequent codes.",
            f"A few codes do most of the work at position {position}, which is only as varied as "
            f"{least:.1f} equally frequent codes.",
            f"One or two codes take nearly everything at position {position}; it is only as varied "
            f"as {least:.1f} equally frequent codes.",
        )


class CodesMeasure(Measure[Groups[CodeUse]]):
    """Counts of the codes: arithmetic on the table."""

    key = "codes"
    figures = (Use(), Perplexity())
    place = "group"
    unplaced = ("counts",)

    def compute(self, material: Material, tick: Tick) -> Groups[CodeUse]:
        return code_use(material.table)


def _size(codes: CodeUse) -> int:
    """K."""
    return len(codes.counts[0])


def _too_few(codes: CodeUse, lacking: bool) -> str:
    """Why codes that are lacking cannot be held against the quantizer; empty where they can."""
    if not lacking or codes.pairs >= ENOUGH * _size(codes):
        return ""
    return (
        f"{codes.pairs} frame pairs are too few to say that one of {_size(codes)} codes is never "
        "used"
    )


MEASURE = CodesMeasure()
