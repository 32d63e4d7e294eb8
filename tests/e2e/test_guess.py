"""The game in Chromium: by keyboard and by touch, and a link that challenges somebody."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def laid_out(page: Page, number: int) -> list[str]:
    """The four answers of a round, once they are there."""
    expect(page.locator(".gs-game")).to_have_attribute("data-round", str(number))
    expect(page.locator(".gs-option")).to_have_count(4)
    return page.locator(".gs-option code").all_inner_texts()


def right_one(page: Page) -> int:
    return page.locator(".gs-option").evaluate_all(
        "(all) => all.findIndex((each) => each.classList.contains('right'))"
    )


def test_words_and_pictures_are_hidden_until_answered(visit) -> None:
    page = visit("?m=eight&guess=5").page
    answers = laid_out(page, 0)
    assert len(set(answers)) == 4
    expect(page.locator(".gs-option canvas >> visible=true")).to_have_count(0)
    expect(page.locator(".gs-word:not(:empty)")).to_have_count(0)
    expect(page.locator(".gs-game")).not_to_contain_text(re.compile("left|right,|no common"))
    page.keyboard.press("3")
    expect(page.locator(".gs-option canvas >> visible=true")).to_have_count(4)
    expect(page.locator(".gs-option.right")).to_have_count(1)
    expect(page.locator(".gs-option.right .gs-word")).to_contain_text("did this")
    pictures = {
        page.locator(".gs-option canvas").nth(n).evaluate("(canvas) => canvas.toDataURL()")
        for n in range(4)
    }
    assert len(pictures) == 4
    # answered is answered
    verdict = page.locator('[data-at="verdict"]').inner_text()
    page.keyboard.press("1")
    assert page.locator('[data-at="verdict"]').inner_text() == verdict
    expect(page.locator(".gs-score")).to_contain_text("Pair 2 of 10")


@pytest.mark.detail
def test_a_link_reproduces_the_rounds_and_says_what_there_is_to_beat(visit) -> None:
    page = visit("?m=tabletop&guess=31", permissions=["clipboard-read", "clipboard-write"]).page
    rounds, right = [], 0
    for number in range(10):
        rounds.append(laid_out(page, number))
        page.keyboard.press("2")
        right += right_one(page) == 1
        page.keyboard.press("Enter")
    expect(page.locator('[data-at="total"]')).to_contain_text(f"{right} of 10 right")
    page.get_by_role("button", name="Challenge somebody").click()
    expect(page.locator('[data-at="copied"]')).to_contain_text("Link copied.")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.endswith(f"?m=tabletop&guess=31&beat={right}")
    other = visit("?" + address.partition("?")[2]).page
    expect(other.locator(".gs-game")).to_contain_text(f"Who sent you this got {right} of 10.")
    for number in range(2):
        assert laid_out(other, number) == rounds[number]
        other.keyboard.press(str(1 + 0))
        other.keyboard.press("Enter")


@pytest.mark.detail
def test_a_streak_is_counted(visit) -> None:
    """The right answers are known from a first visit."""
    page, known = visit("?m=eight&guess=12").page, []
    for number in range(2):
        laid_out(page, number)
        page.keyboard.press("1")
        known.append(right_one(page))
        page.keyboard.press("Enter")
    again = visit("?m=eight&guess=12").page
    for number, answer in enumerate(known):
        laid_out(again, number)
        again.keyboard.press(str(answer + 1))
        expect(again.locator('[data-at="verdict"]')).to_contain_text("Right:")
        if not number:
            again.keyboard.press("Enter")
    expect(again.locator(".gs-score")).to_contain_text("2 right · 2 in a row")


@pytest.mark.detail
def test_by_touch_on_a_phone_and_nothing_is_told(visit) -> None:
    screen = visit("?m=robots", **PHONE)
    page, sent = screen.page, []
    page.get_by_role("button", name="Game: which code did this?").tap()
    laid_out(page, 0)
    page.on("request", lambda made: sent.append(made.post_data or ""))
    for option in page.locator(".gs-option").all():
        box = option.bounding_box()
        assert box["width"] >= 120 and box["height"] >= 44
        assert box["y"] + box["height"] <= 844
    page.locator(".gs-option").nth(1).tap()
    expect(page.locator(".gs-option.right")).to_have_count(1)
    assert not screen.scrolls_sideways()
    page.get_by_role("button", name="Next pair").tap()
    laid_out(page, 1)
    # only rounds are asked for; what was answered is not said
    told = [body for body in sent if '"game"' in body]
    assert told and all(
        set(re.findall(r'"(m|game|n|seq)":', body)) == {"m", "game", "n", "seq"} for body in told
    )
    assert not [body for body in sent if "right" in body or "chosen" in body]
    page.get_by_role("button", name="Close").last.tap()
    expect(page.locator(".gs-game")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.detail
def test_nothing_is_hard_to_reach(visit, scheme: str) -> None:
    page = visit("?m=eight&guess=5", color_scheme=scheme).page
    laid_out(page, 0)
    expect(page.locator(".gs-option").first).to_be_focused()
    page.keyboard.press("4")
    expect(page.get_by_role("button", name="Next pair")).to_be_focused()
    found = Axe().run(page, context={"include": [[".gs-game"]]}).response["violations"]
    assert not [each for each in found if each["impact"] in ("serious", "critical")], found
    page.keyboard.press("Escape")
    expect(page.locator(".gs-game")).to_be_hidden()
