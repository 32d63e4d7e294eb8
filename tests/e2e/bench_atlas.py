"""Frames a second of the map of the atlas while it is moved: `python -m tests.e2e.bench_atlas`.

Starts the app, opens the largest atlas in Chromium, and moves the map by a little in every frame,
far away and near. Prints the frames that were drawn a second, the milliseconds that one took and,
on a busy machine the fairer figure, the processor's milliseconds in the page's thread. Exit code 1
when the bar is broken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.spent import of_page

ROOT = Path(__file__).resolve().parents[2]
# processor's milliseconds a frame: with the rest of the page's work there is time for 15 a second
BAR = 60.0
# presses of + in each look
ZOOMS = (0, 4, 8)
STAGE = "document.querySelector('.at-stage').dataset"


def move(page: Page, frames: int) -> tuple[float, float]:
    """Seconds and seconds of the processor that so many frames took."""
    spent = of_page(page)
    before = spent()
    seconds = page.evaluate(
        f"""async (frames) => {{
          const canvas = document.querySelector(".at-stage canvas"), start = performance.now();
          for (let n = 0; n < frames; n++) {{
            const key = n % 2 ? "ArrowLeft" : "ArrowRight", drawn = {STAGE}.drawn;
            canvas.dispatchEvent(new KeyboardEvent("keydown", {{ key }}));
            while ({STAGE}.drawn === drawn) await new Promise(requestAnimationFrame);
          }}
          return (performance.now() - start) / 1000;
        }}""",
        frames,
    )
    return seconds, spent() - before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="of an app that runs already")
    parser.add_argument("--frames", type=int, default=60, help="to draw in each look (60)")
    options = parser.parse_args()
    if options.url:
        return measure(options.url, options.frames)
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    log = Path(tempfile.mkdtemp()) / "app.log"
    with running_app(ROOT, ROOT / "assets/checkpoints", ROOT / "assets/clips", log) as url:
        return measure(url, options.frames)


def measure(url: str, frames: int) -> int:
    """Prints a line a look; the exit code."""
    chromium, broken = shutil.which("chromium") or shutil.which("google-chrome"), False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        page.goto(f"{url}?tab=atlas&m=robots")
        page.locator("#lx-atlas [data-ready]").wait_for(state="attached", timeout=120_000)
        pressed = 0
        for presses in ZOOMS:
            while pressed < presses:
                page.locator(".at-stage canvas").press("+")
                pressed += 1
            seconds, work = move(page, frames)
            broken |= 1000 * work / frames > BAR
            opacity = page.evaluate(f"{STAGE}.opacity")
            print(
                f"{1.25**presses:5.1f} times as large, dots {opacity} opaque: "
                f"{frames / seconds:5.1f} frames/s, {1000 * seconds / frames:6.1f} ms a frame, "
                f"{1000 * work / frames:6.1f} ms of the processor"
            )
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
