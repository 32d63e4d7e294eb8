"""Frames a second that a visitor sees while a dream plays: `python -m tests.e2e.bench_play`.

Starts the app on the shipped checkpoint, plays as fast as it goes in Chromium for some seconds, and
counts the frames that were painted; once as it is, once with 100 ms of latency added to the
network, as Chromium's developer tools add it. Prints them a second and, on a busy machine the
fairer figure, the processor's milliseconds a frame, in the app and in the page's thread, which work
beside each other. Exit code 1 when a bar is broken.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.dream_screen import DreamScreen
from tests.e2e.screen import Screen
from tests.e2e.spent import of_app, of_page

ROOT = Path(__file__).resolve().parents[2]
# added milliseconds -> painted frames a second that are wanted
BARS = {0: 25.0, 100: 12.0}


def delay(page: Page, milliseconds: int) -> None:
    """Add latency to every request from here on."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    throttle = {"offline": False, "latency": milliseconds}
    unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.emulateNetworkConditions", {**throttle, **unlimited})


def frames_per_second(page: Page, seconds: float) -> tuple[float, float, float]:
    """Painted frames a second of a dream that plays, after its first three, and the processor's
    milliseconds for each, of the app and of the page."""
    dream = DreamScreen(page).open()
    dream.root.get_by_label("Steps a second").select_option("30")
    dream.root.get_by_label("Horizon in steps").select_option("256")
    dream.focus()
    page.keyboard.press(" ")
    expect(dream.root).to_have_attribute("data-step", re.compile(r"^([3-9]|\d\d+)$"))
    count = "[performance.now(), Number(document.querySelector('.lx-dreamer').dataset.painted)]"
    spent = of_app(), of_page(page)
    start, before = page.evaluate(count)
    at_first = [own() for own in spent]
    page.wait_for_timeout(1000 * seconds)
    end, after = page.evaluate(count)
    app, own = (1000 * (now() - then) for now, then in zip(spent, at_first, strict=True))
    page.keyboard.press(" ")
    frames = after - before
    return 1000 * frames / (end - start), app / frames, own / frames


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long to count (6)")
    options = parser.parse_args()
    # as the Makefile has it: threads that wait must not take the browser's core
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    log = Path(tempfile.mkdtemp()) / "app.log"
    app = running_app(ROOT, ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips", log)
    broken = False
    with app as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for latency, bar in BARS.items():
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
            Screen(page).goto(url)
            delay(page, latency)
            seen, app_ms, page_ms = frames_per_second(page, options.seconds)
            broken |= seen < bar
            print(
                f"{latency:>3} ms added: {seen:.1f} frames/s (wanted: {bar:g}), the processor's "
                f"{app_ms:.0f} ms a frame in the app and {page_ms:.0f} ms in the page",
                flush=True,
            )
            page.context.close()
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
