"""The chart of Policy: how often each policy does what it is told."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.tabs.policy.views import Rate
from app.web.charts import INK, Measurement, colours, intervals, style

HEIGHT = 320


def success_bars(rates: Mapping[str, Mapping[str, Rate]]) -> go.Figure:
    """Success in percent by kind of task, a bar a policy, with 95 % Wilson intervals.

    rates: policy -> kind (or `all`, which comes last) -> its rate. A kind that a policy was not
    measured on has no bar.
    """
    kinds = dict.fromkeys(kind for own in rates.values() for kind in own if kind != "all")
    order = [*kinds, "all"] if any("all" in own for own in rates.values()) else [*kinds]
    figure = go.Figure()
    for (policy, own), colour in zip(rates.items(), colours(len(rates)), strict=True):
        shown = [own[kind] for kind in order if kind in own]
        ends = [Measurement(kind, *_percent(own[kind])) for kind in order if kind in own]
        figure.add_bar(
            x=[end.at for end in ends], y=[end.value for end in ends], name=policy,
            marker={"color": colour}, error_y={**intervals(ends), "color": INK},
            customdata=[
                f"{rate.done} of {rate.of}, {end.low:.0f} to {end.high:.0f} %"
                for rate, end in zip(shown, ends, strict=True)
            ],
            hovertemplate="%{y:.0f} % (%{customdata})",
        )  # fmt: skip
    style(figure, height=HEIGHT).update_layout(barmode="group")
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=order)
    return figure.update_yaxes(title_text="successes, %", range=[0, 100])


def _percent(rate: Rate) -> tuple[float, float, float]:
    return 100 * rate.done / rate.of, 100 * rate.low, 100 * rate.high
