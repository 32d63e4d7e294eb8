"""The drawer Models as a visitor handles it: look, open another, go back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.checkups import write_two_networks

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize(
    "options", [{}, pytest.param(PHONE, marks=pytest.mark.detail)], ids=["wide", "phone"]
)
def test_another_model_is_opened_and_left_again(
    visit, checkpoints: Path, tmp_path: Path, options
) -> None:
    shutil.copytree(checkpoints / "robots", tmp_path / "mine")
    screen = visit(**options)
    page = screen.page
    codes = screen.codes()
    page.get_by_role("button", name="Model").first.click()
    drawer = page.get_by_role("dialog")
    robots = drawer.locator('[data-model="robots"]')
    expect(robots).to_have_attribute("aria-checked", "true")
    expect(robots).to_contain_text(re.compile(r"million parameters · \d+ MB of memory · a press"))
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    source = drawer.get_by_label("Folder, .pt file or Hub id")
    source.fill(str(tmp_path / "nothing"))
    source.press("Enter")
    expect(drawer.get_by_role("alert")).to_contain_text("cannot be opened: no checkpoint at")
    expect(robots).to_have_attribute("aria-checked", "true")
    source.fill(str(tmp_path / "mine"))
    drawer.get_by_role("button", name="Open", exact=True).click()
    mine = drawer.locator('[data-model^="mine"]').last
    expect(mine).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("m=mine"))
    # the same weights imagine the same, on Explore and in a checkup
    assert screen.codes() == codes
    drawer.get_by_role("button", name="Back to robots").click()
    expect(robots).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("m=robots"))
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()


@pytest.mark.detail
def test_a_file_that_fits_two_networks_is_asked_about(visit, tmp_path: Path) -> None:
    write_two_networks(tmp_path / "laq_two.pt")
    screen = visit()
    page = screen.page
    page.get_by_role("button", name="Model").first.click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Folder, .pt file or Hub id").fill(str(tmp_path / "laq_two.pt"))
    drawer.get_by_role("button", name="Open", exact=True).click()
    expect(drawer.get_by_role("alert")).to_contain_text("The file does not say what it is")
    choices = drawer.get_by_role("group", name="What the file is")
    expect(choices.get_by_role("button")).to_have_text(["128 px, 4 codes", "256 px, 16 codes"])
    choices.get_by_role("button", name="256 px, 16 codes").click()
    opened = drawer.locator('[data-model^="laq_two"]').last
    expect(opened).to_have_attribute("aria-checked", "true")
    expect(opened).to_contain_text("16 × 8 codes, 256 px")
    expect(choices).to_be_hidden()
