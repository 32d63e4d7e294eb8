"""Imagine in Chromium: focus the picture, drive, play, branch, replay, keep, and open again."""

from __future__ import annotations

import json
import re

import av
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.dream_screen import DreamScreen

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def dream(visit) -> DreamScreen:
    return DreamScreen(visit().page).open()


def test_keys_drive_once_the_picture_has_the_focus(dream: DreamScreen) -> None:
    dream.page.keyboard.press("ArrowUp")
    dream.expect_step(0)
    before = dream.picture()
    dream.focus()
    outline = dream.player.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    dream.press("ArrowUp", "ArrowLeft", "s", "Enter")
    assert dream.picture() != before
    dream.page.keyboard.press("u")
    dream.expect_step(3)
    dream.page.keyboard.press("r")
    dream.expect_step(0)
    assert dream.picture() == before


def test_the_hint_names_the_keys_of_this_model_and_no_other(visit) -> None:
    page = DreamScreen(visit("?m=eight").page).open().page
    lit = page.locator(".lx-way:not(:disabled)").evaluate_all("all => all.map(e => e.dataset.key)")
    keys = page.locator("#lx-dream-help kbd").all_inner_texts()
    letters = {"close": "G", "open": "O", "stay": "S"}
    assert all((letter in keys) is (name in lit) for name, letter in letters.items())
    assert "P" not in keys and {"0", "7", "Space", "↑"} <= set(keys)


def test_board_keys_and_picture_always_agree(dream: DreamScreen) -> None:
    """A press of a pad or of a number key is a step at once, and what led to the picture that is
    shown is what the board, its heading and the caption say, whatever led there."""
    root = dream.root
    before = dream.picture()
    root.locator('.lx-code[data-dp="2"][data-dk="6"]').click()
    dream.expect_step(1)
    assert dream.picture() != before
    first = dream.board()
    assert first[2] == 6
    dream.focus()
    dream.page.keyboard.press("p")
    position = (2 + 1) % 4
    dream.page.keyboard.press("0")
    dream.expect_step(2)
    assert dream.board()[position] == 0 and dream.board()[:position] == first[:position]
    dream.press("ArrowUp")
    up = dream.board()
    note = root.locator('[data-key="up"] code').inner_text()
    assert note == dream.written(up)
    # a walk back shows what led there, and so does a sequence
    dream.page.keyboard.press("u")
    dream.expect_step(2)
    assert dream.board()[position] == 0
    dream.page.keyboard.press("9")
    dream.expect_step(2)
    dream.page.get_by_role("textbox", name="Sequence of latent actions").fill("[2,3,6,2] x2")
    dream.page.locator('.lx-sequence [data-do="run"]').click()
    dream.expect_step(4)
    assert dream.board() == [2, 3, 6, 2]
    expect(dream.leaf(5).locator("span").first).to_have_text("[2,3,6,2]")
    dream.do("random").click()
    dream.expect_step(5)
    dream.board()


def test_play_counts_frames_until_it_is_paused(dream: DreamScreen) -> None:
    dream.focus()
    dream.page.keyboard.press(" ")
    expect(dream.root).to_have_attribute("data-step", re.compile(r"^([3-9]|\d\d)$"))
    dream.page.keyboard.press(" ")
    expect(dream.root).to_have_attribute("data-playing", "")
    stopped = dream.step()
    dream.page.wait_for_timeout(1500)
    assert dream.step() == stopped
    expect(dream.page.locator(".lx-verdict")).to_contain_text("step")


def test_leaving_while_it_plays_is_no_error(dream: DreamScreen) -> None:
    dream.focus()
    dream.page.keyboard.press(" ")
    expect(dream.root).to_have_attribute("data-step", re.compile(r"^([3-9]|\d\d)$"))
    # what the console says meanwhile is looked at when the test ends
    dream.page.reload()
    dream.ready()


def test_the_pad_on_the_screen_does_what_the_keys_do(dream: DreamScreen) -> None:
    dream.root.locator('[data-key="right"]').click()
    dream.expect_step(1)
    dream.do("edit").click()
    field = dream.page.get_by_role("textbox", name="Latent action of Right")
    field.fill("[9,0,0,0]")
    field.press("Enter")
    expect(dream.root.locator(".lx-edit .lx-error")).to_contain_text("Code 9 at position 0")
    field.fill("[1,2,3,4]")
    field.press("Enter")
    dream.root.locator('[data-key="right"]').click()
    dream.expect_step(2)
    expect(dream.root.locator('[data-at="step"]')).to_contain_text("[1,2,3,4]")


def test_branches_are_walked_and_two_are_compared(dream: DreamScreen) -> None:
    dream.focus()
    dream.press("ArrowUp")
    dream.page.locator('.lx-branches [data-do="every"]').click()
    expect(dream.page.locator(".lx-leaf")).to_have_count(10)
    dream.leaf(4).click()
    dream.expect_step(2)
    pin = dream.page.locator('.lx-branches [data-do="pin"]')
    pin.click()
    dream.leaf(7).click()
    pin.click()
    expect(dream.page.locator(".lx-compare figcaption").last).to_contain_text("grey levels apart")


def test_a_sequence_runs_and_errors_point_at_the_character(dream: DreamScreen) -> None:
    text = dream.page.get_by_role("textbox", name="Sequence of latent actions")
    text.fill("[3,1,0,6] x2, [0,0,9,1]")
    run = dream.page.locator('.lx-sequence [data-do="run"]')
    run.click()
    error = dream.page.locator(".lx-sequence .lx-error")
    expect(error).to_contain_text("Character 20")
    assert text.evaluate("field => field.selectionStart") == 19
    text.fill("[3,1,0,6] x1000")
    run.click()
    expect(error).to_contain_text("That is 1000 steps, but this dream has room for 639 more")
    text.fill("[3,1,0,6] x2, [0,0,2,1]")
    run.click()
    dream.expect_step(3)
    text.fill("")
    dream.page.locator('.lx-sequence [data-do="take"]').click()
    expect(text).to_have_value("[3,1,0,6] x2, [0,0,2,1]")


def test_a_replay_runs_beside_the_truth_and_is_anchored(dream: DreamScreen) -> None:
    dream.root.get_by_role("radio", name="Replay").click()
    expect(dream.says).to_contain_text("copy-frame")
    expect(dream.page.locator("#lx-curve .js-plotly-plot")).to_be_visible()
    closed = dream.says.inner_text()
    every = dream.root.get_by_label("Re-anchor every so many steps")
    every.fill("1")
    expect(dream.says).to_contain_text("every step from the true frame")
    assert dream.says.inner_text() != closed
    head = dream.root.get_by_label("Step of the dream")
    head.fill("2")
    expect(dream.root).to_have_attribute("data-step", "2")


def test_what_is_kept_opens_again(dream: DreamScreen, tmp_path) -> None:
    dream.focus()
    dream.press("ArrowUp", "ArrowRight", "g")
    shown = dream.picture()
    dream.page.locator('[data-film="times"]').fill("3")
    with av.open(str(dream.keep("mp4", tmp_path))) as video:
        assert len(list(video.decode(video=0))) == 3 * 4
    assert Image.open(dream.keep("gif", tmp_path)).n_frames == 4
    dream.page.locator('[data-film="back"]').check()
    dream.page.locator('[data-film="loop"]').uncheck()
    once = Image.open(dream.keep("gif", tmp_path))
    assert once.n_frames == 6 and "loop" not in once.info
    assert Image.open(dream.keep("png", tmp_path)).width > 4 * 128
    path = dream.keep("json", tmp_path)
    assert len(json.loads(path.read_text())["moves"]) == 3
    dream.page.keyboard.press("r")
    dream.do("reset").click()
    dream.expect_step(0)
    dream.page.get_by_label("A dream kept as JSON").set_input_files(str(path))
    dream.expect_step(3)
    expect(dream.page.locator(".lx-keep .lx-foot")).to_contain_text("to the last bit")
    assert dream.picture() == shown


def test_a_link_opens_exactly_this_dream(dream: DreamScreen, visit) -> None:
    dream.focus()
    dream.press("ArrowUp", "ArrowUp")
    dream.page.keyboard.press("u")
    dream.expect_step(1)
    dream.press("ArrowLeft")
    expect(dream.page).to_have_url(re.compile("q=.*k=3"))
    shown, query = dream.picture(), dream.page.url.partition("?")[2]
    again = DreamScreen(visit("?" + query).page).ready()
    again.expect_step(2)
    expect(again.page.locator(".lx-leaf")).to_have_count(4)
    assert again.picture() == shown


def test_two_visitors_do_not_meet(dream: DreamScreen, visit) -> None:
    other = DreamScreen(visit().page).open()
    dream.focus()
    dream.press("ArrowUp", "ArrowUp")
    other.expect_step(0)
    other.focus()
    other.press("ArrowLeft")
    dream.expect_step(2)
