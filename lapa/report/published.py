"""Figures that were measured and kept before (assets/results.json), judged like a new checkup's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lapa.evaluation.estimate import Estimate
from lapa.report.finding import Card, Finding, cards_of, judged_as_json
from lapa.report.questions import FIGURES, QUESTIONS
from lapa.report.scales import SCALES, VERDICTS, Scale, scale_of


@dataclass(frozen=True)
class Published:
    """What `python -m lapa checkup --write` kept of a checkpoint.

    command: the one that measured it. findings: without sentences and pictures, which need the
    whole checkup.
    """

    command: str
    pairs: int
    episodes: int
    findings: tuple[Finding, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """The findings by question."""
        return cards_of(self.findings)

    def as_json(self) -> dict[str, Any]:
        """All of it, JSON-able, the findings as in a report; unknown figures are None."""
        told = {"command": self.command, "pairs": self.pairs, "episodes": self.episodes}
        return {**told, **judged_as_json(self.findings)}


def published(path: Path, name: str, *, codes: int) -> Published | None:
    """The kept figures of a checkpoint; None where there are none that can be read.

    path: of results.json, which may be missing. codes: K, the size of its codebook.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))[name]
        findings = tuple(
            _finding(key, question, kept, codes)
            for question, keys in QUESTIONS.items()
            for key in keys
            if key in kept["findings"]
        )
        return Published(str(kept["command"]), kept["pairs"], kept["episodes"], findings)
    # figures of an older version, or of none: as good as none
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _finding(key: str, question: str, kept: Mapping[str, Any], codes: int) -> Finding:
    value, low, high = (math.nan if x is None else float(x) for x in kept["findings"][key])
    overall, told = kept["overall"], FIGURES[key]
    scale = _scale(key, overall, codes)
    return Finding(
        key=key,
        question=question,
        verdict=_verdict(key, scale, value, overall),
        value=value,
        low=low,
        high=high,
        name=told.name,
        figure=scale.spread(Estimate(value, low, high)),
        sentence="",
        reference=scale.source,
        explanation=told.explanation,
        decides=told.decides,
        scale=scale,
    )


def _scale(key: str, overall: Mapping[str, Any], codes: int) -> Scale:
    steps = (overall.get("drift") or {}).get("steps", 16)
    return scale_of(key, codes=codes, chance=overall.get("chance", math.nan), steps=steps)


def _verdict(key: str, scale: Scale, value: float, overall: Mapping[str, Any]) -> str:
    """As in a report: one code for standing still is worth only what it keeps of the picture."""
    mine = scale.verdict(value)
    if key != "no_op":
        return mine
    return max(mine, SCALES["kept"].verdict(overall["no_op"]["kept"]), key=VERDICTS.index)
