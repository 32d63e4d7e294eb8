"""axe-core finds nothing serious on any tab, light and dark; nothing moves for who wants calm."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

LONG = 60_000
# what says that a tab is drawn
READY = {
    "explore": '[data-mounted="1"] .lx-strip button >> nth=7',
    "imagine": ".lx-player",
    "policy": ".po-run:not([disabled])",
    "transfer": ".tf-row .tf-known >> nth=0",
    "atlas": "#lx-atlas [data-ready]",
    "learn": '.ln-lesson[aria-busy="false"]',
    "checkup": ".ck-card >> nth=9",
}
# colours on pictures of gradio's own, which we do not draw
NOT_OURS = ["footer"]


def serious(page: Page) -> list[str]:
    found = Axe().run(page, context={"exclude": [[each] for each in NOT_OURS]})
    return [
        f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes'][:3]]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "tab",
    [pytest.param(tab, marks=pytest.mark.detail) if tab != "explore" else tab for tab in READY],
)
def test_nothing_serious(visit, tab: str, scheme: str) -> None:
    page = visit(f"?tab={tab}", wait=False, color_scheme=scheme).page
    expect(page.locator(READY[tab])).to_be_attached(timeout=LONG)
    assert serious(page) == []


@pytest.mark.detail
def test_nothing_serious_in_the_drawer(visit) -> None:
    page = visit().page
    page.get_by_role("button", name="Model").first.click()
    expect(page.locator(".md-model").first).to_be_visible(timeout=LONG)
    assert serious(page) == []


@pytest.mark.detail
def test_nothing_moves_for_who_wants_calm(visit) -> None:
    page = visit("?tab=transfer", wait=False, reduced_motion="reduce").page
    expect(page.locator(READY["transfer"])).to_be_attached(timeout=LONG)
    moving = page.evaluate(
        "document.getAnimations().filter(each => each.playState === 'running').length"
    )
    assert moving == 0
