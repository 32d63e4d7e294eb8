"""What all charts share: one look on light and dark, heat maps, and curves with their intervals.

A chart is a plotly figure that is made from a tab's views and shown by `gr.Plot`, whose JavaScript
(4.6 MB) the browser loads with the first chart that is shown. On the page style.css gives text and
grid the theme's colours; those written here are what a saved picture has, on white. Traces have
colours that are told from both backgrounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

# blue is imagined and amber is real, as everywhere on the page; each at least 3 : 1 on both themes
DREAM, TRUTH, COPY, WRONG = "#4f7df0", "#c8701c", "#808690", "#d9534a"
OTHERS = ("#2f9e78", "#9a6be0", "#c2558f", "#6b8e23", "#3a9bb8", "#a3703f")
INK, GRID, PAPER, CLEAR = "#5b606a", "rgba(128,134,144,.22)", "#ffffff", "rgba(0,0,0,0)"
# heat begins see-through, so that nothing is the background's colour, and ends where the page's ink
# can still be read on it
HEAT = ((0.0, "rgba(79,125,240,0)"), (1.0, "rgba(79,125,240,.75)"))
BOTH_WAYS = ((0.0, "rgba(217,83,74,.75)"), (0.5, "rgba(128,134,144,0)"), (1.0, HEAT[1][1]))
# a cell of a heat map in pixels, and what its words and margins need around it
CELL, AROUND = 30, 110
# what the bar over a chart can do besides saving it as a picture: charts are read, not zoomed
UNUSED = ("zoom", "pan", "select", "lasso", "zoomin", "zoomout", "autoscale", "resetscale")


@dataclass(frozen=True)
class Measurement:
    """A point of a curve or the end of a bar. low, high: its 95 % interval, or both None."""

    at: float | str
    value: float
    low: float | None = None
    high: float | None = None


def style(figure: go.Figure, *, height: int) -> go.Figure:
    """The page's look; height in pixels, the width is the place's."""
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "fixedrange": True,
        "automargin": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure.update_layout(
        template="none", height=height, margin={"l": 48, "r": 10, "t": 34, "b": 40},
        font={"color": INK, "size": 12}, paper_bgcolor=PAPER, plot_bgcolor=CLEAR,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11},
                "bgcolor": CLEAR},
        modebar={"remove": UNUSED, "bgcolor": CLEAR, "color": COPY, "activecolor": DREAM},
        hovermode="x unified", dragmode=False,
    )  # fmt: skip


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    words: Sequence[Sequence[str]],
    hover: Sequence[Sequence[str]],
    highest: float,
    both_ways: bool = False,
) -> go.Figure:
    """A table in colour, the first row at the top.

    values: rows by columns, None where nothing is known. words: written in the cells; hover: said
    of them. highest: the value of the deepest colour; with `both_ways` -highest is as deep in red.
    """
    figure = go.Figure(
        go.Heatmap(
            x=list(columns), y=list(rows), z=[list(row) for row in values],
            text=[list(row) for row in words], texttemplate="%{text}",
            customdata=[list(row) for row in hover], hovertemplate="%{customdata}<extra></extra>",
            zmin=-highest if both_ways else 0, zmax=highest, showscale=False, xgap=1, ygap=1,
            colorscale=BOTH_WAYS if both_ways else HEAT,
        )
    )  # fmt: skip
    style(figure, height=CELL * len(rows) + AROUND)
    figure.update_layout(hovermode="closest", margin={"l": 10, "t": 10, "b": 10})
    figure.update_xaxes(type="category", showgrid=False, side="top")
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed", ticksuffix=" ")
    return figure


def scaling_curves(
    series: Mapping[str, Sequence[Measurement]], *, across: str, up: str, height: int = 320
) -> go.Figure:
    """How a figure changes with size: a line a series over a logarithmic axis, with intervals.

    series: name -> its points, in any order. across, up: what the axes say.
    """
    figure = go.Figure()
    for (name, points), colour in zip(series.items(), colours(len(series)), strict=True):
        points = sorted(points, key=lambda point: point.at)
        figure.add_scatter(
            x=[point.at for point in points], y=[point.value for point in points], name=name,
            mode="lines+markers", line={"color": colour, "width": 2.5}, marker={"size": 7},
            error_y=intervals(points),
        )  # fmt: skip
    style(figure, height=height)
    figure.update_xaxes(type="log", title_text=across)
    return figure.update_yaxes(title_text=up)


def colours(count: int) -> list[str]:
    """As many as there are series; from the ninth on they come again."""
    palette = (DREAM, TRUTH, *OTHERS)
    return [palette[place % len(palette)] for place in range(count)]


def intervals(points: Sequence[Measurement]) -> dict[str, object]:
    """plotly's error bars; a point without an interval has one of no length."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [0 if each.high is None else each.high - each.value for each in points],
        "arrayminus": [0 if each.low is None else each.value - each.low for each in points],
        "thickness": 1.5,
    }
