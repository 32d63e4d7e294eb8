"""The tab Transfer as a visitor handles it: a pair, its rows, the proof, the matrix, a link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG = 60_000
JACO = ".tf-row[data-body=jaco] .tf-name p >> nth=0"


@pytest.fixture
def open_tab(visit):
    def open_page(query: str = "", **options) -> Page:
        page = visit("?tab=transfer" + query, wait=False, **options).page
        expect(page.locator(".tf-row")).to_have_count(11, timeout=LONG)
        return page

    return open_page


def test_from_a_pair_to_every_robot_and_back_by_its_link(open_tab, visit) -> None:
    page = open_tab()
    # the pair's own robot is shown, too, but does not count
    expect(page.locator(".tf-told")).to_contain_text("of 10 the picture")
    # proof: three real pairs of every robot
    expect(page.locator('.tf-row[data-body="panda"] .tf-known')).to_have_count(3, timeout=LONG)
    expect(page.locator('.tf-row[data-body="panda"] .tf-nearest p')).to_contain_text("of 3 moved")
    page.get_by_label("Embodiment of the pair").select_option("fetch")
    page.get_by_role("radio", name="4 times").click()
    expect(page.locator('.tf-row[data-body="panda"]')).to_contain_text(
        "Imagined, 4 times", timeout=LONG
    )
    expect(page.locator(".tf-row").first).to_have_attribute("data-body", "fetch")
    expect(page.locator(".tf-told")).to_contain_text("done 4 times over", timeout=LONG)
    page.locator('.tf-row[data-body="jaco"] summary').click()
    page.get_by_label("Clip of jaco").select_option(index=2)
    expect(page).to_have_url(re.compile("on=jaco"), timeout=LONG)
    expect(page.locator(".tf-carried")).to_have_attribute("aria-busy", "false", timeout=LONG)
    codes = page.locator('#transfer [data-at="codes"]').inner_text()
    said = page.locator(JACO).inner_text()
    again = open_tab("&" + page.url.split("tab=transfer&")[1])
    expect(again.locator('#transfer [data-at="codes"]')).to_have_text(codes)
    assert again.locator(JACO).inner_text() == said


@pytest.mark.detail
def test_a_cell_opens_its_examples_which_can_be_carried_over(open_tab) -> None:
    page = open_tab()
    cell = page.get_by_role("button", name="from sawyer to fetch")
    cell.click()
    shown = page.locator(".tf-cell")
    expect(shown.locator("h3")).to_have_text("sawyer → fetch", timeout=LONG)
    expect(shown.locator("li")).to_have_count(6)
    expect(cell).to_have_attribute("aria-pressed", "true")
    cell.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="from sawyer to iiwa")).to_be_focused()
    codes = shown.locator("li code").first.inner_text()
    shown.locator("li button").first.click()
    expect(page.locator('#transfer [data-at="codes"]')).to_have_text(codes, timeout=LONG)
    expect(page.get_by_label("Embodiment of the pair")).to_have_value("sawyer")


@pytest.mark.detail
def test_ones_own_two_frames_and_a_wrong_one(open_tab, tmp_path, root) -> None:
    import av

    clip = next((root / "assets" / "clips" / "robosuite").glob("panda-lift-*.mp4"))
    with av.open(str(clip)) as video:
        frames = [frame.to_image() for frame in video.decode(video=0)]
    for name, frame in (("one", frames[20]), ("two", frames[26])):
        frame.save(tmp_path / f"{name}.png")
    (tmp_path / "no.png").write_text("not a picture")
    page = open_tab()

    def send(button: str, file: str) -> None:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name=button).click()
        chooser.value.set_files(tmp_path / file)

    send("First", "no.png")
    expect(page.locator("#lx-transfer .lx-error")).to_contain_text("no.png", timeout=LONG)
    send("First", "one.png")
    expect(page.locator('#lx-transfer [data-at="own"]')).to_have_text(
        "Now the other one.", timeout=LONG
    )
    send("Second", "two.png")
    expect(page).to_have_url(re.compile("d=upload-"), timeout=LONG)
    expect(page.locator(".tf-row small")).to_have_count(0)


@pytest.mark.detail
def test_on_a_phone_nothing_is_cut_off(open_tab) -> None:
    page = open_tab(**PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".tf-row").nth(3)).to_be_visible()
