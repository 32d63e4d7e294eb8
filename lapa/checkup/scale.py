"""When a figure is good: thresholds with their source, and the verdict from them.

The sources that measures cite: Genie (Bruce et al. 2024, section 3.1), CoMo, LARY, Playable Video
Generation (Menapace et al. 2021), the LAPA authors (their repository's issues 26 and 27). "Our bar"
is what this project holds its own checkpoint to; "ours" is a judgement without a publication behind
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lapa.evaluation.estimate import Estimate

# from best to worst; unknown: the clips cannot tell
VERDICTS = ("good", "fair", "poor", "unknown")


@dataclass(frozen=True)
class Scale:
    """Thresholds of one figure; lower is better where good < fair.

    good, fair: limits, both inclusive. unit, digits, percent: how it is written. floor, ceiling:
    the ends of its gauge. source: where good and fair come from, for the reader.
    """

    good: float
    fair: float
    digits: int
    floor: float
    ceiling: float
    source: str
    unit: str = ""
    percent: bool = False

    @property
    def low_is_good(self) -> bool:
        """Whether a lower figure is a better one."""
        return self.good < self.fair

    def verdict(self, value: float) -> str:
        """good, fair or poor; unknown for NaN."""
        if math.isnan(value):
            return "unknown"
        sign = -1 if self.low_is_good else 1
        if sign * value >= sign * self.good:
            return "good"
        return "fair" if sign * value >= sign * self.fair else "poor"

    def text(self, value: float) -> str:
        """The figure with its unit; a dash where it is unknown."""
        return f"{self.number(value)}{self.ending}" if math.isfinite(value) else "–"

    def number(self, value: float) -> str:
        """A finite figure without its unit, in percent where the scale says so; no −0."""
        digits = f"{100 * value:.0f}" if self.percent else f"{value:.{self.digits}f}"
        return digits.replace("-", "−") if float(digits) else digits.lstrip("-")

    @property
    def ending(self) -> str:
        """The unit as it follows a number, with its space."""
        return " %" if self.percent else f" {self.unit}" if self.unit else ""

    def spread(self, estimate: Estimate) -> str:
        """`0.52 (0.50 to 0.54)`, without the bracket where there is no interval."""
        text = self.text(estimate.value)
        if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
            return text
        return f"{text} ({self.number(estimate.low)} to {self.number(estimate.high)})"

    def doubt(self, estimate: Estimate) -> str:
        """A sentence where the interval reaches across a threshold, else nothing."""
        ends = {self.verdict(estimate.low), self.verdict(estimate.high)} - {"unknown"}
        if len(ends) < 2:
            return ""
        worst, best = sorted(ends, key=VERDICTS.index, reverse=True)
        return (
            f"How sure: the interval reaches from {worst} to {best}, so more clips may change "
            "this verdict."
        )
