"""The records of a report: one Finding a figure, one Card a question, one Report a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lapa.checkup.scale import VERDICTS, Scale


@dataclass(frozen=True)
class Finding:
    """One figure of a checkup, judged and explained.

    key: its name, also that of bars (`ratio<=0.45`). question: the card it stands on. verdict: one
    of VERDICTS. value, low, high: the figure with its 95 % interval; NaN where unknown.
    name: what the figure is called. figure: the figure as text, with interval and unit.
    sentence: what it means here, in plain words. reference: what good models reach, with the
    source. explanation: what is measured, in exactly two sentences. picture: inline SVG or HTML
    that needs no other file, or empty. decides: whether it counts for the card's verdict. scale:
    the thresholds behind the verdict.
    """

    key: str
    question: str
    verdict: str
    value: float
    low: float
    high: float
    name: str
    figure: str
    sentence: str
    reference: str
    explanation: str
    picture: str = ""
    decides: bool = True
    scale: Scale | None = None


@dataclass(frozen=True)
class Card:
    """A question with the findings that answer it, the main one first."""

    question: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """The worst verdict of the figures that decide; unknown if none is known."""
        known = [f.verdict for f in self.findings if f.decides and f.verdict != "unknown"]
        return max(known, key=VERDICTS.index, default="unknown")

    @property
    def telling(self) -> Finding:
        """The first figure that the verdict rests on."""
        return next((f for f in self.findings if f.verdict == self.verdict), self.findings[0])

    @property
    def anchor(self) -> str:
        """A name for links: the key of the main finding."""
        return self.findings[0].key


@dataclass(frozen=True)
class Report:
    """A checkup for people: `findings` in the order of the questions.

    checkpoint, data: what was measured, in the user's words. notes: what the reader must know
    before trusting it. figures: everything measured, JSON-able. seconds: how long it took; NaN
    where that is not known.
    """

    title: str
    checkpoint: str
    data: str
    pairs: int
    episodes: int
    embodiments: tuple[str, ...]
    seconds: float
    findings: tuple[Finding, ...]
    figures: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The findings by question."""
        return cards_of(self.findings)

    def finding(self, key: str) -> Finding:
        """The finding of this key. Raises KeyError with the known ones."""
        for each in self.findings:
            if each.key == key:
                return each
        raise KeyError(f"no finding {key!r}; there are {', '.join(f.key for f in self.findings)}")


def cards_of(findings: Iterable[Finding]) -> tuple[Card, ...]:
    """Findings in the order of the questions, one card a question."""
    grouped = groupby(findings, key=lambda finding: finding.question)
    return tuple(Card(question, tuple(answers)) for question, answers in grouped)


def as_json(report: Report) -> dict[str, Any]:
    """The report without its pictures, JSON-able; unknown figures are None."""
    return {
        "title": report.title,
        "checkpoint": report.checkpoint,
        "data": report.data,
        "pairs": report.pairs,
        "episodes": report.episodes,
        "embodiments": list(report.embodiments),
        "seconds": None if math.isnan(report.seconds) else round(report.seconds, 1),
        "notes": list(report.notes),
        **judged_as_json(report.findings),
        "figures": dict(report.figures),
    }


def judged_as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """{"verdicts": by question, "findings": one record a figure}, JSON-able."""
    findings = tuple(findings)
    return {
        "verdicts": {card.question: card.verdict for card in cards_of(findings)},
        "findings": [_record(each) for each in findings],
    }


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "question": finding.question,
        "verdict": finding.verdict,
        "value": _finite(finding.value),
        "interval": [_finite(finding.low), _finite(finding.high)],
        "name": finding.name,
        "figure": finding.figure,
        "sentence": finding.sentence,
        "reference": finding.reference,
    }


def _finite(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
