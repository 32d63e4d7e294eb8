"""The exported site in a real browser, served from a sub-path by Python's own server: the page
without Gradio, and the networks in the browser."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lapa.__main__ import main
from tests.e2e.test_accessibility import serious
from tests.e2e.watching import watch
from tests.e2e.web_model import need_runtime, served

pytestmark = pytest.mark.browser

LONG = 60_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MODEL, CLIPS = "eight", ("cylinder-block2relative-100211", "gripper-block2blockrelative-100249")
# grey levels that a picture may be away from Python's
LEVELS = 2
CANVAS = """selector => {
  const canvas = document.querySelector(selector), pen = canvas.getContext("2d");
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return [canvas.width, btoa(text)];
}"""


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one checkpoint and two clips, away from the policies, whose loading would take
    longer than all else; sites are served from `served` in it."""
    need_runtime()
    place = tmp_path_factory.mktemp("web")
    shutil.copytree(root / "assets/checkpoints" / MODEL, place / "checkpoints" / MODEL)
    shutil.copytree(root / "assets/clips/tabletop", place / "clips/tabletop")
    lines = (root / "assets/clips/tabletop.jsonl").read_text().splitlines(keepends=True)
    chosen = [line for line in lines if json.loads(line)["id"] in CLIPS]
    (place / "clips/tabletop.jsonl").write_text("".join(chosen))
    return place


def export(place: Path, name: str, *more: str) -> Path:
    """Writes a site as a person would."""
    site = place / "served" / "sub" / name
    words = ["export-web", str(place / "checkpoints" / MODEL), "--clips", str(place / "clips")]
    assert main([*words, "--out", str(site), *more]) == 0
    return site


@pytest.fixture(scope="module")
def small(place: Path) -> Path:
    """A site with Explore alone."""
    return export(place, "small", "--only", "explore")


@pytest.fixture(scope="module")
def folder(root: Path, place: Path) -> Path:
    """A site with all that a site can have, atlas and lessons."""
    shutil.copytree(root / "assets/atlas" / MODEL, place / "atlas" / MODEL)
    return export(place, "site", "--lessons", "--url", "https://example.org/x")


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    """Of the folder above all sites."""
    (place / "served" / "sub").mkdir(parents=True, exist_ok=True)
    with served(place / "served", isolated=False) as address:
        yield f"{address}sub/"


@dataclass
class Visit:
    """A visitor's page, and all that was wrong with it."""

    context: BrowserContext
    page: Page
    problems: list[str]


@contextmanager
def visits(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Opens a site in a browser that does not know it: `visit(query, before=…, **options)`.

    before: is done with the page before it goes there. At the end there was no request to another
    host and no error, but for those that a test took off the visit's `problems`.
    """
    made: list[Visit] = []

    def open_site(
        query: str = "", before: Callable[[Page], None] | None = None, **options
    ) -> Visit:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        made.append(Visit(context, page, []))
        watch(page, urlsplit(address).netloc, made[-1].problems)
        if before is not None:
            before(page)
        page.goto(address + query)
        return made[-1]

    yield open_site
    found = [problem for each in made for problem in each.problems]
    for each in made:
        each.context.close()
    assert not found, found


@pytest.fixture
def visit(chromium_browser: Browser, address: str, folder: Path) -> Iterator[Callable[..., Visit]]:
    with visits(chromium_browser, f"{address}{folder.name}/") as made:
        yield made


@pytest.fixture
def visit_small(
    chromium_browser: Browser, address: str, small: Path
) -> Iterator[Callable[..., Visit]]:
    with visits(chromium_browser, f"{address}{small.name}/") as made:
        yield made


def pressed(page: Page, codes: str | re.Pattern[str]) -> None:
    """Waits until the picture of these codes is drawn."""
    expect(page.locator(".lx-stage")).to_have_attribute("data-codes", codes, timeout=LONG)


def picture(page: Page, selector: str) -> np.ndarray:
    """What a canvas shows, (h, w, 3) uint8."""
    side, data = page.evaluate(CANVAS, selector)
    pixels = np.frombuffer(base64.b64decode(data), np.uint8).reshape(-1, side, 4)
    return pixels[..., :3]


def test_every_code_draws_what_python_draws(visit_small, small: Path, place: Path) -> None:
    from lapa import LatentActionQuantizer

    page = visit_small(f"?m={MODEL}&c={CLIPS[0]}&f=20&a=0&o=none").page
    pressed(page, "0")
    clips = json.loads((small / "data/catalogue.json").read_text())["clips"]
    (own,) = (clip for clip in clips if clip["id"] == CLIPS[0])
    with Image.open(small / own["folder"] / "20.webp") as file:
        frame = np.array(file.convert("RGB"))
    laq = LatentActionQuantizer.from_pretrained(place / "checkpoints" / MODEL)
    for code in range(laq.config.codebook_size):
        page.get_by_role("radio", name=f"Position 0, code {code}").click()
        pressed(page, str(code))
        expect(page.locator(".lx-says")).to_contain_text(f"[{code}]")
        drawn = picture(page, ".lx-next").astype(int)
        wanted = laq.decode(frame, np.array([code]), size=len(frame)).astype(int)
        assert drawn.shape == wanted.shape
        assert np.abs(drawn - wanted).max() <= LEVELS, f"code {code}"
    # what is inferred is what the server infers, and how close it came is said
    inferred = json.loads((small / f"data/episodes/{MODEL}/{own['address']}.json").read_text())
    expect(page.locator(".lx-use code")).to_have_text(str(inferred["codes"][20]))
    expect(page.locator(".lx-sentence")).to_contain_text("the true future than the copied frame")


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(root: Path, place: Path, small: Path) -> None:
    words = ["--clips", place / "clips", "--out", place / "again", "--only", "explore"]
    command = [sys.executable, "-m", "lapa", "export-web", place / "checkpoints" / MODEL, *words]
    # sets of names come in another order
    subprocess.run(command, cwd=root, env={**os.environ, "PYTHONHASHSEED": "7"}, check=True)
    manifest = (place / "again" / "manifest.json").read_text()
    assert manifest == (small / "manifest.json").read_text()
    assert "models/eight/decode.onnx" in json.loads(manifest)["files"]


@pytest.mark.slow
def test_ten_steps_are_driven_and_a_link_opens_them_again(visit) -> None:
    page = visit(f"?tab=imagine&m={MODEL}&c={CLIPS[0]}&f=5").page
    dreamer, player = page.locator(".lx-dreamer"), page.locator(".lx-player")
    expect(dreamer).to_have_attribute("data-step", "0", timeout=LONG)
    for step, key in enumerate("0123456701", start=1):
        player.press(key)
        expect(dreamer).to_have_attribute("data-step", str(step), timeout=LONG)
    expect(page).to_have_url(re.compile("q=0_1_2_3_4_5_6_7_0_1"))
    expect(page.locator(".lx-verdict")).to_contain_text(
        re.compile("judge by eye|should not be trusted")
    )
    shown = picture(page, ".lx-imagined")
    again = visit(f"?{page.url.split('?')[1]}").page
    expect(again.locator(".lx-dreamer")).to_have_attribute("data-step", "10", timeout=LONG)
    expect(again.locator(".lx-dreamer")).to_have_attribute("data-moment", "10")
    assert np.array_equal(picture(again, ".lx-imagined"), shown)


@pytest.mark.slow
def test_a_replay_runs_beside_the_truth(visit) -> None:
    page = visit(f"?tab=imagine&m={MODEL}&c={CLIPS[0]}&f=5&d=replay").page
    expect(page.locator(".lx-says").last).to_contain_text("on average", timeout=4 * LONG)


@pytest.mark.slow
def test_a_wrong_answer_gets_a_hint_and_the_right_one_is_right(visit, folder: Path) -> None:
    question = json.loads((folder / "data/learn/question-changed.json").read_text())
    page = visit("?tab=learn&lesson=1&step=3").page
    options = page.locator("form input[name=ln-answer]")
    expect(options).to_have_count(len(question["options"]), timeout=LONG)
    options.nth((question["best"] + 1) % len(question["options"])).check()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".ln-said")).to_contain_text(question["hint"])
    options.nth(question["best"]).check()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".ln-said")).to_contain_text(question["why"])
    # a lesson about a model that the site has not says so
    page.goto(page.url.split("?")[0] + "?tab=learn&lesson=2")
    expect(page.locator("#lx-learn .lx-error")).to_contain_text("which is not here", timeout=LONG)


@pytest.mark.slow
def test_a_game_lays_out_the_pairs_of_the_server(visit, place: Path) -> None:
    from app.explorer import Explorer

    explorer = Explorer(place / "checkpoints", place / "clips")
    page = visit(f"?m={MODEL}&guess=123456&beat=3").page
    expect(page.locator(".gs-game")).to_have_attribute("data-round", "0", timeout=4 * LONG)
    wanted = explorer.guess.round(MODEL, 123456, 0)
    explorer.close()
    shown = page.locator(".gs-option code").all_text_contents()
    assert shown == [str(list(option.codes)).replace(" ", "") for option in wanted.options]
    page.locator(".gs-option").nth(wanted.right).click()
    expect(page.locator(".gs-verdict")).to_contain_text("Right")


@pytest.mark.slow
def test_a_point_of_the_atlas_opens_its_pair(visit) -> None:
    page = visit(f"?tab=atlas&m={MODEL}&i=5").page
    expect(page.locator("#lx-atlas [data-ready]")).to_be_attached(timeout=LONG)
    expect(page.locator("[data-row='5'] .at-three")).to_be_visible(timeout=LONG)
    page.get_by_label("Words or codes to find").fill("[2]")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator('[data-at="found"]')).to_contain_text("[2]", timeout=LONG)
    expect(page.locator(".at-card")).to_contain_text("real pairs")


@pytest.mark.slow
def test_a_link_that_fits_nothing_says_what_was_changed(visit) -> None:
    page = visit("?m=nobody&c=nothing&f=x&a=9").page
    notes = page.locator(".lx-notes")
    expect(notes).to_contain_text("There is no checkpoint named nobody", timeout=LONG)
    expect(notes).to_contain_text("There is no clip named nothing here")


@pytest.mark.slow
def test_without_a_network_it_is_still_there(visit) -> None:
    here = visit(f"?m={MODEL}&c={CLIPS[0]}&f=20&a=0")
    page = here.page
    pressed(page, "0")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    # as much as the worker keeps by itself: what pictures of the model need is among it
    page.evaluate(
        """async () => {
          for (const name of ["model.json", "prepare.onnx", "decode.onnx"]) {
            const wanted = new URL("models/eight/" + name, document.baseURI).href;
            while (!await caches.match(wanted)) await new Promise((then) => setTimeout(then, 200));
          }
        }"""
    )
    here.context.set_offline(True)
    page.reload()
    pressed(page, "0")
    page.get_by_role("radio", name="Position 0, code 3").click()
    pressed(page, "3")
    assert here.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["explore", "imagine", "learn", "atlas"])
def test_a_phone_needs_no_scrolling_sideways_and_axe_finds_nothing(visit, tab: str) -> None:
    page = visit(f"?tab={tab}", **PHONE).page
    ready = {
        "explore": '.lx-stage[data-codes]:not([data-codes=""])',
        "imagine": '.lx-dreamer[data-step="0"]',
        "learn": '.ln-lesson[aria-busy="false"]',
        "atlas": "#lx-atlas [data-ready]",
    }
    expect(page.locator(ready[tab])).to_be_attached(timeout=LONG)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    assert serious(page) == []


def lost(path: str, body: str | None = None) -> Callable[[Page], None]:
    """Before a visit: a file that is not there, or one that holds something else."""

    def before(page: Page) -> None:
        answer = {"status": 404, "body": ""} if body is None else {"status": 200, "body": body}
        page.route(f"**/{path}", lambda route: route.fulfill(**answer))

    return before


@pytest.mark.slow
@pytest.mark.parametrize(
    "before, where, sentence",
    [
        (
            lost("manifest.json", "{broken"),
            "#site-problem",
            "manifest.json of this site is damaged",
        ),
        (lost("manifest.json", "[]"), "#site-problem", "manifest.json of this site is damaged"),
        (lost("manifest.json"), "#site-problem", "manifest.json is missing"),
        (lost("data/catalogue.json"), "#site-problem", "data/catalogue.json is missing"),
        (lost("models/eight/decode.onnx"), ".lx-broken", "decode.onnx"),
        (
            lambda page: page.add_init_script("WebAssembly.validate = () => false"),
            ".lx-broken",
            "no WebAssembly SIMD",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(visit, before, where: str, sentence: str) -> None:
    here = visit("", before=before)
    expect(here.page.locator(where)).to_contain_text(sentence, timeout=LONG)
    # the browser itself logs that a file was not there
    here.problems[:] = [each for each in here.problems if "404" not in each]
