"""The Checkup tab as a visitor handles it: known figures, a run, cancelling, files, the phone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lapa.checkup.questions import QUESTIONS

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# a checkup of two clips takes some seconds on two free cores
LONG = 300_000
OUTSIDE = """() => [...document.querySelectorAll('#checkup :is(button, select, input, p, article)')]
  .filter(e => e.offsetParent && !e.hidden && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 100))"""
NAMELESS = """() => [...document.querySelectorAll('#checkup :is(button, input, select, progress)')]
  .filter(e => e.offsetParent)
  .filter(e => !e.getAttribute('aria-label') && !e.innerText.trim() && !e.labels?.length)
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def open_tab(visit):
    """Opens the tab by its link: `open_tab(query="", **context options)` -> its page."""

    def open_page(query: str = "", **options) -> Page:
        page = visit("?tab=checkup" + query, wait=False, **options).page
        expect(at(page, "plan")).to_contain_text("frame pairs", timeout=LONG)
        return page

    return open_page


def at(page: Page, name: str):
    return page.locator(f'#checkup [data-at="{name}"]').first


def run(page: Page) -> None:
    page.get_by_role("button", name="Run the checkup").click()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_focused()


def saved(page: Page, kind: str, path: Path) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {kind.upper()}").click()
    assert download.value.suggested_filename == f"checkup-robots.{kind}"
    download.value.save_as(path / f"report.{kind}")
    return (path / f"report.{kind}").read_text("utf-8")


def test_a_run_to_its_report_and_its_files(open_tab, visit, tmp_path: Path) -> None:
    page = open_tab("&e=real-widowx", accept_downloads=True)
    cards, report = page.locator(".ck-card"), page.locator(".ck-report")
    # figures that were measured before are there at once, and said to be so
    expect(report).to_have_attribute("data-known", "published")
    expect(cards).to_have_count(len(QUESTIONS))
    expect(page.locator(".ck-about")).to_contain_text("measured before and published")
    expect(page.get_by_role("button", name="Save HTML")).to_be_enabled()
    expect(page.get_by_role("checkbox", name="real-widowx")).to_be_checked()
    expect(page.get_by_role("checkbox", name="panda")).not_to_be_checked()
    run(page)
    expect(at(page, "left")).to_contain_text("left", timeout=LONG)
    expect(report).to_have_attribute("data-known", "measured", timeout=LONG)
    expect(at(page, "heard")).to_have_text("The report is here.")
    first = cards.first
    expect(first).to_contain_text("Are all codes used?")
    expect(first.locator(".ck-badge")).to_have_text(re.compile("(good|fair|poor|unknown)$"))
    expect(first.locator("svg").first).to_be_visible()
    expect(page.locator(".ck-below img").first).to_be_visible()
    expect(first.locator(".ck-why").first).to_be_hidden()
    page.get_by_role("switch", name="Explain the measures").check()
    expect(first.locator(".ck-why").first).to_be_visible()
    figures = json.loads(saved(page, "json", tmp_path))
    assert figures["embodiments"] == ["real-widowx"] and len(figures["verdicts"]) == len(QUESTIONS)
    assert "<script src" not in saved(page, "html", tmp_path)
    reader = page.context.browser.new_page()
    reader.goto((tmp_path / "report.html").as_uri())
    expect(reader.get_by_role("heading", name="robots", exact=True)).to_be_visible()
    reader.close()


@pytest.mark.detail
def test_what_was_published_can_be_saved_but_not_ranked_across_data(open_tab, tmp_path) -> None:
    page = open_tab("&m=robots&b=eight", accept_downloads=True)
    expect(page.locator(".ck-apart")).to_contain_text("different data")
    expect(page.locator(".ck-difference").first).to_contain_text("not ranked")
    expect(page.locator(".ck-difference:is(.better, .worse)")).to_have_count(0)
    box = page.get_by_role("button", name="Run the checkup").bounding_box()
    assert box["y"] + box["height"] <= 900
    with page.expect_download() as download:
        page.get_by_role("button", name="Save JSON").click()
    download.value.save_as(tmp_path / "both.json")
    both = json.loads((tmp_path / "both.json").read_text("utf-8"))
    assert [each["checkpoint"] for each in both] == ["robots", "eight"]
    # two of the same data are ranked
    page.get_by_label("Checkpoint to examine").select_option("tabletop")
    expect(page.locator(".ck-apart")).to_have_count(0)
    expect(page.locator(".ck-difference:is(.better, .worse)").first).to_be_visible()


def test_cancelling_while_explore_stays_quick(open_tab) -> None:
    page = open_tab()
    run(page)
    expect(page.locator(".ck-stage").first).to_contain_text(re.compile(r"\d of \d"), timeout=LONG)
    page.get_by_role("tab", name="Explore").click()
    stage = page.locator(".lx-stage")
    expect(stage).to_have_attribute("data-painted", re.compile(r"\d"))
    page.locator('.lx-code[data-p="0"][data-k="3"]').click()
    expect(stage).to_have_attribute("data-codes", re.compile(r"^3\."))
    assert "tab=checkup" not in page.url
    page.get_by_role("tab", name="Checkup").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(at(page, "heard")).to_have_text("The checkup was cancelled.")
    expect(page.get_by_role("button", name="Run the checkup")).to_be_enabled()
    assert "tab=checkup" in page.url and "m=robots" in page.url


def test_a_wrong_file_and_then_a_good_one(open_tab, checkpoints: Path, tmp_path: Path) -> None:
    page, sent = open_tab(), page_file(tmp_path)
    expect(at(page, "sent")).to_be_empty()
    page.locator(".ck-checkpoint").set_input_files(sent("laq.pt", b"\x80\x02not a checkpoint"))
    expect(at(page, "sent")).to_contain_text("laq.pt")
    assert at(page, "sent").inner_text().endswith(".")
    page.locator(".ck-checkpoint").set_input_files(sent("empty.zip", b""))
    expect(at(page, "sent")).to_have_text("empty.zip is empty (0 bytes).")
    files = [checkpoints / "robots" / name for name in ("config.json", "model.safetensors")]
    page.locator(".ck-checkpoint").set_input_files(files)
    chosen = page.get_by_label("Checkpoint to examine")
    expect(chosen).to_have_value(re.compile("^upload-"), timeout=LONG)
    expect(page.locator(".ck-about")).to_contain_text("has not been measured yet")
    # the two beside each other, before anything is run
    own = chosen.input_value()
    chosen.select_option("robots")
    page.get_by_label("Second checkpoint, beside the first").select_option(own)
    expect(page.locator(".ck-report")).to_have_attribute("data-known", "published nothing")
    expect(page.locator(".ck-about")).to_have_count(2)


def page_file(folder: Path):
    def write(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


@pytest.mark.detail
def test_the_phone_and_a_link_that_asks_in_vain(open_tab) -> None:
    page = open_tab("&m=nobody&s=thorough", **PHONE)
    expect(at(page, "notes")).to_contain_text("no checkpoint named nobody")
    expect(page.get_by_role("radio", name="Thorough")).to_be_checked()
    assert page.evaluate(OUTSIDE) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert page.evaluate(NAMELESS) == []
    page.get_by_role("button", name="none", exact=True).tap()
    expect(at(page, "wrong")).to_contain_text("Choose the clips")
    expect(page.get_by_role("button", name="Run the checkup")).to_be_disabled()
