"""Two checkpoints beside each other: what is better, what is worse, and what cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lapa.checkup.report.finding import Finding, Report
from lapa.checkup.report.published import Published


@dataclass(frozen=True)
class Difference:
    """One figure of two reports. verdict: "better" (the first is), "worse", "alike", "unknown".

    sure: whether the intervals lie apart; without intervals a difference counts as it is.
    change: the first figure minus the second, as text; empty where one is unknown. same_data:
    whether both were measured on the same; if not, neither is better.
    """

    key: str
    name: str
    mine: str
    other: str
    verdict: str
    sure: bool
    change: str = ""
    same_data: bool = True

    @property
    def words(self) -> str:
        """The difference in a few words, from the first one's side."""
        if not self.same_data:
            return "not ranked: measured on different data"
        if self.verdict in ("alike", "unknown"):
            return {"alike": "the same", "unknown": "cannot be told"}[self.verdict]
        return self.verdict if self.sure else f"{self.verdict}, but the intervals overlap"


def differences(report: Report | Published, other: Report | Published) -> tuple[Difference, ...]:
    """Every figure that both have, in the order of the questions."""
    others = {each.key: each for each in other.findings}
    both = [each for each in report.findings if each.key in others]
    same = same_data(report, other)
    return tuple(_difference(each, others[each.key], same) for each in both)


def same_data(report: Report | Published, other: Report | Published) -> bool:
    """Whether two were measured on the same frame pairs, without which neither can be better."""
    mine, theirs = ((each.data, each.pairs, each.episodes) for each in (report, other))
    return mine == theirs


def _difference(mine: Finding, other: Finding, same: bool) -> Difference:
    if not same:
        return Difference(
            mine.key, mine.name, mine.figure, other.figure, "unknown", sure=False, same_data=False
        )
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
    digits = mine.scale.number(change)
    unit = "" if mine.scale.unit.startswith("of ") else mine.scale.ending
    sign = "+" if change > 0 and float(digits) else "±" if not digits.strip("0.−") else ""
    return f"{sign}{digits}{unit}{' points' if mine.scale.percent else ''}"


def _judged(mine: Finding, other: Finding) -> tuple[str, bool]:
    if math.isnan(mine.value) or math.isnan(other.value) or mine.scale is None:
        return "unknown", False
    if mine.value == other.value:
        return "alike", True
    lower = mine.value < other.value
    verdict = "better" if lower == mine.scale.low_is_good else "worse"
    ends = (mine.low, mine.high, other.low, other.high)
    overlap = all(map(math.isfinite, ends)) and mine.low <= other.high and other.low <= mine.high
    return verdict, not overlap
