"""The page's scripts in the browser: loaded with their tab, and only once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

LONG = 60_000
LEARN = Path(__file__).resolve().parents[2] / "app" / "tabs" / "learn"
# modules that travelled over the network, not those out of the cache
FETCHED = """performance.getEntriesByType("resource")
  .filter(each => each.name.includes("/lapa/") && each.transferSize > 0)
  .map(each => each.name.replace(/.*[/]lapa[/][0-9a-f]{12}[/]/, ""))"""


def ready(page: Page) -> None:
    expect(page.locator(".lx-stage")).to_have_attribute(
        "data-painted", re.compile(r"\d"), timeout=LONG
    )


def test_a_tab_is_loaded_when_it_is_first_opened_and_then_kept(visit) -> None:
    page = visit(fresh=True).page
    first = page.evaluate(FETCHED)
    assert "tabs/explore/stage.js" in first and len(first) == len(set(first))
    assert not [name for name in first if name.startswith(("tabs/learn/", "tabs/atlas/"))]
    page.get_by_role("tab", name="Learn").click()
    expect(page.locator('.ln-lesson[aria-busy="false"]')).to_be_visible(timeout=LONG)
    later = set(page.evaluate(FETCHED)) - set(first)
    own = {f"tabs/learn/{path.name}" for path in LEARN.glob("*.js")}
    assert later == own | ({"web/arrows.js", "web/words.js"} - set(first))
    page.goto(page.url.split("?")[0])
    ready(page)
    assert page.evaluate(FETCHED) == []


def test_a_part_whose_module_cannot_be_loaded_says_so(visit) -> None:
    """As when the server was renewed while the page was open: modules have other addresses then."""
    page = visit(fresh=True).page
    broken = {"content_type": "text/javascript", "body": "throw new Error()"}
    page.route("**/lapa/*/tabs/learn/**", lambda route: route.fulfill(**broken))
    page.get_by_role("tab", name="Learn").click()
    expect(page.locator("#lx-learn")).to_contain_text("Reload the page.", timeout=LONG)
