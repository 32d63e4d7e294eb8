"""A small scale: where poor ends and good begins, and where a figure stands with its interval."""

from __future__ import annotations

import math

from lapa.checkup.drawings import svg
from lapa.checkup.report.finding import Finding

WIDTH, HEIGHT, EDGE, MIDDLE = 260, 34, 8, 11


def gauge(finding: Finding) -> str:
    """Inline SVG; empty where the figure is unknown."""
    scale = finding.scale
    if scale is None or math.isnan(finding.value):
        return ""
    low, high = scale.floor, scale.ceiling

    def at(value: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (min(max(value, low), high) - low) / (high - low)

    zones = [
        (low, scale.fair, "poor"),
        (scale.fair, scale.good, "fair"),
        (scale.good, high, "good"),
    ]
    if scale.low_is_good:
        zones = [(low, scale.good, "good"), (scale.good, scale.fair, "fair")]
        zones.append((scale.fair, high, "poor"))
    shapes = [
        svg.rect(at(start), MIDDLE - 3, at(end) - at(start), 6, svg.VERDICT[verdict], fade=0.42)
        for start, end, verdict in zones
        if at(end) > at(start)
    ]
    limits = [each for each in sorted({scale.fair, scale.good}) if low < each <= high]
    close = len(limits) == 2 and at(limits[1]) - at(limits[0]) < 30
    anchors = ("end", "start") if close else ("middle", "middle")
    shapes += [
        svg.label(at(limit), 27, scale.number(limit), size=10, anchor=anchor)
        for limit, anchor in zip(limits, anchors, strict=False)
    ]
    if math.isfinite(finding.low) and math.isfinite(finding.high):
        shapes.append(svg.line(at(finding.low), MIDDLE, at(finding.high), MIDDLE, svg.INK, width=2))
    colour = svg.VERDICT[finding.verdict]
    dot = f"fill:{colour};stroke:{svg.PANEL};stroke-width:2"
    shapes.append(svg.circle(at(finding.value), MIDDLE, 6.5, dot))
    description = f"{finding.verdict}: {finding.figure}"
    title = f"{finding.name} on its scale from poor to good"
    return svg.drawing(shapes, HEIGHT, title=title, description=description, width=WIDTH)
