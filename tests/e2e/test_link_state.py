"""Every state has a link, and the link gives exactly the state back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def query_of(screen) -> str:
    return "?" + urlsplit(screen.page.url).query


def test_a_link_reopens_the_same_pixels(visit) -> None:
    screen = visit()
    screen.page.locator(".lx-clip").nth(3).click()
    expect(screen.stage).not_to_have_attribute("data-painted", "1")
    screen.page.get_by_role("button", name="Next frame").click()
    expect(screen.stage).to_have_attribute("data-painted", "3")
    screen.action.fill("[3,1,0,6]")
    screen.action.press("Enter")
    screen.expect_codes([3, 1, 0, 6])
    screen.sweep(2)
    screen.page.get_by_role("radio", name="Difference").click()
    again = visit(query_of(screen))
    again.expect_codes([3, 1, 0, 6])
    for attribute in ("data-clip", "data-frame", "data-overlay"):
        expect(again.stage).to_have_attribute(attribute, screen.stage.get_attribute(attribute))
    assert again.picture() == screen.picture()
    assert again.picture(".lx-now") == screen.picture(".lx-now")
    expect(again.strip).to_have_attribute("data-position", "2")
    assert query_of(again) == query_of(screen)


@pytest.mark.detail
def test_the_address_follows_what_is_shown(visit) -> None:
    screen = visit()
    screen.press(1, screen.other_code(1))
    query = parse_qs(urlsplit(screen.page.url).query)
    assert query["v"] == ["1"] and query["m"] == ["robots"]
    assert query["a"] == [".".join(map(str, screen.codes()))]
    assert query["f"] == [screen.stage.get_attribute("data-frame")]


@pytest.mark.detail
def test_copy_link(visit) -> None:
    screen = visit(permissions=["clipboard-read", "clipboard-write"])
    screen.page.get_by_role("button", name="Copy link").click()
    expect(screen.page.locator(".lx-copied")).to_contain_text("Link copied.")
    assert screen.page.evaluate("navigator.clipboard.readText()") == screen.page.url


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("?c=upload-abc123", ["upload the file again"]),
        (
            "?v=99&m=other&f=99999&a=9.9.9.9&p=17&o=sparkle",
            [
                "another version of the page",
                "There is no checkpoint named other",
                "so frame",
                "does not fit eight, which takes 1 code from 0 to 7",
                "eight has position 0 alone, so position 0 is swept",
                "is not one of none, diff, blink, slider",
            ],
        ),
    ],
)
def test_junk_in_a_link_is_told_in_words(visit, query: str, sentences: list[str]) -> None:
    screen = visit(query)
    notes = screen.page.locator(".lx-notes p")
    expect(notes).to_have_count(len(sentences))
    for sentence in sentences:
        expect(screen.page.locator(".lx-notes")).to_contain_text(sentence)
    assert len(screen.codes()) == (1 if "m=" in query else 4)
    for _ in sentences:
        screen.page.get_by_role("button", name="Dismiss this note").first.click()
    expect(notes).to_have_count(0)


def test_markup_in_a_link_stays_text(visit) -> None:
    screen = visit("?c=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    expect(screen.page.locator(".lx-notes")).to_contain_text("<img src=x")
    expect(screen.page.locator(".lx-notes img")).to_have_count(0)
