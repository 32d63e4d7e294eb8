"""The tab Atlas as a visitor handles it: a point, a lasso, a search, colours, a link, a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 60_000
# every point's place on the page, as the untouched map is drawn
PLACES = """const { points, look } = Lapa.atlas;
  const box = document.querySelector('.at-stage canvas').getBoundingClientRect();
  const x = new Float32Array(points.count), y = new Float32Array(points.count);
  const view = { zoom: 1, pan: [0, 0], turn: [0.6, 0.35] };
  Lapa.points.project(points.maps[look.map], view, box.width, box.height, x, y);"""
PLACE = f"i => {{ {PLACES} return [box.left + x[i], box.top + y[i]]; }}"
# a point with nobody near: its own click cannot be another's
LONELY = f"""() => {{ {PLACES}
  for (let i = 0; i < points.count; i++) {{
    let near = 0;
    for (let j = 0; j < points.count && near < 2; j++) {{
      near += Math.hypot(x[i] - x[j], y[i] - y[j]) < 4;
    }}
    if (near < 2) return i;
  }} }}"""


@pytest.fixture
def open_tab(visit):
    def open_page(query: str = "", **options) -> Page:
        page = visit("?tab=atlas" + query, wait=False, **options).page
        expect(page.locator("#lx-atlas [data-ready]")).to_have_count(1, timeout=LONG)
        return page

    return open_page


def test_a_click_arrives_at_the_right_pair_and_a_lasso_at_the_right_ones(open_tab) -> None:
    page = open_tab()
    assert page.evaluate("Lapa.atlas.points.count") >= 20_000
    row = page.evaluate(LONELY)
    page.mouse.click(*page.evaluate(PLACE, row))
    opened = page.locator(".at-opened")
    expect(page.locator("[data-row] .at-three, .at-three")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile(rf"i={row}\b"), timeout=LONG)
    name = page.evaluate("i => Lapa.atlas.name(i)", row)
    expect(opened.locator("h2")).to_have_text(name.replace(" [", "["), timeout=LONG)
    # one of each other embodiment, and a click on one opens it
    expect(opened.locator(".at-near button")).to_have_count(10, timeout=LONG)
    other = int(opened.locator(".at-near button").first.get_attribute("data-row"))
    opened.locator(".at-near button").first.click()
    expect(page).to_have_url(re.compile(rf"i={other}\b"), timeout=LONG)

    page.get_by_role("radio", name="Lasso").click()
    x, y = page.evaluate(PLACE, row)
    page.mouse.move(x - 6, y - 6)
    page.mouse.down()
    for to in ((x + 6, y - 6), (x + 6, y + 6), (x - 6, y + 6)):
        page.mouse.move(*to, steps=4)
    page.mouse.up()
    expect(opened.locator("h2")).to_contain_text("Lasso", timeout=LONG)
    expect(page.locator(".at-opened .at-sheet button").first).to_be_visible(timeout=LONG)
    chosen = page.locator(".at-opened .at-sheet button").evaluate_all(
        "all => all.map(each => Number(each.dataset.row))"
    )
    assert row in chosen


def test_search_colours_and_the_link_to_it(open_tab) -> None:
    page = open_tab("&q=7.*.*.6&by=direction&map=pca2")
    expect(page.get_by_label("Pattern of codes to find")).to_have_value("[7,*,*,6]")
    expect(page.get_by_label("Colour by")).to_have_value("direction")
    expect(page.locator(".at-card")).to_contain_text("real pairs", timeout=LONG)
    expect(page.locator(".at-legend button")).to_have_count(9)
    page.get_by_label("Colour by").select_option("code1")
    expect(page.locator(".at-legend button").first).to_have_text("code 0")
    expect(page).to_have_url(re.compile("by=code1"), timeout=LONG)
    page.get_by_label("Pattern of codes to find").fill("[7,x,*,6]")
    page.get_by_role("button", name="Find codes").click()
    expect(page.locator("#lx-atlas .lx-error")).to_contain_text('Character 4: found "x"')
    assert page.locator(".at-pointer").inner_text().splitlines()[1] == "   ^"


def test_from_explore_into_the_atlas_and_back(visit) -> None:
    screen = visit("?c=panda-lift-00016&f=12")
    page = screen.page
    page.get_by_role("button", name="Find in the atlas").click()
    expect(page).to_have_url(re.compile(r"tab=atlas.*i=\d+"), timeout=LONG)
    expect(page.locator(".at-opened")).to_contain_text("panda-lift-00016, frame 12", timeout=LONG)
    page.locator(".at-opened").get_by_role("button", name="Explore").click()
    expect(page).to_have_url(re.compile("c=panda-lift-00016&f=12"), timeout=LONG)


def test_on_a_phone_the_tab_is_found_in_its_menu(visit) -> None:
    page = visit("?c=panda-lift-00016&f=12", **PHONE).page
    page.get_by_role("button", name="Find in the atlas").tap()
    expect(page).to_have_url(re.compile(r"tab=atlas.*i=\d+"), timeout=LONG)


def test_keys_and_a_phone(open_tab) -> None:
    page = open_tab(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".at-three")).to_be_visible(timeout=LONG)
