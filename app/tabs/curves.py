"""The curve of a replay: how close every step is to the truth, and how sharp."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views import ReplayStep

# legible on light and dark alike, as the figure does not know which it is on
DREAM, COPY, INK, GRID = "#4f7df0", "#8a909b", "#808690", "rgba(128,134,144,.22)"
HEIGHT = 300


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
    axis = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "fixedrange": True}
    figure.update_xaxes(**axis, range=[0.5, max(longest, 2) + 0.5], dtick=max(1, longest // 8))
    figure.update_yaxes(**axis)
    figure.update_xaxes(title_text="step", row=2, col=1)
    figure.update_yaxes(title_text="PSNR, dB", row=1, col=1)
    figure.update_yaxes(title_text="sharpness", rangemode="tozero", row=2, col=1)
    figure.update_layout(
        height=HEIGHT, margin={"l": 48, "r": 10, "t": 34, "b": 40}, font={"color": INK, "size": 12},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        dragmode=False, uirevision="replay",
    )  # fmt: skip
    return figure
