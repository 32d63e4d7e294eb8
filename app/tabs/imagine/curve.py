"""The curves of Imagine: a replay beside the truth, and how far a dream can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.tabs.imagine import words as say
from app.tabs.imagine.views import DreamStep
from app.web.charts import COPY, DREAM, TRUTH, WRONG, style

if TYPE_CHECKING:
    from lapa.imagine.replay import ReplayStep

HEIGHT = 300
# of the distance: 1 is as far from real frames as real frames are from each other
FAMILIAR = 1


def replay_curve(steps: Sequence[ReplayStep], longest: int) -> go.Figure:
    """PSNR of the imagined frames and of copy-frame above, sharpness below.

    longest: steps that there will be.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.08
    )
    at = [step.step for step in steps]
    anchored = [step for step in steps if step.anchored]
    add = figure.add_scatter
    add(
        x=at, y=[s.copy_psnr for s in steps], name="copy-frame", line={"color": COPY, "dash": "dot"}
    )
    add(x=at, y=[s.psnr for s in steps], name="imagined", line={"color": DREAM, "width": 2.5})
    add(
        x=[s.step for s in anchored], y=[s.psnr for s in anchored], name="anchored",
        mode="markers", marker={"color": DREAM, "size": 7, "symbol": "circle-open"},
    )  # fmt: skip
    add(
        x=at, y=[s.sharpness for s in steps], name="sharpness", showlegend=False,
        line={"color": DREAM, "width": 2}, row=2, col=1,
    )  # fmt: skip
    figure.add_hline(y=1, line={"color": COPY, "dash": "dot", "width": 1}, row=2, col=1)
    style(figure, height=HEIGHT).update_layout(uirevision="replay")
    figure.update_xaxes(range=[0.5, max(longest, 2) + 0.5], dtick=max(1, longest // 8))
    figure.update_xaxes(title_text="step", row=2, col=1)
    figure.update_yaxes(title_text="PSNR, dB", row=1, col=1)
    figure.update_yaxes(title_text="sharpness", rangemode="tozero", row=2, col=1)
    return figure


def drift_curve(steps: Sequence[DreamStep]) -> go.Figure:
    """Distance from real frames and sharpness on the way to a moment; red from where on the
    picture should not be trusted. A distance that is not known leaves a gap."""
    figure = go.Figure()
    at = [step.step for step in steps]
    figure.add_scatter(
        x=at, y=[s.distance for s in steps], name=say.DISTANCE,
        line={"color": DREAM, "width": 2.5},
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=[s.sharpness for s in steps], name="sharpness", line={"color": TRUTH}
    )
    figure.add_hline(y=FAMILIAR, line={"color": COPY, "dash": "dot", "width": 1})
    since = steps[-1].trust.since
    if since is not None:
        figure.add_vrect(x0=since, x1=at[-1] + 0.5, fillcolor=WRONG, opacity=0.15, line_width=0)
    style(figure, height=HEIGHT)
    figure.update_xaxes(title_text="step", rangemode="tozero")
    return figure.update_yaxes(rangemode="tozero")
