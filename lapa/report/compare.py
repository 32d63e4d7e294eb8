"""Two checkpoints beside each other: what is better, what is worse, and what cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lapa.report.finding import Finding, Report


@dataclass(frozen=True)
class Difference:
    """One figure of two reports. verdict: "better" (the first is), "worse", "alike", "unknown".

    sure: whether the intervals lie apart; without intervals a difference counts as it is.
    """

    key: str
    name: str
    mine: str
    other: str
    verdict: str
    sure: bool

    @property
    def words(self) -> str:
        """The difference in a few words, from the first one's side."""
        if self.verdict in ("alike", "unknown"):
            return {"alike": "the same", "unknown": "cannot be told"}[self.verdict]
        return self.verdict if self.sure else f"{self.verdict}, but the intervals overlap"


def differences(report: Report, other: Report) -> tuple[Difference, ...]:
    """Every figure of both reports, in the order of the questions."""
    return tuple(_difference(each, other.finding(each.key)) for each in report.findings)


def _difference(mine: Finding, other: Finding) -> Difference:
    verdict, sure = _judged(mine, other)
    return Difference(mine.key, mine.name, mine.figure, other.figure, verdict, sure)


def _judged(mine: Finding, other: Finding) -> tuple[str, bool]:
    if math.isnan(mine.value) or math.isnan(other.value):
        return "unknown", False
    if mine.value == other.value:
        return "alike", True
    lower = mine.value < other.value
    verdict = "better" if lower == mine.scale.low_is_good else "worse"
    ends = (mine.low, mine.high, other.low, other.high)
    overlap = all(map(math.isfinite, ends)) and mine.low <= other.high and other.low <= mine.high
    return verdict, not overlap
