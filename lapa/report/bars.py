"""Bars that a figure must hold, for other people's continuous integration: `ratio<=0.45`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lapa.report.finding import Report
from lapa.report.questions import KEYS

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
        found = WRITTEN.fullmatch(text)
        if not found:
            signs = ", ".join(SIGNS)
            raise ValueError(
                f'{text!r} is not a bar; write a name, a sign and a number, as in "ratio<=0.45" '
                f"(signs: {signs}; names: {', '.join(KEYS)})"
            )
        key, sign, number = found.groups()
        if key not in KEYS:
            raise ValueError(f"no figure is called {key!r}; bars know {', '.join(KEYS)}")
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
    told = []
    for bar in bars:
        found = report.finding(bar.key)
        if math.isnan(found.value):
            told.append(f"{bar} cannot be held: {found.sentence}")
        elif not bar.holds(found.value):
            told.append(f"{bar} is broken: {found.name} is {found.figure}.")
    return told
