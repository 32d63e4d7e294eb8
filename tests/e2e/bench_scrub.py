"""Milliseconds from the slider to the frame, and from a pair to Transfer's first rows:
`python -m tests.e2e.bench_scrub [--model robots]`.

Starts the app, goes with the slider of Explore through an episode that nobody has looked at, frame
by frame, and prints how long each was waited for; beside it what the page waits for a plain request
of such a file, which is as slow as the machine is now. Then Transfer is asked for a pair of every
embodiment, none of which was looked at, and its first rows and all of them are waited for. Exit
code 1 when a bar is broken.
"""

from __future__ import annotations

import argparse
import math
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.screen import Screen
from tests.e2e.spent import of_app

ROOT = Path(__file__).resolve().parents[2]
# the 95th percentile of one frame passed, in milliseconds
PASSED = 100
# until Transfer's first rows stand there, in milliseconds, in the median
FIRST_ROWS = 1000
# of each model, a clip that it does not open on
CLIPS = {
    "eight": "gripper-block2blockrelative-100249",
    "robots": "panda-lift-00016",
    "tabletop": "gripper-block2blockrelative-100249",
}
# those that know several embodiments, most and fewest
CARRIED = ("robots", "tabletop")
DRAG = """async () => {
  const time = document.querySelector(".lx-time"), root = document.querySelector(".lx-stage");
  const taken = [];
  for (let n = 0; n < Number(time.max); n++) {
    const start = performance.now();
    delete root.dataset.passed;
    time.value = n;
    time.dispatchEvent(new Event("input", { bubbles: true }));
    // on a slow machine what is imagined may come first: then that is when something is seen
    while (root.dataset.passed === undefined && performance.now() - start < 2000) {
      await new Promise((done) => setTimeout(done, 2));
    }
    taken.push(Number(root.dataset.passed) || performance.now() - start);
  }
  time.dispatchEvent(new Event("change", { bubbles: true }));
  return taken;
}"""
PLAIN = """async () => {
  const store = await import(new URL(Lapa.config.root + "web/store.js", document.baseURI));
  const last = Number(document.querySelector(".lx-time").max), taken = [];
  for (let n = 0; n < last; n++) {
    const start = performance.now();
    const file = new URL(`${store.page.shown.frames}${n}.webp`, document.baseURI);
    await (await fetch(file, { cache: "no-store" })).blob();
    taken.push(performance.now() - start);
  }
  return taken;
}"""

CARRY = """async () => {
  const select = document.querySelector('.tf-form [data-at="body"]'), taken = [];
  const panel = document.querySelector(".tf-carried");
  const rows = panel.querySelector('[data-at="rows"]');
  const drawn = () => new Promise((done) => {
    const watch = new MutationObserver(() => (watch.disconnect(), done()));
    watch.observe(rows, { childList: true });
  });
  const idle = async () => {
    while (panel.getAttribute("aria-busy") === "true") {
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  // real pairs come last; until then the one before takes its share of the server
  const whole = async () => {
    await idle();
    for (let n = 0; n < 1500 && rows.querySelector(".tf-row .tf-nearest:not(:has(ul))"); n++) {
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  await whole();
  const here = select.value;
  for (const body of [...select.options].map(({ value }) => value)) {
    if (body === here) continue;
    const start = performance.now(), first = drawn();
    select.value = body;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await first;
    const pictures = [...rows.querySelectorAll("img")];
    await Promise.all(pictures.map((image) => image.decode().catch(() => 0)));
    const seen = performance.now() - start;
    await idle();
    taken.push([seen, performance.now() - start]);
    await whole();
  }
  return taken;
}"""


def p95(taken: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(taken, n=20, method="inclusive")[-1]


def measure(url: str, models: list[str], ours: bool) -> int:
    """Prints a line a model; the exit code."""
    chromium, broken = shutil.which("chromium") or shutil.which("google-chrome"), False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for model in models:
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
            Screen(page).goto(f"{url}?m={model}&c={CLIPS[model]}&f=4")
            taken, plain = page.evaluate(DRAG), page.evaluate(PLAIN)
            broken |= p95(taken) > PASSED
            print(
                f"{model}: slider to frame {statistics.median(taken):.0f} ms (median), "
                f"{p95(taken):.0f} ms (95th percentile, at most {PASSED} are wanted) of "
                f"{len(taken)} frames; a plain request {statistics.median(plain):.0f} and "
                f"{p95(plain):.0f} ms: {p95(taken) / p95(plain):.1f} times as long",
                flush=True,
            )
            page.context.close()
            if model in CARRIED:
                broken |= carry(browser, url, model, ours)
        browser.close()
    return int(broken)


def carry(browser: Browser, url: str, model: str, ours: bool) -> bool:
    """Prints what Transfer is waited for; whether its bar is broken. ours: this process started the
    app, so that its work can be told."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
    page.goto(f"{url}?tab=transfer&m={model}")
    page.locator(".tf-row").first.wait_for(timeout=60_000)
    worked = of_app() if ours else None
    at_first = worked() if worked else 0.0
    first, whole = zip(*page.evaluate(CARRY), strict=True)
    spent = 1000 * (worked() - at_first) / len(first) if worked else math.nan
    page.context.close()
    print(
        f"{model}: Transfer's first rows after {statistics.median(first):.0f} ms (median, at most "
        f"{FIRST_ROWS} are wanted), {max(first):.0f} ms at most; all rows after "
        f"{statistics.median(whole):.0f} ms, of {len(first)} pairs; the processor's {spent:.0f} ms "
        "a pair in the app, its first rows, all of them and real pairs together",
        flush=True,
    )
    return statistics.median(first) > FIRST_ROWS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="of an app that runs already")
    parser.add_argument("--model", choices=CLIPS, help="one of them alone")
    options = parser.parse_args()
    models = [options.model] if options.model else list(CLIPS)
    if options.url:
        return measure(options.url, models, ours=False)
    log = Path(tempfile.mkdtemp()) / "app.log"
    with running_app(ROOT, ROOT / "assets/checkpoints", ROOT / "assets/clips", log) as url:
        return measure(url, models, ours=True)


if __name__ == "__main__":
    sys.exit(main())
