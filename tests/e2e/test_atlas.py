"""The tab Atlas as a visitor handles it: points, regions, searches, files, links, a phone."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import combinations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_upload import write_video

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 60_000
ATLAS = '(await Lapa.load("tabs/atlas/store.js")).atlas'
# every point's place on the page, as the untouched map is drawn
PLACES = (
    f"const {{ points, look }} = {ATLAS};"
    """
  const { project } = await Lapa.load("tabs/atlas/points.js");
  const box = document.querySelector('.at-stage canvas').getBoundingClientRect();
  const x = new Float32Array(points.count), y = new Float32Array(points.count);
  const view = { zoom: 1, pan: [0, 0], turn: [0.6, 0.35] };
  project(points.maps[look.map], view, box.width, box.height, x, y);"""
)
PLACE = f"async i => {{ {PLACES} return [box.left + x[i], box.top + y[i]]; }}"
# a point with nobody near and no name over it: its own click cannot be another's
LONELY = f"""async () => {{ {PLACES}
  const canvas = document.querySelector('.at-stage canvas');
  for (let i = 0; i < points.count; i++) {{
    let near = document.elementFromPoint(box.left + x[i], box.top + y[i]) === canvas ? 0 : 2;
    for (let j = 0; j < points.count && near < 2; j++) {{
      near += Math.hypot(x[i] - x[j], y[i] - y[j]) < 4;
    }}
    if (near < 2) return i;
  }} }}"""


@pytest.fixture
def open_tab(visit):
    def open_page(query: str = "", model: str = "robots", **options) -> Page:
        page = visit(f"?tab=atlas&m={model}{query}", wait=False, **options).page
        expect(page.locator("#lx-atlas [data-ready]")).to_have_count(1, timeout=LONG)
        return page

    return open_page


def test_a_click_arrives_at_the_right_pair_and_a_lasso_at_the_right_ones(open_tab) -> None:
    page = open_tab()
    assert page.evaluate(f"async () => {ATLAS}.points.count") >= 20_000
    row = page.evaluate(LONELY)
    page.mouse.click(*page.evaluate(PLACE, row))
    opened = page.locator(".at-opened")
    expect(page.locator("[data-row] .at-three, .at-three")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile(rf"i={row}\b"), timeout=LONG)
    name = page.evaluate(f"async i => {ATLAS}.name(i)", row)
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


def rows(page: Page) -> list[int]:
    """The points that are listed."""
    listed = page.locator(".at-listed [data-row]")
    expect(listed.first).to_be_visible(timeout=LONG)
    return listed.evaluate_all("all => all.map(each => Number(each.dataset.row))")


def search(page: Page, text: str) -> None:
    page.get_by_label("Words or codes to find").fill(text)
    page.get_by_role("button", name="Find", exact=True).click()


@pytest.mark.detail
def test_search_colours_and_the_link_to_it(open_tab) -> None:
    page = open_tab("&q=7.*.*.6&by=direction&map=pca2")
    query = page.get_by_label("Words or codes to find")
    expect(query).to_have_value("[7,*,*,6]")
    expect(page.get_by_label("Colour by")).to_have_value("direction")
    expect(page.locator(".at-card")).to_contain_text("real pairs", timeout=LONG)
    expect(page.locator(".at-legend button")).to_have_count(9)
    page.get_by_label("Colour by").select_option("code1")
    expect(page.locator(".at-legend button").first).to_have_text("code 0")
    expect(page).to_have_url(re.compile("by=code1"), timeout=LONG)
    search(page, "[7,x,*,6]")
    expect(page.locator("#lx-atlas .lx-error")).to_contain_text('Character 4: found "x"')
    assert page.locator(".at-pointer").inner_text().splitlines()[1] == "   ^"
    # a code alone is that of the first position
    search(page, "3")
    expect(query).to_have_value("[3,*,*,*]")
    expect(page.locator(".at-opened h2")).to_have_text("Card [3,*,*,*]", timeout=LONG)
    # and words are of the robot and where it goes: found, listed, and in the link
    search(page, "robot:panda up")
    expect(page.locator(".at-opened h2")).to_contain_text("“robot:panda up”", timeout=LONG)
    points = f"async rows => {{ const {{ points }} = {ATLAS}; return rows.map(i => "
    points += "[points.embodiments[points.embodiment[i]], points.direction[i]]); }"
    listed = rows(page)
    assert len(listed) > 10
    for robot, direction in page.evaluate(points, listed):
        assert robot == "panda" and direction in (1, 2, 3)
    expect(page).to_have_url(re.compile("q=robot%3Apanda\\+up"), timeout=LONG)
    search(page, "banana")
    expect(page.locator("#lx-atlas")).to_contain_text("No pair has “banana”", timeout=LONG)


@pytest.mark.detail
def test_regions_density_a_first_card_and_files(open_tab) -> None:
    page = open_tab()
    # a card at once, with the map undimmed beside it
    expect(page.locator(".at-card")).to_contain_text("real pairs", timeout=LONG)
    expect(page.get_by_role("button", name=re.compile("Show its .* on the map"))).to_be_visible()
    expect(page.get_by_role("button", name="Show all", exact=True)).to_be_hidden()

    names = page.locator(".at-label").locator("visible=true")
    assert names.count() >= 4
    boxes = [each.bounding_box() for each in names.all()]
    for one, other in combinations(boxes, 2):
        apart = (
            abs(one["x"] + one["width"] / 2 - other["x"] - other["width"] / 2)
            >= (one["width"] + other["width"]) / 2
            or abs(one["y"] + one["height"] / 2 - other["y"] - other["height"] / 2)
            >= (one["height"] + other["height"]) / 2
        )
        assert apart, (one, other)

    # many dots in one place are fainter than those that have room
    stage = page.locator(".at-stage")
    far = float(stage.get_attribute("data-opacity"))
    for _ in range(12):
        page.locator(".at-stage canvas").press("+")
    expect(stage).to_have_attribute("data-opacity", re.compile(r"^(0\.[6-9]|1)"))
    assert far < 0.5
    page.get_by_role("button", name="Whole map").click()

    name = names.filter(has_text=re.compile("^down$")).first
    name.click()
    opened = page.locator(".at-opened")
    expect(opened.locator("h2")).to_contain_text("Region “down”", timeout=LONG)
    said = re.search(r"(\d+) % of the pairs here move down.*, and (\d+) %", opened.inner_text())
    assert said and int(said[1]) >= 50 > 1.5 * int(said[2])

    search(page, "robot:jaco still")
    expect(opened.locator("h2")).to_contain_text("“robot:jaco still”", timeout=LONG)
    count = int(re.match(r"\d+", opened.locator("h2").inner_text())[0])
    for button, ending in (("CSV", "csv"), ("JSON", "json"), ("Contact sheet", "webp")):
        with page.expect_download() as saving:
            page.get_by_role("button", name=button, exact=True).click()
        assert saving.value.suggested_filename == f"atlas-robots-{count}-pairs.{ending}"
        data = saving.value.path().read_bytes()
        if ending == "csv":
            lines = list(csv.DictReader(io.StringIO(data.decode())))
            assert len(lines) == count
            assert {(each["embodiment"], each["direction"]) for each in lines} == {
                ("jaco", "still")
            }
        elif ending == "json":
            assert json.loads(data)["chosen"] == "“robot:jaco still”"
        else:
            assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"


@pytest.mark.detail
def test_the_atlas_is_that_of_the_pages_model_and_one_that_is_missing_is_told(open_tab) -> None:
    page = open_tab("&by=code1&map=pca2", model="tabletop")
    expect(page.locator("#lx-atlas h2")).to_contain_text("of tabletop")
    page.evaluate("async () => (await Lapa.load('web/store.js')).go({ m: 'robots' })")
    expect(page.locator('#lx-atlas [data-ready="robots"]')).to_have_count(1, timeout=LONG)
    assert page.evaluate(f"async () => {ATLAS}.points.count") >= 20_000
    expect(page.get_by_label("Colour by")).to_have_value("code1")
    expect(page).to_have_url(re.compile("tab=atlas&v=1&m=robots&map=pca2"), timeout=LONG)

    command = "python -m lapa atlas assets/checkpoints/tabletop --data VIDEO"

    def without(route) -> None:
        asked = json.loads(route.request.post_data)
        told = {"error": f"There is no atlas of tabletop yet. This makes it: {command}"}
        route.fulfill(json=told) if asked["fn_name"] == "table" else route.continue_()

    page.route(re.compile("component_server"), without)
    page.evaluate("async () => (await Lapa.load('web/store.js')).go({ m: 'tabletop' })")
    expect(page.locator(".at-missing code")).to_have_text(command, timeout=LONG)
    for panel in (".at-stage", ".at-opened", ".at-usage"):
        expect(page.locator(panel)).to_be_hidden()


@pytest.mark.detail
def test_from_explore_into_the_atlas_and_back(visit) -> None:
    screen = visit("?m=robots&c=panda-lift-00016&f=12")
    page = screen.page
    page.get_by_role("button", name="Find in the atlas").click()
    expect(page).to_have_url(re.compile(r"tab=atlas.*i=\d+"), timeout=LONG)
    expect(page.locator(".at-opened")).to_contain_text("panda-lift-00016, frame 12", timeout=LONG)
    page.locator(".at-opened").get_by_role("button", name="Explore").click()
    expect(page).to_have_url(re.compile("c=panda-lift-00016&f=12"), timeout=LONG)


@pytest.mark.detail
def test_pairs_like_a_point_and_like_explores_frame(visit) -> None:
    page = visit("?m=robots&c=panda-lift-00016&f=12").page
    page.get_by_role("button", name="Find in the atlas").click()
    opened = page.locator(".at-opened")
    opened.get_by_role("button", name="Find pairs like this").click()
    expect(opened.locator("h2")).to_contain_text("Most like panda-lift-00016, frame 12")
    near = rows(page)
    clips = f"async rows => {{ const {{ points }} = {ATLAS}; "
    clips += "return rows.map(i => points.clips[points.clip[i]]); }"
    found = page.evaluate(clips, near)
    assert len(set(found)) == len(found) == 16 and "panda-lift-00016" not in found
    page.get_by_role("button", name="Show all", exact=True).click()
    expect(page.locator(".at-card")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Like Explore’s frame").click()
    expect(opened.locator("h2")).to_contain_text("Most like panda-lift-00016, frame 12")
    assert rows(page) == near


def test_a_video_of_ones_own_is_placed_from_the_tab_itself(open_tab, tmp_path) -> None:
    page = open_tab()
    page.get_by_label("Your own video").set_input_files(str(write_video(tmp_path / "mine.mp4")))
    title = page.locator(".at-opened h2")
    # 24 frames, 10 a second; the gap of 0.3 s leaves the middle at 10
    expect(title).to_contain_text("Most like your upload, frame 10", timeout=LONG)
    # its lines are drawn around a place that has no size of its own
    expect(page.locator(".at-cross:not([hidden])")).to_have_count(1)
    assert len(rows(page)) == 16
    page.get_by_role("tab", name="Explore").click()
    expect(page.locator(".lx-clip").first).to_contain_text("your upload")
    page.get_by_role("tab", name="Atlas").click()
    (tmp_path / "words.mp4").write_text("no video")
    page.get_by_label("Your own video").set_input_files(str(tmp_path / "words.mp4"))
    expect(page.locator('.at-panel [data-at="wrong"]')).to_contain_text("neither", timeout=LONG)


@pytest.mark.detail
def test_on_a_phone_the_tab_is_found_in_its_menu(visit) -> None:
    page = visit("?m=robots&c=panda-lift-00016&f=12", **PHONE).page
    page.get_by_role("button", name="Find in the atlas").tap()
    expect(page).to_have_url(re.compile(r"tab=atlas.*i=\d+"), timeout=LONG)


@pytest.mark.detail
def test_keys_and_a_phone(open_tab) -> None:
    page = open_tab(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # a tapped point shows its pair in view, though it lies below the map
    page.touchscreen.tap(*page.evaluate(PLACE, page.evaluate(LONELY)))
    expect(page.locator(".at-three")).to_be_in_viewport(ratio=0.98, timeout=LONG)
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".at-three")).to_be_visible(timeout=LONG)
