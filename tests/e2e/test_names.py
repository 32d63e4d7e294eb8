"""Names of codes in Chromium, on the shipped model with names whose every word is known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import running_app
from tests.e2e.dream_screen import DreamScreen

pytestmark = pytest.mark.browser

UP_LEFT = {"word": "up-left", "pairs": 15, "agree": 12, "named": True}
UNSURE = {"word": "down", "pairs": 22, "agree": 4, "named": False}
NAMES = {
    "still": 0.01,
    "base": [-0.1, -0.1],
    "effects": [[[0.0, 0.0]] * 8] * 4,
    "sums": {"up-left": {"pairs": 80, "agree": 61, "named": True}},
    "codes": [[UP_LEFT, UNSURE] * 4] * 4,
}


@pytest.fixture(scope="module")
def named_url(root: Path, clips: Path, tmp_path_factory) -> Iterator[str]:
    """The address of an app whose model has names for metaworld-sawyer and for all together."""
    parent = tmp_path_factory.mktemp("named")
    model = parent / "checkpoints" / "robots"
    model.mkdir(parents=True)
    for file in (root / "assets" / "checkpoints" / "robots").iterdir():
        if file.name != "names.json":
            (model / file.name).symlink_to(file)
    told = {"": NAMES, "metaworld-sawyer": NAMES}
    (model / "names.json").write_text(json.dumps({"embodiments": told}))
    with running_app(root, model.parent, clips, parent / "app.log") as url:
        yield url


@pytest.fixture
def open_named(visit: Callable, named_url: str) -> Callable:
    return lambda query="", **options: visit(query, base=named_url, **options)


@pytest.mark.detail
def test_every_code_shows_its_word_and_what_bears_it_out(open_named) -> None:
    screen = open_named()
    expect(screen.code(1, 2)).to_have_text(re.compile("2.*↖ up-left"))
    expect(screen.code(1, 2)).to_have_attribute(
        "title", "12 of 15 real pairs of this robot went up-left."
    )
    expect(screen.code(1, 3)).to_have_attribute("title", re.compile("only 4 of 22 real pairs"))
    # read out as text
    expect(screen.page.get_by_role("radio", name="Position 1, code 2, up-left")).to_have_count(1)
    unsure = screen.page.get_by_role("radio", name="Position 1, code 3, no common direction")
    expect(unsure).to_have_count(1)


@pytest.mark.detail
def test_the_sweep_the_presets_and_the_picture_show_words(open_named) -> None:
    screen = open_named()
    screen.sweep(2)
    expect(screen.swept(0)).to_contain_text("↖ up-left")
    expect(screen.swept(1)).to_contain_text("no common direction")
    expect(screen.page.locator('[data-at="next"]')).to_contain_text("↖ up-left")
    expect(screen.page.locator('[data-at="next"]')).to_have_attribute(
        "title", re.compile("61 of 80 real pairs")
    )
    # the codes of a pair in which nothing moves are known to move this robot
    expect(screen.page.get_by_role("button", name="Random")).to_be_visible()
    expect(screen.page.get_by_role("button", name="Do nothing")).to_have_count(0)
    rank = screen.page.locator(".lx-rank").first
    expect(rank).to_contain_text("↖ up-left")
    expect(rank).to_have_attribute("title", re.compile("61 of 80"))


@pytest.mark.detail
def test_a_robot_that_was_not_measured_has_the_words_of_all(open_named) -> None:
    screen = open_named("?c=panda-lift-00016")
    told = "12 of 15 real pairs of all robots together went up-left."
    expect(screen.code(0, 0)).to_have_attribute("title", told)


@pytest.mark.detail
def test_imagine_shows_the_same_words(open_named) -> None:
    screen = DreamScreen(open_named().page).open()
    pad = screen.page.locator('[data-dp="1"][data-dk="2"]')
    expect(pad).to_contain_text("↖ up-left")
    expect(pad).to_have_attribute("title", "12 of 15 real pairs of this robot went up-left.")
    expect(screen.page.locator('[data-at="action-name"]')).to_contain_text("up-left")
    screen.do("step").click()
    expect(screen.leaf(1)).to_contain_text("up-left")
    expect(screen.leaf(1)).to_have_attribute("aria-label", re.compile("up-left"))


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
@pytest.mark.detail
def test_words_fit_and_nothing_is_hard_to_reach(open_named, width: int, scheme: str) -> None:
    screen = open_named(viewport={"width": width, "height": 850}, color_scheme=scheme)
    expect(screen.code(0, 0)).to_contain_text("up-left")
    assert not screen.scrolls_sideways()
    wide = "(each) => each.filter((code) => code.scrollWidth > code.clientWidth + 1).length"
    assert screen.page.locator(".lx-code[data-p]").evaluate_all(wide) == 0
    found = Axe().run(screen.page, context={"exclude": [["footer"]]}).response["violations"]
    assert not [each for each in found if each["impact"] in ("serious", "critical")]
