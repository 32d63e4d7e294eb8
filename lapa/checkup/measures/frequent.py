"""The latent actions that occur most, which the page offers to press, and the do-nothing one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from lapa.checkup.measure import Material, Measure
from lapa.evaluation.codes import Codes
from lapa.evaluation.table import Groups, PairTable, grouped
from lapa.evaluation.watch import Tick


@dataclass(frozen=True)
class FrequentCodes:
    """The most frequent latent actions with their shares of the pairs, and the do-nothing one.

    still: the latent action inferred most often when the future is x_t itself.
    """

    pairs: int
    frequent: tuple[tuple[Codes, float], ...]
    still: Codes


def frequent_codes(table: PairTable, count: int = 8) -> Groups[FrequentCodes]:
    """The `count` most frequent latent actions and the do-nothing one, per embodiment."""
    return grouped(table, lambda part: _frequent(part, count))


def _frequent(table: PairTable, count: int) -> FrequentCodes:
    total = len(table)
    ranked = _ranked(table.codes)[:count]
    shares = tuple((codes, number / total) for codes, number in ranked)
    return FrequentCodes(pairs=total, frequent=shares, still=_ranked(table.still)[0][0])


def _ranked(codes: np.ndarray) -> list[tuple[Codes, int]]:
    """Latent actions by falling count; equal counts by the codes, so the order is reproducible."""
    counted = Counter(tuple(row) for row in codes.tolist())
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


class FrequentMeasure(Measure[Groups[FrequentCodes]]):
    """The commonest latent actions, for usage.json; no figure is judged."""

    key = "frequent"

    def compute(self, material: Material, tick: Tick) -> Groups[FrequentCodes]:
        return frequent_codes(material.table)


MEASURE = FrequentMeasure()
