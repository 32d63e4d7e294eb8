"""Charts in Chromium: loaded when one is shown, in the theme's colours, saved as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.dream_screen import DreamScreen

pytestmark = pytest.mark.browser

PLOT = "#lx-curve .js-plotly-plot"
LONG = 60_000
# tab -> the panel with its chart, a word on an axis, and what hovers or stands in it
CHARTS = {
    "atlas": ("usage", "panda", ".heatmaplayer image"),
    "imagine": ("drift", "step", ".scatterlayer .trace"),
    "policy": ("acting", "successes, %", ".barlayer .trace"),
    "transfer": ("matrix", "sawyer", ".heatmaplayer image"),
}
SOFT = {"light": "rgb(91, 96, 106)", "dark": "rgb(159, 167, 179)"}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_comes_when_it_is_shown_and_can_be_saved(
    visit, scheme: str, tmp_path: Path
) -> None:
    dream = DreamScreen(visit(color_scheme=scheme).page)
    asked: list[str] = []
    dream.page.on("request", lambda request: asked.append(request.url))
    dream.open()
    assert not dream.page.evaluate("Boolean(window.Plotly)")
    assert not [url for url in asked if "PlotlyPlot" in url]
    dream.root.get_by_role("radio", name="Replay").click()
    expect(dream.says).to_contain_text("copy-frame")
    label = dream.page.locator(f"{PLOT} .ytick text").first
    expect(label).to_have_css("fill", SOFT[scheme])
    dream.page.locator(PLOT).hover()
    with dream.page.expect_download() as download:
        dream.page.locator(f'{PLOT} .modebar-btn[data-title*="Download"]').click()
    download.value.save_as(tmp_path / "curve.png")
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("tab", CHARTS)
@pytest.mark.detail
def test_a_chart_comes_when_its_disclosure_is_opened(visit, tab: str) -> None:
    panel, word, mark = CHARTS[tab]
    page = visit(f"?tab={tab}", wait=False).page
    summary = page.locator(f"#lx-{panel} .lx-chart summary")
    expect(summary).to_be_visible(timeout=LONG)
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(0, timeout=LONG)
    assert not page.evaluate("Boolean(window.Plotly)")
    summary.click()
    plot = page.locator(f"#lx-{panel} .js-plotly-plot")
    expect(plot.locator(mark).first).to_be_attached(timeout=LONG)
    expect(plot).to_contain_text(word)
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


@pytest.mark.detail
def test_the_chart_of_the_atlas_shows_what_is_chosen_and_its_table_stays(visit) -> None:
    page = visit("?tab=atlas", wait=False).page
    page.locator("#lx-usage .lx-chart summary").click()
    cells = page.locator("#lx-usage .js-plotly-plot .heatmaplayer .heatmap-label text")
    expect(cells.first).to_be_attached(timeout=LONG)
    shown = page.locator('#lx-usage [data-at="maps"] table').first.locator("tbody td")
    assert cells.all_text_contents() == shown.all_text_contents()
    page.get_by_label("What the chart shows").select_option("-1")
    ticks = page.locator("#lx-usage .js-plotly-plot .ytick text")
    expect(ticks).to_have_count(11)
    expect(page.locator("#lx-usage .js-plotly-plot .xtick text")).to_have_count(11)
    expect(page.locator("#lx-usage .js-plotly-plot")).to_contain_text("panda")
