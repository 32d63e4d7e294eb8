"""One figure of a checkup, judged, with the sentence that says what it means."""

from __future__ import annotations

from dataclasses import dataclass

from lapa.evaluation.estimate import Estimate
from lapa.report.scales import VERDICTS, Scale, scale_of

NAN = float("nan")


@dataclass(frozen=True)
class Answer:
    """figure: the value with its interval; NaN where unknown. sentence: about this result.

    worse: a verdict that the figure alone does not show, because a companion figure is worse.
    """

    figure: Estimate
    scale: Scale
    sentence: str
    worse: str = ""

    @property
    def verdict(self) -> str:
        mine = self.scale.verdict(self.figure.value)
        return max((mine, self.worse or mine), key=VERDICTS.index)


def unknown(key: str, why: str) -> Answer:
    """The clips cannot tell, because …"""
    return Answer(Estimate(NAN, NAN, NAN), scale_of(key), f"Unknown: {why}.")


def not_asked(key: str) -> Answer:
    """The measure needs pictures, and this model draws none."""
    sentence = "Not asked: this model imagines no pictures."
    return Answer(Estimate(NAN, NAN, NAN), scale_of(key), sentence)


def sure(value: float) -> Estimate:
    """A figure without an interval."""
    return Estimate(value, NAN, NAN)


def said(scale: Scale, value: float, good: str, fair: str, poor: str) -> str:
    """The sentence that fits the verdict."""
    return {"good": good, "fair": fair, "poor": poor}[scale.verdict(value)]


def percent(share: float) -> str:
    """A share as a whole percentage, kept on one line."""
    return f"{100 * share:.0f}\u00a0%"
