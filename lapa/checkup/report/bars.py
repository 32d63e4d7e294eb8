"""Bars that a figure must hold, for other people's continuous integration: `ratio<=0.45`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lapa.checkup.measures import keys
from lapa.checkup.report.finding import Report

SIGNS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
WRITTEN = re.compile(r"\s*([a-z_]+)\s*(<=|>=|<|>)\s*(\S+)\s*")


@dataclass(frozen=True)
class Bar:
    """A figure's key, a sign of SIGNS and a limit."""

    key: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Bar:
        """A bar as people write it. Raises ValueError that says what is accepted."""
        parts, names = WRITTEN.fullmatch(text), keys()
        if not parts:
            signs = ", ".join(SIGNS)
            raise ValueError(
                f'{text!r} is not a bar; write a name, a sign and a number, as in "ratio<=0.45" '
                f"(signs: {signs}; names: {', '.join(names)})"
            )
        key, sign, number = parts.groups()
        if key not in names:
            raise ValueError(f"no figure is called {key!r}; bars know {', '.join(names)}")
        try:
            limit = float(number)
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            raise ValueError(f"{text!r} compares with {number!r}, which is not a finite number")
        return cls(key, sign, limit)

    def __str__(self) -> str:
        return f"{self.key} {self.sign} {self.limit:g}"

    def holds(self, value: float) -> bool:
        """Whether `value` keeps the bar; an unknown one (NaN) does not."""
        return bool(SIGNS[self.sign](value, self.limit))


def broken(report: Report, bars: Iterable[Bar]) -> list[str]:
    """One sentence for every bar that the report does not hold; an unknown figure holds none."""
    sentences = []
    for bar in bars:
        finding = report.finding(bar.key)
        if math.isnan(finding.value):
            sentences.append(f"{bar} cannot be held: {finding.sentence}")
        elif not bar.holds(finding.value):
            sentences.append(f"{bar} is broken: {finding.name} is {finding.figure}.")
    return sentences
