"""The paper's figures, made anew on the page, each with a way into its tab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = {8: 8, 10: 4, 11: 5, 12: 6}
LONG = 60_000


def test_each_figure_is_there_and_leads_into_its_tab(visit) -> None:
    page = visit("?tab=learn", wait=False).page
    page.locator(".fg-figures").scroll_into_view_if_needed()
    expect(page.locator(".fg-figure")).to_have_count(len(CELLS), timeout=LONG)
    for number, cells in CELLS.items():
        figure = page.locator(f'.fg-figure[data-figure="{number}"]')
        expect(figure.locator(".fg-image")).to_have_count(cells)
        shown = figure.locator(".fg-image").evaluate_all("all => all.map((image) => image.src)")
        assert len(set(shown)) == cells, f"figure {number} shows a picture twice"
    expect(page.locator(".fg-figures")).to_contain_text("version 1")
    words = page.locator('.fg-figure[data-figure="11"] p').inner_text()
    page.locator('.fg-figure[data-figure="11"] a').click()
    # the same pair gives the same latent action there
    codes = re.search(r"\[[\d,]+\]", words)[0]
    expect(page.locator('#transfer [data-at="codes"]')).to_have_text(codes, timeout=LONG)
    expect(page.locator(".tf-row").first).to_have_attribute("data-body", "panda", timeout=LONG)
