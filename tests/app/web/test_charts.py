"""What charts show, by value, from the views that tabs hand them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from app.core.trust import Trust
from app.tabs.atlas.charts import divergence_map, usage_map
from app.tabs.imagine.curve import drift_curve, replay_curve
from app.tabs.imagine.views import DreamStep
from app.tabs.policy.charts import success_bars
from app.tabs.policy.views import Rate
from app.tabs.transfer.charts import matrix_map
from app.tabs.transfer.views import TransferCell, TransferMatrix
from app.web.charts import BOTH_WAYS, DREAM, HEAT, PAPER, Measurement, scaling_curves
from lapa.imagine.replay import ReplayStep

PICTURE = np.zeros((4, 4, 3), np.uint8)


def dreamt(step: int, distance: float | None, since: int | None = None) -> DreamStep:
    trust = Trust(since, "" if since is None else "strange")
    return DreamStep(step, None, step, (1,), PICTURE, 1 - 0.1 * step, distance, trust=trust)


def replayed(step: int, anchored: bool) -> ReplayStep:
    return ReplayStep(step, PICTURE, PICTURE, (1,), anchored, 30.0 - step, 25.0 - step, 0.9)


def test_a_replay_shows_both_curves_and_where_it_was_anchored() -> None:
    figure = replay_curve([replayed(1, True), replayed(2, False), replayed(3, True)], 8)
    copy, imagined, anchored, sharp = figure.data
    assert list(imagined.y) == [29, 28, 27] and list(copy.y) == [24, 23, 22]
    assert list(anchored.x) == [1, 3] and list(sharp.y) == [0.9, 0.9, 0.9]
    assert figure.layout.xaxis.range == (0.5, 8.5)


def test_a_drift_is_red_from_where_it_should_not_be_trusted() -> None:
    figure = drift_curve([dreamt(0, 0.5), dreamt(1, None), dreamt(2, 1.5, since=2)])
    distance, sharpness = figure.data
    assert list(distance.y) == [0.5, None, 1.5] and list(sharpness.y) == [1, 0.9, 0.8]
    red = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(shape.x0, shape.x1) for shape in red] == [(2, 2.5)]
    assert not [s for s in drift_curve([dreamt(0, 0.5)]).layout.shapes if s.type == "rect"]


@pytest.fixture(scope="module")
def usage() -> dict:
    """Two embodiments with two codes at one position."""
    return {
        "overall": {"pairs": 12, "counts": [[4, 8]]},
        "embodiments": {
            "arm": {"pairs": 4, "counts": [[1, 3]]},
            "hand": {"pairs": 8, "counts": [[8, 0]]},
        },
        "divergence": {"names": ["arm", "hand"], "bits": [[0.0, 0.35], [0.35, 0.0]]},
    }


def test_usage_is_shown_in_shares_of_each_embodiment(usage: dict) -> None:
    [heat] = usage_map(usage, 0).data
    assert list(heat.y) == ["arm", "hand"] and list(heat.x) == ["0", "1"]
    assert [list(row) for row in heat.z] == [[0.25, 0.75], [1, 0]]
    assert [list(row) for row in heat.text] == [["25", "75"], ["100", "·"]]
    assert heat.customdata[0][1] == "arm, code 1: 75.0 %"
    assert (heat.zmin, heat.zmax) == (0, 0.6)


def test_divergence_leaves_an_embodiment_against_itself_empty(usage: dict) -> None:
    [heat] = divergence_map(usage).data
    assert [list(row) for row in heat.z] == [[None, 0.35], [0.35, None]]
    assert heat.text[0][1] == "0.35" and heat.zmax == 0.35


def test_what_the_shipped_atlas_says_of_usage_can_be_drawn(root: Path) -> None:
    from lapa.atlas import read_atlas

    about = read_atlas(root / "assets" / "atlas" / "robots").about
    [heat] = usage_map(about["usage"], 3).data
    assert np.asarray(heat.z).shape == (11, 8)
    assert np.allclose(np.asarray(heat.z).sum(1), 1)
    assert len(divergence_map(about["usage"]).data[0].z) == 11


def test_a_matrix_shows_cosines_both_ways_and_what_is_not_known() -> None:
    known = TransferCell("arm", "hand", 24, -0.256, -0.4, -0.1, 0.5, (), ())
    alone = TransferCell("hand", "hand", 3, math.nan, math.nan, math.nan, 0.25, (), ())
    figure = matrix_map(TransferMatrix(("arm", "hand"), (known, alone), "command"))
    [heat] = figure.data
    assert [list(row) for row in heat.z] == [[None, -0.256], [None, None]]
    assert [list(row) for row in heat.text] == [["·", "−0.26"], ["·", "·"]]
    assert heat.customdata[0][1] == (
        "arm → hand<br>cosine −0.26 (−0.40 to −0.10)<br>24 pairs, 50 % of the codes read back"
    )
    assert "not known" in heat.customdata[1][1]
    assert (heat.zmin, heat.zmax) == (-1, 1) and heat.colorscale == BOTH_WAYS
    assert figure.layout.yaxis.autorange == "reversed"


def test_success_has_a_bar_a_policy_with_its_interval_and_all_come_last() -> None:
    rates = {
        "lapa": {"all": Rate(6, 10, 0.3, 0.8), "separate": Rate(1, 4, 0.05, 0.7)},
        "scratch": {"all": Rate(1, 10, 0.02, 0.4)},
    }
    figure = success_bars(rates)
    lapa, scratch = figure.data
    assert list(lapa.x) == ["separate", "all"] and list(lapa.y) == [25, 60]
    assert lapa.error_y.array == pytest.approx((45, 20))
    assert lapa.error_y.arrayminus == pytest.approx((20, 30))
    assert lapa.customdata[1] == "6 of 10, 30 to 80 %"
    assert list(scratch.x) == ["all"] and list(scratch.y) == [10]
    assert figure.layout.xaxis.categoryarray == ("separate", "all")


def test_scaling_is_drawn_by_size_with_intervals_where_there_are_any() -> None:
    points = [Measurement(1000, 0.5, 0.4, 0.55), Measurement(10, 0.9)]
    figure = scaling_curves({"ratio": points}, across="frame pairs", up="ratio")
    [line] = figure.data
    assert list(line.x) == [10, 1000] and list(line.y) == [0.9, 0.5]
    assert line.error_y.array == pytest.approx((0, 0.05))
    assert line.error_y.arrayminus == pytest.approx((0, 0.1))
    assert figure.layout.xaxis.type == "log" and figure.layout.xaxis.title.text == "frame pairs"


def test_every_chart_is_legible_on_both_themes_and_saved_on_white(usage: dict) -> None:
    figures = [
        replay_curve([replayed(1, True)], 4),
        drift_curve([dreamt(0, 0.5)]),
        usage_map(usage, 0),
        success_bars({"lapa": {"all": Rate(6, 10, 0.3, 0.8)}}),
        scaling_curves({"a": [Measurement(1, 1)]}, across="x", up="y"),
    ]
    for figure in figures:
        assert figure.layout.paper_bgcolor == PAPER
        assert "toimage" not in figure.layout.modebar.remove
        # plotly's own template would add 6 kB to every figure that is sent
        assert (
            len(figure.to_json()) < 3_000 and "template" in json.loads(figure.to_json())["layout"]
        )
    assert contrast(DREAM, "#ffffff") > 3 and contrast(DREAM, "#171b20") > 3
    assert HEAT[0][1].endswith(",0)"), "nothing has the colour of what lies behind"


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio of two colours `#rrggbb`."""
    light = sorted(map(luminance, (one, other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
