"""The phone, the wrong folder, and what a screen reader is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.page import build, launch_options
from tests.app.fake import FakeExplorer
from tests.e2e.conftest import running_app

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# controls of ours that are visible and that a screen reader could not name
NAMELESS = """() => [...document.querySelectorAll('[id^="lx-"] :is(button, input, select, [role])')]
  .filter(e => e.offsetParent && !['status', 'alert'].includes(e.getAttribute('role')))
  .filter(e => !e.getAttribute('aria-label') && !e.innerText.trim() && !e.labels?.length)
  .map(e => e.outerHTML.slice(0, 120))"""


def test_phone_has_picture_and_pads_on_one_screen(visit) -> None:
    screen = visit(**PHONE)
    assert not screen.scrolls_sideways()
    for position in range(4):
        box = screen.code(position, 7).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 844, "a pad lies below the first screen"
        assert box["width"] >= 36 and box["height"] >= 40, "too small for a thumb"
    image = screen.page.locator(".lx-next").bounding_box()
    assert image["y"] < screen.code(0, 0).bounding_box()["y"]


@pytest.mark.detail
def test_phone_by_touch(visit) -> None:
    screen = visit(**PHONE)
    wanted = screen.codes()
    wanted[2] = screen.other_code(2)
    screen.code(2, wanted[2]).tap()
    screen.expect_codes(wanted)
    screen.page.locator('[data-term="latent action"]').tap()
    expect(screen.page.get_by_role("tooltip")).to_be_visible()
    assert not screen.scrolls_sideways()


def test_a_folder_without_a_checkpoint_says_so(
    visit, root: Path, clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    with running_app(root, tmp_path / "none", clips, tmp_path / "app.log") as url:
        screen = visit(base=url)
        alert = screen.page.locator(".lx-broken")
        expect(alert).to_be_visible()
        expect(alert).to_contain_text("You can still browse the frames.")
        expect(screen.page.locator(".lx-dream")).to_be_hidden()
        expect(screen.action).to_be_hidden()
        frame, before = screen.stage.get_attribute("data-frame"), screen.picture(".lx-now")
        screen.page.get_by_role("button", name="Next frame").click()
        expect(screen.stage).to_have_attribute("data-frame", str(int(frame) + 1))
        assert screen.picture(".lx-now") != before
        screen.page.close()  # before the app it talks to ends


def test_a_page_opened_while_the_model_loads_catches_up(visit) -> None:
    page = build(FakeExplorer(), is_warm=lambda: False)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    try:
        screen = visit("?c=blue-arm-lift-0&f=4&a=3.1.0.6&p=2", base=url)
        screen.expect_codes([3, 1, 0, 6])
        expect(screen.stage).to_have_attribute("data-frame", "4")
        expect(screen.strip).to_have_attribute("data-position", "2")
        screen.press(0, 5)
        screen.page.close()
    finally:
        page.close()


@pytest.mark.detail
def test_everything_has_a_name(visit) -> None:
    screen = visit()
    screen.sweep(1)
    nameless = screen.page.evaluate(NAMELESS)
    assert nameless == []
    expect(screen.page.locator(".lx-says")).to_have_attribute("aria-live", "polite")
