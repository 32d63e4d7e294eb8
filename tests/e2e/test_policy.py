"""The tab Policy as a visitor handles it: a start, a run, another instruction, a link, a file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from lapa.sim.recorders.headless import choose_renderer

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 120_000


def test_the_parts_fit_a_phone_and_a_recording_runs(visit) -> None:
    page = visit("?tab=policy&r=lapa-separate-00000&f=2", wait=False, **PHONE).page
    page.set_default_timeout(LONG)
    expect.set_options(timeout=LONG)
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    run.click()
    # sixteen latent actions with the probabilities of every code
    expect(page.locator("#lx-imagining [data-at=step]")).to_contain_text("of 16")
    expect(page.locator(".po-share")).to_have_count(4)
    expect(page.locator(".po-share .chosen")).to_have_count(4)
    expect(page.locator("#lx-imagining .lx-says")).to_contain_text("16 latent actions")
    expect(page.locator("#lx-acting .po-verdict")).to_have_text(
        re.compile("^(Success|Failure): The recorded policy")
    )
    with page.expect_download() as saved:
        page.get_by_role("button", name="GIF", exact=True).click()
    assert saved.value.suggested_filename == "policy.gif"
    assert saved.value.path().read_bytes()[:3] == b"GIF"


@pytest.fixture
def open_tab(visit):
    try:
        choose_renderer()
    except OSError as error:
        pytest.skip(str(error))

    def open_page(query: str = "") -> Page:
        page = visit("?tab=policy" + query, wait=False).page
        page.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
        return page

    return open_page


def test_an_instruction_is_imagined_and_done(open_tab) -> None:
    # the oracle takes six seconds for this one, so nothing is done before Stop is pressed
    page = open_tab("&s=4&k=block2absolute&e=hand&t=real")
    told = page.get_by_role("textbox", name="Instruction")
    usual = told.input_value()
    assert usual and page.get_by_label("Embodiment that pushes").input_value() == "hand"
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#lx-imagining [data-at=step]")).to_contain_text(
        re.compile("step ([3-9]|1[0-6]) of 16")
    )
    expect(page.locator("#lx-acting [data-at=line]")).to_contain_text("cm from the goal")
    # both sides stop when it is asked for, and what was seen can be walked through
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    slider = page.get_by_label("Time of both sides")
    slider.fill("0")
    expect(page.locator("#lx-acting [data-at=step]")).to_have_text("the start")
    slider.fill("4")
    expect(page.locator("#lx-imagining [data-at=step]")).to_contain_text("step 2 of 16 · 0.4 s")
    # anybody's words: followed, and judged where they are a task
    told.fill("dance a little")
    expect(page.locator("[data-at=usual]")).to_contain_text("Nobody can say when this is done")
    told.fill("")
    expect(page.locator("[data-at=usual]")).to_be_empty()
    assert "s=4" in page.url and "k=block2absolute" in page.url


def test_from_scratch_meets_the_same_start_and_a_link_opens_it(open_tab, visit) -> None:
    page = open_tab("&s=21&k=block2absolute")
    page.get_by_role("radio", name="from scratch").click()
    page.get_by_label("Seed of the layout").fill("100000")
    page.get_by_label("Seed of the layout").press("Tab")
    expect(page.locator("#lx-policy .lx-error")).to_contain_text("seed must be 0 to 99999")
    page.get_by_label("Seed of the layout").fill("22")
    page.get_by_label("Seed of the layout").press("Tab")
    expect(page.locator("#lx-policy .lx-error")).to_be_empty()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    instruction = page.get_by_role("textbox", name="Instruction").input_value()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#lx-acting [data-at=step]")).to_contain_text("after")
    page.get_by_role("button", name="Stop").click()
    expect(page).to_have_url(re.compile("s=22.*p=scratch"))
    other = visit(page.url[page.url.index("?") :], wait=False).page
    expect(other.get_by_role("textbox", name="Instruction")).to_have_value(instruction)
    expect(other.get_by_role("radio", name="from scratch")).to_be_checked()
