"""The tab Learn and the tour as a visitor handles them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 60_000


@pytest.fixture
def open_tab(visit):
    def open_page(query: str = "", **options) -> Page:
        page = visit("?tab=learn" + query, wait=False, **options).page
        expect(page.locator(".ln-lesson")).to_have_attribute("aria-busy", "false", timeout=LONG)
        return page

    return open_page


def settled(page: Page) -> None:
    expect(page.locator(".ln-lesson")).to_have_attribute("aria-busy", "false", timeout=LONG)


def test_a_whole_lesson_to_its_mark_in_the_list(open_tab) -> None:
    page = open_tab("&lesson=2")
    expect(page.locator(".ln-plane")).to_be_visible()
    # the point follows the arrow keys, and some border flips the code
    said = page.locator(".ln-side [role=status] b")
    seen = {said.inner_text()}
    page.get_by_role("application", name="A point among eight codes").focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"):
        for _ in range(18):
            page.keyboard.press(key)
            seen.add(said.inner_text())
    assert len(seen) > 1
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("heading", name="What NSVQ adds")).to_be_focused()
    settled(page)
    page.get_by_role("button", name="Draw noise").click()
    page.get_by_role("button", name="Next", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator(".ln-said")).to_have_text("Choose an answer first.")
    page.get_by_label("As long as everywhere else").check()
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator(".ln-said")).to_contain_text("Not quite. The answer is “Zero”")
    page.get_by_label("Zero").check()
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator(".ln-said")).to_contain_text("Right.")
    expect(page.locator(".ln-list li").nth(1)).to_contain_text("done")
    expect(page).to_have_url(re.compile("lesson=2&step=3"))
    # kept in this browser
    page.reload()
    settled(page)
    expect(page.locator(".ln-list li").nth(1)).to_contain_text("done", timeout=LONG)


def test_a_link_to_a_step_and_the_teachers_view(open_tab) -> None:
    page = open_tab("&lesson=1&step=3&teacher=1")
    expect(page.get_by_role("heading", name="A question")).to_be_visible()
    expect(page.locator(".ln-note")).to_contain_text("To discuss")
    expect(page.locator(".ln-said")).to_be_hidden()
    expect(page.get_by_role("button", name="Reveal the answer")).to_be_visible()
    page.get_by_role("button", name="Reveal the answer").click()
    expect(page.locator("label.best")).to_have_text("Pairs of frames, and nothing else")
    page.get_by_label("Teacher’s view").uncheck()
    expect(page.locator(".ln-note")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"^(?!.*teacher)"))


def test_on_a_phone_and_with_a_step_that_is_not_there(open_tab) -> None:
    page = open_tab("&lesson=9&step=77", **PHONE)
    expect(page.locator('.ln-lesson [data-at="where"]')).to_contain_text("Lesson 6")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_tour_comes_once_and_can_be_skipped(visit) -> None:
    screen = visit("", tour=True)
    page = screen.page
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("1 of 5", timeout=LONG)
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("Press a code")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    screen.swept(7).wait_for()  # a reload in the middle of an answer is an error in the console
    page.reload()
    screen.swept(7).wait_for()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Tour", exact=True).click()
    expect(card).to_contain_text("1 of 5")
    for _ in range(4):
        card.get_by_role("button", name="Next", exact=True).click()
    card.get_by_role("button", name="First lesson").click()
    expect(page).to_have_url(re.compile("tab=learn"), timeout=LONG)
