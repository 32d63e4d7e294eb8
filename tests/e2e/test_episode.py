"""An episode in Chromium: scrubbed, played, and jumped through over its actions and codes."""

from __future__ import annotations

import re
import statistics

import pytest
from playwright.sync_api import expect

from tests.e2e.bench_scrub import DRAG, PASSED

pytestmark = pytest.mark.browser

CLIP = "gripper-block2blockrelative-100249"
# a drag of the slider without a pause
PASS = """() => {
  const time = document.querySelector(".lx-time");
  for (let n = 0; n < Number(time.max); n++) {
    time.value = n;
    time.dispatchEvent(new Event("input", { bubbles: true }));
  }
  time.dispatchEvent(new Event("change", { bubbles: true }));
  return Number(time.max) - 1;
}"""


def drawn(screen):
    """The strip, once it is there."""
    panel = screen.page.locator("#lx-episode [data-drawn]")
    expect(panel).to_have_attribute("data-drawn", re.compile("."))
    return screen.page.locator(".lx-track")


@pytest.mark.timed
def test_a_frame_is_there_as_soon_as_the_slider(visit, record_property) -> None:
    screen = visit(model=None)
    drawn(screen)
    taken = screen.page.evaluate(DRAG)
    median = statistics.median(taken)
    record_property("passed_median_ms", round(median, 1))
    print(f"slider to frame: median {median:.0f} ms, slowest {max(taken):.0f} ms")
    assert median <= PASSED, sorted(taken)


@pytest.mark.detail
def test_passed_frames_are_shown_and_only_the_last_is_asked_about(visit) -> None:
    screen = visit(model=None)
    drawn(screen)
    sent = []
    screen.page.on("request", lambda made: sent.append(made.post_data or made.url))
    before = screen.picture(".lx-now")
    undo = screen.page.get_by_role("button", name="Undo", exact=True)
    painted = int(screen.stage.get_attribute("data-painted"))
    last = str(screen.page.evaluate(PASS))
    expect(screen.stage).to_have_attribute("data-painted", str(painted + 1))
    expect(screen.stage).to_have_attribute("data-frame", last)
    assert screen.picture(".lx-now") != before
    # every frame came as a file, and one press for where the slider stopped
    files = [url for url in sent if re.search(r"/lapa/frames/[0-9a-f]{32}/\d+\.webp$", url)]
    assert len(files) == len(set(files)) > int(last)
    asked = [body for body in sent if '"kept"' in body]
    assert len(asked) == 1 and f'"f":{last}' in asked[0]
    # and it is one step in the history
    undo.click()
    expect(screen.stage).to_have_attribute("data-frame", "12")
    expect(undo).to_be_disabled()


@pytest.mark.detail
def test_a_frame_is_fetched_once_in_a_life(visit) -> None:
    screen = visit(model=None)
    address = screen.page.evaluate(
        "import(new URL(Lapa.config.root + 'web/store.js', document.baseURI))"
        ".then((store) => new URL(store.page.shown.frames + '3.webp', document.baseURI).href)"
    )
    answer = screen.page.request.get(address)
    assert answer.status == 200 and answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_space_plays_and_stops_and_the_codes_follow(visit) -> None:
    screen = visit(f"?m=eight&c={CLIP}&f=4")
    drawn(screen)
    play = screen.page.get_by_role("button", name="Play the episode")
    expect(play).to_be_visible()
    screen.page.locator("body").press("Space")
    pause = screen.page.get_by_role("button", name="Pause")
    expect(pause).to_be_visible()
    # watched in the page: a second of play passes between two looks from here on a busy machine
    screen.page.wait_for_function("document.querySelector('.lx-stage').dataset.frame > 8")
    screen.page.locator("body").press("Space")
    expect(play).to_be_visible()
    frame = screen.page.locator(".lx-time").input_value()
    expect(screen.stage).to_have_attribute("data-frame", frame)
    # what is imagined from the frame where it stopped
    expect(screen.page.locator("body")).not_to_have_class(re.compile("lx-passing"))
    expect(screen.page.locator('.lx-truth [data-at="when"]')).to_have_text(
        f"frame {int(frame) + 2}"
    )


@pytest.mark.detail
def test_space_on_a_button_presses_it_and_a_pressed_code_ends_the_play(visit) -> None:
    screen = visit(f"?m=eight&c={CLIP}&f=4")
    screen.page.get_by_role("radio", name="Difference").focus()
    screen.page.keyboard.press("Space")
    expect(screen.stage).to_have_attribute("data-overlay", "diff")
    expect(screen.page.get_by_role("button", name="Play the episode")).to_be_visible()
    screen.page.get_by_role("button", name="Play the episode").click()
    expect(screen.page.get_by_role("button", name="Pause")).to_be_visible()
    screen.code(0, 5).click()
    expect(screen.page.get_by_role("button", name="Play the episode")).to_be_visible()
    screen.expect_codes([5])


@pytest.mark.detail
def test_the_play_ends_with_the_episode_and_begins_anew(visit) -> None:
    screen = visit(f"?m=eight&c={CLIP}&f=40")
    play = screen.page.get_by_role("button", name="Play the episode")
    play.click()
    expect(screen.stage).to_have_attribute("data-frame", "42")
    expect(play).to_be_visible()
    expect(screen.page.locator(".lx-none")).to_contain_text("no true future")
    play.click()
    screen.page.wait_for_function("document.querySelector('.lx-time').value < 10")


@pytest.mark.detail
def test_a_click_in_the_strip_goes_there(visit) -> None:
    screen = visit(f"?m=eight&c={CLIP}&f=12")
    track = drawn(screen)
    box = track.bounding_box()
    track.click(position={"x": box["width"] * 30.5 / 43, "y": box["height"] - 6})
    expect(screen.stage).to_have_attribute("data-frame", "30")
    here = screen.page.locator('#lx-episode [data-at="here"]')
    expect(here).to_contain_text(f"frame 30 · [{screen.codes()[0]}]")
    assert screen.codes() == [int(screen.page.locator(".lx-use code").inner_text()[1])]


@pytest.mark.detail
def test_the_robots_action_is_drawn_where_it_is_known_and_said_where_not(visit) -> None:
    screen = visit(f"?m=eight&c={CLIP}&f=12")
    drawn(screen)
    words = screen.page.locator('#lx-episode [data-at="words"]')
    legend = screen.page.locator('#lx-episode [data-at="legend"]')
    expect(legend).to_have_text("xy")
    expect(words).to_contain_text("the recorded action, each dimension to its own largest value")
    expect(screen.page.locator(".lx-curve path[stroke]")).to_have_count(2)
    screen.page.close()
    screen = visit("?m=eight&c=hand-block2block-100178&f=10")
    drawn(screen)
    expect(screen.page.locator('#lx-episode [data-at="words"]')).to_contain_text("is not known")
    expect(screen.page.locator(".lx-curve")).to_be_hidden()
