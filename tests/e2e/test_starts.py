"""The first visit, and the ways in: each model and the real clips, one press away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def start(screen, name: str):
    return screen.page.locator(f'[data-start="{name}"]')


def test_a_first_visit_opens_on_eight_and_each_code_moves_the_robot(visit) -> None:
    screen = visit(model=None)
    assert len(screen.codes()) == 1 and "m=eight" in screen.page.url
    expect(start(screen, "eight")).to_have_attribute("aria-checked", "true")
    expect(screen.page.locator(".lx-stranger")).to_have_count(0)
    pictures = set()
    for code in range(8):
        screen.press(0, code)
        pictures.add(screen.picture())
    assert len(pictures) == 8 and screen.picture(".lx-now") not in pictures


@pytest.mark.detail
def test_every_way_in_has_its_sentence_and_opens_what_its_model_knows(visit) -> None:
    screen = visit(model=None)
    # beside these four stand models that other tests opened in this app
    for name in ("eight", "robots", "tabletop", "real clips"):
        assert len(start(screen, name).locator("small").inner_text()) > 30
    first = screen.stage.get_attribute("data-clip")
    for name, positions in (("robots", 4), ("tabletop", 4), ("eight", 1)):
        before = screen.stage.get_attribute("data-painted")
        start(screen, name).click()
        expect(screen.stage).not_to_have_attribute("data-painted", before)
        expect(screen.page.locator(".lx-pad")).to_have_count(positions)
        expect(start(screen, name)).to_have_attribute("aria-checked", "true")
        expect(screen.page.locator(".lx-stranger")).to_have_count(0)
    assert screen.stage.get_attribute("data-clip") == first, (
        "tabletop and eight know the same clips"
    )


@pytest.mark.detail
def test_the_real_clips_are_said_to_be_unknown(visit) -> None:
    screen = visit(model=None)
    start(screen, "real clips").click()
    expect(screen.page.locator(".lx-stranger")).to_contain_text("robots has not learned real-")
    expect(start(screen, "real clips")).to_have_attribute("aria-checked", "true")
    expect(start(screen, "robots")).to_have_attribute("aria-checked", "false")
    expect(screen.stage).to_have_attribute("data-clip", re.compile("^real-"))
    # and back by the keyboard
    start(screen, "real clips").press("ArrowDown")
    expect(start(screen, "eight")).to_have_attribute("aria-checked", "true")
    expect(screen.page.locator(".lx-stranger")).to_have_count(0)


@pytest.mark.detail
def test_on_a_phone_the_ways_in_follow_the_pads(visit) -> None:
    screen = visit(model=None, **PHONE)
    assert not screen.scrolls_sideways()
    box = screen.code(0, 7).bounding_box()
    assert box["y"] + box["height"] <= 844, "a code lies below the first screen"
    start(screen, "robots").tap()
    expect(screen.page.locator(".lx-pad")).to_have_count(4)
    assert not screen.scrolls_sideways()


@pytest.mark.detail
def test_the_random_codes_and_the_blur_stand_beside_the_figure(visit) -> None:
    """On frames whose pictures are known to be blurred, and not."""
    for model, clip, is_blurred in (
        ("robots", "jaco-play-lift-00034", True),
        ("eight", "hand-block2block-100178", False),
    ):
        screen = visit(f"?m={model}&c={clip}&f=10")
        expect(screen.page.locator(".lx-chance")).to_contain_text("Random codes")
        said = screen.page.locator(".lx-blur")
        expect(said).to_contain_text("Blurred where it moves") if is_blurred else (
            expect(said).to_be_empty()
        )
        screen.page.close()
