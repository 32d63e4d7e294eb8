"""The tab Learn and the tour as a visitor handles them."""

from __future__ import annotations

import io
import math
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 60_000
# pixels that a finger needs
FINGER = 44


@pytest.fixture
def open_tab(visit):
    def open_page(query: str = "", **options) -> Page:
        page = visit("?tab=learn" + query, wait=False, **options).page
        settled(page)
        return page

    return open_page


def settled(page: Page) -> None:
    expect(page.locator(".ln-lesson")).to_have_attribute("aria-busy", "false", timeout=LONG)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def lit(page: Page) -> list[str]:
    """The parts of the diagram that are lit."""
    return page.locator("[data-part].lit").evaluate_all("all => all.map(one => one.dataset.part)")


def codes(page: Page) -> list[int]:
    """The latent action that passes through stage one."""
    return [int(text) for text in page.locator('[data-at="codes"] b').all_inner_texts()]


def boxes(all_: Locator) -> list[dict]:
    return [one.bounding_box() for one in all_.all()]


def overlap(one: dict, other: dict) -> bool:
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 0.5 and down > 0.5


@pytest.mark.detail
def test_the_diagram_lights_up_with_the_step_and_the_frames_pass_through_it(open_tab) -> None:
    page = open_tab("&lesson=1&step=1")
    assert lit(page) == ["frames"]
    press(page, "Next")
    expect(page.get_by_role("heading", name="A name for the change")).to_be_focused()
    settled(page)
    assert lit(page) == ["frames", "encoder", "codes"]
    expect(page.locator('[data-at="model"]')).to_have_text("eight")
    said, command = page.locator(".ln-facts dd").all()
    assert said.inner_text().startswith(f"[{codes(page)[0]}]") and len(codes(page)) == 1
    expect(command).to_have_text(re.compile(r"\d cm (to the (left|right)|up|down).*, in 0\.2 s"))
    # another body: other frames pass, and nobody recorded what the hand was told
    before = page.locator('[data-at="frame"]').get_attribute("src")
    page.get_by_role("radio", name="hand", exact=True).click()
    expect(page.locator('[data-at="gap"]')).to_contain_text("hand, now and")
    assert page.locator('[data-at="frame"]').get_attribute("src") != before
    expect(command).to_contain_text("nobody knows")
    expect(said).to_contain_text(f"[{codes(page)[0]}]")


@pytest.mark.detail
def test_a_point_that_crosses_a_border_changes_code_and_picture_in_the_diagram(open_tab) -> None:
    page = open_tab("&lesson=2")
    expect(page.locator('[data-at="model"]')).to_have_text("robots")
    first, image = codes(page), page.locator('[data-at="image"]').get_attribute("src")
    page.get_by_role("application", name="A point among eight codes").focus()
    said, seen = page.locator(".ln-side [role=status] b"), set()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight"):
        for _ in range(18):
            page.keyboard.press(key)
            seen.add(said.inner_text())
            assert codes(page) == [int(said.inner_text()), *first[1:]]
    assert len(seen) > 1
    if codes(page) == first:
        return
    expect(page.locator('[data-at="image"]')).not_to_have_attribute("src", image, timeout=LONG)


def test_a_wrong_answer_gets_a_hint_and_a_second_try(open_tab) -> None:
    page = open_tab("&lesson=2&step=3")
    press(page, "Check")
    said = page.locator(".ln-said")
    expect(said).to_have_text("Choose an answer first.")
    # the noise is as long as the way to the nearest code
    far = [float(text) for text in page.locator(".ln-bars small").all_inner_texts()]
    page.get_by_label("0.00").check()
    press(page, "Check")
    expect(said).to_contain_text("Not quite; try again. Hint:")
    expect(page.locator("label.best")).to_have_count(0)
    page.get_by_label(f"{min(far):.2f}").check()
    press(page, "Check")
    expect(said).to_contain_text("Right.")
    expect(page.locator(".ln-list li").nth(1)).to_contain_text("done")
    expect(page).to_have_url(re.compile("lesson=2&step=3"))
    # kept in this browser, and told at the end
    page.goto(page.url.replace("lesson=2&step=3", "lesson=summary"))
    settled(page)
    expect(page.locator(".ln-certificate li.done")).to_contain_text("right at the second try")


@pytest.mark.detail
def test_after_two_wrong_answers_the_right_one_is_shown(open_tab) -> None:
    page = open_tab("&lesson=6&step=3")
    said = page.locator(".ln-said")
    for answer, words in (
        ("Nothing", "Hint:"),
        ("All three stages", "The answer is “What stages 2"),
    ):
        page.get_by_label(answer, exact=True).check()
        press(page, "Check")
        expect(said).to_contain_text(words)
    expect(page.locator("label.best")).to_have_text("What stages 2 and 3 make of it")
    # what the question is about: another instruction passes through stages two and three
    before = codes(page), page.locator('[data-at="command"]').inner_text()
    page.get_by_role("radio", name="push the green star to the center").click()
    expect(page.locator('[data-at="instruction"]')).to_contain_text("green star", timeout=LONG)
    assert codes(page) == before[0]
    expect(page.locator('[data-at="command"]')).not_to_have_text(before[1])
    # and on to the end, where the sheet is named, printed and saved
    page.locator(".ln-list").get_by_role("button", name="What you have learned").click()
    expect(page.get_by_role("heading", name="What you have learned")).to_be_focused()
    page.get_by_label("Your name").fill("Ada")
    expect(page.locator(".ln-who")).to_have_text("Ada")
    with page.expect_download() as download:
        press(page, "Save as a picture")
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.format == "PNG" and picture.width == 1240
    assert pages(page) == 1


def pages(page: Page) -> int:
    """How many are printed."""
    return int(re.search(rb"/Count (\d+)", page.pdf(format="A4"))[1])


def test_a_car_is_steered_by_a_latent_action_that_one_has_to_look_for(open_tab) -> None:
    page = open_tab("&lesson=7&step=3")
    expect(page.locator('[data-at="model"]')).to_have_text("drive")
    image = page.locator(".ln-try .tf-later")
    expect(image).to_have_attribute("alt", "What the model imagines with [0,6]", timeout=LONG)
    left = image.get_attribute("src")
    page.get_by_role("radio", name="[1,3]").first.click()
    expect(image).to_have_attribute("alt", "What the model imagines with [1,3]", timeout=LONG)
    assert image.get_attribute("src") != left and codes(page) == [1, 3]
    # its name would give the answer away
    assert "steers" not in page.locator("#lx-learn").inner_text()
    for answer, words in (("[1,3]", "Hint: When you turn your head"), ("[0,6]", "Right. Inferred")):
        page.get_by_label(answer, exact=True).check()
        press(page, "Check")
        expect(page.locator(".ln-said")).to_contain_text(words)
    expect(page.locator(".ln-next")).to_have_text("Finish")


@pytest.mark.detail
def test_the_teachers_view_and_its_links(open_tab) -> None:
    page = open_tab("&lesson=1&step=3&teacher=1", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".ln-note")).to_contain_text("To discuss")
    expect(page.locator(".ln-said")).to_be_hidden()
    press(page, "Reveal the answer")
    expect(page.locator("label.best")).to_have_count(1)
    # no link carries the view, from neither button; the view stays all the same
    for scope in (".ln-steps", ".lx-header"):
        page.locator(scope).get_by_role("button", name="Copy link").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "lesson=1&step=3" in copied and "teacher" not in copied
    page.reload()
    settled(page)
    expect(page.locator(".ln-note")).to_be_visible(timeout=LONG)
    page.get_by_label("Teacher’s view").uncheck()
    expect(page.locator(".ln-note")).to_be_hidden()
    expect(page.get_by_role("button", name="Hand-outs to print")).to_be_hidden()


@pytest.mark.detail
def test_hand_outs_one_page_a_lesson_with_a_code_made_here(open_tab) -> None:
    page = open_tab("&lesson=handout&teacher=1")
    expect(page.get_by_text("7 pages are ready.")).to_be_visible(timeout=4 * LONG)
    assert page.locator(".ln-qr svg").count() == 7 and pages(page) == 7
    links = page.locator(".ln-sheet header figcaption").all_inner_texts()
    assert all(f"lesson={n}&step=1" in link for n, link in enumerate(links, start=1))
    assert not any("teacher" in link for link in links)
    expect(page.locator(".ln-answers").first).to_be_hidden()
    page.get_by_label("With notes and answers").check()
    expect(page.locator(".ln-answers").first).to_be_visible()
    assert pages(page) == 7


@pytest.mark.detail
def test_a_teachers_own_notes_are_kept_here_and_printed(open_tab) -> None:
    page = open_tab("&lesson=2&step=1&teacher=1")
    page.get_by_label("Your own notes on this lesson").fill("Ask Ada first.\n\nThen the rest.")
    expect(page.locator(".ln-own")).to_contain_text("Kept in this browser only")
    page.reload()
    settled(page)
    expect(page.get_by_label("Your own notes on this lesson")).to_have_value(re.compile("Ada"))
    press(page, "Hand-outs to print")
    expect(page.get_by_text("7 pages are ready.")).to_be_visible(timeout=4 * LONG)
    own = page.locator(".ln-sheet").nth(1).get_by_text("Ask Ada first.")
    expect(own).to_be_hidden()
    page.get_by_label("With notes and answers").check()
    expect(own).to_be_visible()
    assert page.get_by_text("Ask Ada first.").count() == 1


@pytest.mark.detail
def test_on_a_phone_everything_is_within_reach(open_tab) -> None:
    page = open_tab("&lesson=4&step=1", **PHONE, permissions=["clipboard-write"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("tab", name="Learn")).to_be_in_viewport()
    # the list is folded
    expect(page.locator(".ln-list ol")).to_be_hidden()
    page.locator(".ln-list summary").click()
    expect(page.locator(".ln-list ol")).to_be_visible()
    page.locator(".ln-list summary").click()
    # squares are taken by a tap
    letters = boxes(page.locator(".ln-letter"))
    assert len(letters) == 32
    assert min(min(box["width"], box["height"]) for box in letters) >= FINGER
    assert max(box["x"] + box["width"] for box in letters) <= 390
    page.locator(".ln-letters").first.locator(".ln-letter").nth(6).tap()
    expect(page.locator(".ln-try [role=status] code")).to_have_text(re.compile(r"\[6,"))
    assert codes(page)[0] == 6
    # the way on stays in view, and the button to copy keeps its words and its width
    copy = page.locator(".ln-copy")
    wide = copy.bounding_box()["width"]
    for _ in range(2):
        copy.click()
        expect(copy).to_have_text("Copied")
        assert copy.bounding_box()["width"] == wide > FINGER
    expect(copy).to_have_text("Copy link")
    for to in ("0", "document.querySelector('.ln-lesson').offsetHeight / 2"):
        page.evaluate(f"window.scrollTo(0, {to})")
        expect(page.get_by_role("button", name="Next", exact=True)).to_be_in_viewport(ratio=1)


@pytest.mark.detail
def test_captions_do_not_overlap_on_a_phone(open_tab) -> None:
    page = open_tab("&lesson=3", **PHONE)
    captions = boxes(page.locator(".ln-shown .lx-foot, .at-effects span:not(.at-dial, .at-arrow)"))
    assert len(captions) > 8
    pairs = [(a, b) for n, a in enumerate(captions) for b in captions[:n]]
    assert not [pair for pair in pairs if overlap(*pair)]
    press(page, "Back")
    settled(page)
    # codes are discs
    discs = boxes(page.locator(".ln-codes circle"))
    apart = [
        math.dist(*((e["x"], e["y"]) for e in (a, b)))
        for n, a in enumerate(discs)
        for b in discs[:n]
    ]
    assert min(apart) >= discs[0]["width"]


@pytest.mark.detail
def test_a_step_that_is_not_there(open_tab) -> None:
    page = open_tab("&lesson=9&step=77")
    expect(page.locator('.ln-lesson [data-at="where"]')).to_contain_text("Lesson 7")


@pytest.mark.detail
def test_the_tour_comes_once_and_lights_what_it_speaks_of(visit) -> None:
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
    font = "element => getComputedStyle(element).fontFamily"
    body = page.locator(".gradio-container").evaluate(font)
    assert card.evaluate(font) == card.locator("button").first.evaluate(font) == body
    stops = (".lx-frames", "#lx-pads", "#lx-sweep", "#lx-truth", '[role="tab"]')
    for number, part in enumerate(stops, start=1):
        expect(card).to_contain_text(f"{number} of 5")
        page.wait_for_function(LIGHTS, arg=part)
        if number < 5:
            card.get_by_role("button", name="Next", exact=True).click()
    positions = len(screen.codes())
    page.keyboard.press("ArrowLeft")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    few = {1: "One code from 0 to 7 is the whole", 4: "Four codes from 0 to 7 are one"}
    expect(card).to_contain_text(few[positions])
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    card.get_by_role("button", name="First lesson").click()
    expect(page).to_have_url(re.compile("tab=learn"), timeout=LONG)


# whether a visible part lies within the spot, and the card does not hide where it begins
LIGHTS = """part => {
  const shown = [...document.querySelectorAll(part)].find((each) => each.offsetParent !== null);
  const box = shown.getBoundingClientRect();
  const spot = document.querySelector(".tr-spot").getBoundingClientRect();
  const card = document.querySelector(".tr-card").getBoundingClientRect();
  const within = spot.left <= box.left && spot.right >= box.right && spot.top <= box.top &&
    spot.bottom >= box.bottom && box.top < innerHeight;
  return within && (card.top >= box.top || card.bottom <= box.top);
}"""
