"""The tab Policy as a visitor handles it: a start, a run, another instruction, a link, a file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from lapa.sim.recorders.headless import choose_renderer

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 120_000


@pytest.mark.detail
def test_the_parts_fit_a_phone_and_a_recording_runs(visit) -> None:
    page = visit("?tab=policy&r=lapa-separate-00000&f=2", wait=False, **PHONE).page
    page.set_default_timeout(LONG)
    expect.set_options(timeout=LONG)
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    run.click()
    expect(page.locator("#lx-imagining canvas")).to_be_in_viewport()
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


def stop(page: Page) -> None:
    """Ends a run, if it has not ended meanwhile."""
    task = page.get_by_role("region", name="What the policy is to do")
    task.get_by_role("button", name="Stop").evaluate("button => button.click()")


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
    stop(page)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    slider = page.get_by_label("Time of both sides")
    slider.fill("0")
    expect(page.locator("#lx-acting [data-at=step]")).to_have_text("the start")
    slider.fill("4")
    expect(page.locator("#lx-imagining [data-at=step]")).to_contain_text("step 2 of 16 · 0.4 s")
    expect(page.locator("#lx-acting [data-at=step]")).to_have_text("0.4 s")
    # between two imagined pictures both sides tell the same time, too
    slider.fill("3")
    expect(page.locator("#lx-imagining [data-at=step]")).to_contain_text("step 1 of 16 · 0.3 s")
    expect(page.locator("#lx-acting [data-at=step]")).to_have_text("0.3 s")
    trust = page.locator("#lx-imagining [data-at=trust]")
    expect(trust).to_contain_text(re.compile("nothing speaks against|should not be trusted"))
    # anybody's words: followed, and judged where they are a task
    told.fill("dance a little")
    expect(page.locator("[data-at=usual]")).to_contain_text("Nobody can say when this is done")
    told.fill("")
    expect(page.locator("[data-at=usual]")).to_be_empty()
    assert "s=4" in page.url and "k=block2absolute" in page.url


def test_both_clocks_of_a_hierarchy(open_tab) -> None:
    page = open_tab("&s=4&k=block2absolute&p=fast&w=2.5")
    speaks = page.get_by_role("radiogroup", name="The large model speaks times a second")
    expect(speaks.get_by_role("radio", name="2.5")).to_be_checked()
    speaks.get_by_role("radio", name="10", exact=True).click()
    expect(page).to_have_url(re.compile("p=fast&w=10"))
    run = page.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    run.click()
    clocks = page.locator(".po-clocks")
    expect(clocks).to_contain_text("the large model speaks 10 times a second")
    expect(clocks.locator(".po-word code")).to_have_text(re.compile(r"^\[\d,\d,\d,\d\]$"))
    expect(clocks.locator(".po-word")).to_contain_text("0.1 s old")
    expect(clocks.locator(".po-word .lx-name")).not_to_be_empty()
    expect(clocks.locator(".acts")).to_contain_text(re.compile("([4-9]|[1-9][0-9]) moves"))
    stop(page)
    expect(run).to_be_enabled()
    # each as it stood at the time of both sides: the first word comes a tenth of a second late
    slider = page.get_by_label("Time of both sides")
    slider.fill("1")
    expect(clocks.locator(".po-word")).to_have_text(re.compile("^No word has come yet"))
    expect(clocks.locator(".po-clock .lx-side")).to_have_text(["0 words", "0 moves"])
    slider.fill("3")
    expect(clocks.locator(".po-clock .lx-side")).to_have_text(["2 words", "2 moves"])
    # who acts without a large model has one clock
    page.get_by_role("radio", name="LAPA", exact=True).click()
    expect(speaks).to_be_hidden()
    run.click()
    expect(clocks).to_contain_text("LAPA acts 10 times a second")
    expect(clocks.locator(".po-clock")).to_have_count(1)
    stop(page)


@pytest.mark.detail
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
    expect(page.locator("#lx-acting [data-at=step]")).to_have_text(re.compile(r"^\d+\.\d s"))
    stop(page)
    expect(page).to_have_url(re.compile("s=22.*p=scratch"))
    other = visit(page.url[page.url.index("?") :], wait=False).page
    expect(other.get_by_role("textbox", name="Instruction")).to_have_value(instruction)
    expect(other.get_by_role("radio", name="from scratch")).to_be_checked()


@pytest.mark.detail
def test_a_race_from_one_start_and_words_however_they_are_typed(open_tab) -> None:
    page = open_tab("&s=4&k=block2block")
    race = page.locator(".po-race")
    race.get_by_role("button", name="Race", exact=True).click()
    expect(race.locator('.po-lane[data-policy="oracle"] .good')).to_contain_text("done in")
    expect(race.locator(".po-lane figcaption b")).to_have_text(
        ["LAPA", "from scratch", "LAPA with a fast head", "the oracle"]
    )
    # the slowest would take ten seconds of the simulator; where all are done, Stop does nothing
    race.get_by_role("button", name="Stop").evaluate("button => button.click()")
    expect(race.locator("[data-at=says]")).to_have_text(re.compile("did it|^Stopped after"))
    # played again, and round and round
    race.get_by_label("Time of the race").fill("0")
    assert race.get_by_label("loop").is_checked()
    race.get_by_role("button", name="Play").click()
    expect(race.locator("[data-at=time]")).to_have_text(re.compile("^[1-9]"))
    race.get_by_role("button", name="Pause").click()
    chips = page.locator(".po-chip")
    words = chips.first.inner_text()
    chips.first.click()
    told = page.get_by_role("textbox", name="Instruction")
    expect(told).to_have_value(words)
    told.fill(f"PLEASE, {words.upper()}!!!")
    expect(page.locator("[data-at=usual]")).to_have_text(f"Understood as “{words}”.")
    expect(race.locator(".po-lane")).to_have_count(0)
