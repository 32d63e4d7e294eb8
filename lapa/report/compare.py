"""Two checkpoints beside each other: what is better, what is worse, and what cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lapa.report.finding import Finding, Report
from lapa.report.published import Published


@dataclass(frozen=True)
class Difference:
    """One figure of two reports. verdict: "better" (the first is), "worse", "alike", "unknown".

    sure: whether the intervals lie apart; without intervals a difference counts as it is.
    change: the first figure minus the second, as text; empty where one is unknown.
    """

    key: str
    name: str
    mine: str
    other: str
    verdict: str
    sure: bool
    change: str = ""

    @property
    def words(self) -> str:
        """The difference in a few words, from the first one's side."""
        if self.verdict in ("alike", "unknown"):
            return {"alike": "the same", "unknown": "cannot be told"}[self.verdict]
        return self.verdict if self.sure else f"{self.verdict}, but the intervals overlap"


def differences(report: Report | Published, other: Report | Published) -> tuple[Difference, ...]:
    """Every figure that both have, in the order of the questions."""
    found = {each.key: each for each in other.findings}
    both = [each for each in report.findings if each.key in found]
    return tuple(_difference(each, found[each.key]) for each in both)


def _difference(mine: Finding, other: Finding) -> Difference:
    verdict, sure = _judged(mine, other)
    return Difference(
        key=mine.key,
        name=mine.name,
        mine=mine.figure,
        other=other.figure,
        verdict=verdict,
        sure=sure,
        change=_change(mine, other),
    )


def _change(mine: Finding, other: Finding) -> str:
    change = mine.value - other.value
    if math.isnan(change) or mine.scale is None:
        return ""
    shown = mine.scale.number(change)
    unit = "" if mine.scale.unit.startswith("of ") else mine.scale.ending
    sign = "+" if change > 0 and float(shown) else "±" if not shown.strip("0.−") else ""
    return f"{sign}{shown}{unit}{' points' if mine.scale.percent else ''}"


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
