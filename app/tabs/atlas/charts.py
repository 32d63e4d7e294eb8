"""Charts of the atlas: how embodiments use the codes, and how far they diverge.

The map of points is none of them: 25,000 points that are searched and drawn at each move of the
pointer stay on a canvas of our own (map.js).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from app.web.charts import heat_map

# a code that three pairs in five have is drawn deepest, as with eight codes hardly any has more
DEEPEST = 0.6


def usage_map(usage: Mapping[str, Any], position: int) -> go.Figure:
    """Embodiments by the codes of a position, in percent of each embodiment's pairs.

    usage: as the atlas keeps it, `about["usage"]`.
    """
    shares = {
        name: [count / max(1, own["pairs"]) for count in own["counts"][position]]
        for name, own in usage["embodiments"].items()
    }
    codes = range(len(usage["overall"]["counts"][position]))
    return heat_map(
        list(shares),
        [str(code) for code in codes],
        list(shares.values()),
        words=[[f"{100 * share:.0f}" if share >= 0.005 else "·" for share in row]
               for row in shares.values()],
        hover=[[f"{name}, code {code}: {100 * row[code]:.1f} %" for code in codes]
               for name, row in shares.items()],
        highest=DEEPEST,
    )  # fmt: skip


def divergence_map(usage: Mapping[str, Any]) -> go.Figure:
    """Jensen-Shannon divergence of the codes between embodiments, in bits; none with itself."""
    names, bits = usage["divergence"]["names"], usage["divergence"]["bits"]
    places = range(len(names))
    return heat_map(
        names,
        names,
        [[None if i == k else bits[i][k] for k in places] for i in places],
        words=[["" if i == k else f"{bits[i][k]:.2f}" for k in places] for i in places],
        hover=[[f"{names[i]} and {names[k]}: {bits[i][k]:.2f} bits" for k in places]
               for i in places],
        highest=max((bits[i][k] for i in places for k in places), default=0) or 1,
    )  # fmt: skip
