"""Figures that were measured and kept before (assets/results.json), judged like a new checkup's."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lapa.checkup.measure import Context
from lapa.checkup.measures import figures
from lapa.checkup.report.finding import Card, Finding, Report, cards_of, judged_as_json
from lapa.checkup.report.findings import finding_of
from lapa.evaluation.estimate import Estimate
from lapa.files import read_json


@dataclass(frozen=True)
class Published:
    """What `python -m lapa checkup --write` kept of a checkpoint.

    command: the one that measured it. findings: without pictures, which need the whole checkup.
    name: of the checkpoint. figures: everything that was kept, JSON-able.
    """

    command: str
    pairs: int
    episodes: int
    findings: tuple[Finding, ...]
    name: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """What the command measured it on."""
        words = shlex.split(self.command)
        place = words.index("--data") + 1 if "--data" in words else len(words)
        return words[place] if place < len(words) else "the default clips"

    @property
    def cards(self) -> tuple[Card, ...]:
        """The findings by question."""
        return cards_of(self.findings)

    def as_json(self) -> dict[str, Any]:
        """All of it, JSON-able, the findings as in a report; unknown figures are None."""
        source = {"command": self.command, "pairs": self.pairs, "episodes": self.episodes}
        return {**source, **judged_as_json(self.findings)}

    def as_report(self) -> Report:
        """The same for people, to be saved as a page; how long it took is not known (NaN)."""
        return Report(
            title=f"Checkup of {self.name}",
            checkpoint=self.name,
            data=self.data,
            pairs=self.pairs,
            episodes=self.episodes,
            embodiments=tuple(self.figures.get("embodiments", {})),
            seconds=math.nan,
            findings=self.findings,
            figures=self.figures,
            notes=(f"Measured before and published with the checkpoint: {self.command}.",),
        )


def published(path: Path, name: str, *, codes: int) -> Published | None:
    """The kept figures of a checkpoint; None where there are none that can be read.

    path: of results.json, which may be missing. codes: K, the size of its codebook.
    """
    try:
        kept = read_json(path)[name]
        context = Context(codes, kept["overall"])
        findings = tuple(
            finding_of(
                figure,
                context,
                _estimate(kept["findings"][figure.key]),
                # of a checkup that kept none, the figures are shown alone
                sentence=str(kept.get("sentences", {}).get(figure.key, "")),
            )
            for _, figure in figures()
            if figure.key in kept["findings"]
        )
        return Published(
            str(kept["command"]), kept["pairs"], kept["episodes"], findings, name, kept
        )
    # figures of an older version, or of none: as good as none
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _estimate(bounds: Sequence[float | None]) -> Estimate:
    """[value, low, high] as they were kept."""
    value, low, high = (math.nan if each is None else float(each) for each in bounds)
    return Estimate(value, low, high)
