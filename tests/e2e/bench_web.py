"""How fast a site without a server is: `python -m tests.e2e.bench_web`.

Exports shipped checkpoints as a site each, opens it in Chromium from a local server, and prints the
bytes that travel until the first picture, its seconds on a first and on a second visit, the
milliseconds from a press to its picture on the page, and the frames a second that a dream is seen
to play; beside them what onnxruntime takes on one thread without a browser, which tells a slow
machine from a slow page, and the fastest press, which tells a busy machine from both.
Exit code 1 when a bar is broken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lapa.__main__ import main as lapa
from lapa.models.quantizer import LatentActionQuantizer
from lapa.web_export.native import NativeModel
from tests.e2e.dream_screen import DreamScreen
from tests.e2e.web_model import served

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
LONG = 600_000
# seconds of the page's clock when a picture with codes was on it
FIRST = """() => new Promise((then) => {
  const look = () => (document.querySelector(".lx-stage")?.dataset.codes ? then(performance.now() / 1000) : requestAnimationFrame(look));
  look();
})"""  # noqa: E501
# milliseconds of presses as the page itself takes them: of one at each new frame, whose picture is
# not there yet, and of one a moment later, which the sweep may have drawn meanwhile; and those that
# the page says the network took for the first
PRESSES = r"""async (count) => {
  const stage = document.querySelector(".lx-stage"), fresh = [], later = [], network = [];
  const pads = [...document.querySelectorAll(".lx-code[data-k]")];
  const still = (time) => new Promise((then) => setTimeout(then, time));
  const done = async (what) => {
    const before = stage.dataset.painted;
    what();
    while (stage.dataset.painted === before) await still(1);
    return Number(stage.dataset.latency);
  };
  const press = (i) => {
    const free = pads.filter((pad) => pad.getAttribute("aria-checked") !== "true");
    return done(() => free[(7 * i) % free.length].click());
  };
  for (let i = 0; i < count; i++) {
    await done(() => document.querySelector('.lx-stage [aria-label="Next frame"]').click());
    fresh.push(await press(i));
    network.push(Number(document.querySelector(".lx-says").textContent.match(/(\d+) ms/)[1]));
    await still(1500);
    later.push(await press(i + 1));
  }
  return { fresh, later, network };
}"""


@dataclass(frozen=True)
class Bar:
    """What a model is held to: milliseconds a press, megabytes that travel (None: any)."""

    press: float
    wire: float | None = None


BARS = {"eight": Bar(60, 12), "robots": Bar(100), "tabletop": Bar(100), "drive": Bar(100)}
FRAMES_A_SECOND, FIRST_PICTURE = 12.0, 3.0


@dataclass
class Wire:
    """Bytes that a server has handed out."""

    bytes: int = field(default=0)

    def sent(self, count: int) -> None:
        """As `served` tells."""
        self.bytes += count


def native_times(site: Path, name: str, count: int) -> tuple[float, float]:
    """Milliseconds of the processor that onnxruntime takes to prepare a frame, and to decode it."""
    laq = LatentActionQuantizer.from_pretrained(ROOT / "assets" / "checkpoints" / name)
    folder = site / "models" / name
    graphs = json.loads((folder / "model.json").read_text(encoding="utf-8"))["graphs"]
    data = {graph: (folder / each["file"]).read_bytes() for graph, each in graphs.items()}
    model = NativeModel(laq, data)
    size = laq.config.image_size
    frame = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    codes = np.zeros(laq.config.code_length, int)
    scene = model.prepare(frame)
    prepared, pressed = [], []
    for _ in range(count):
        start = time.process_time()
        model.prepare(frame)
        between = time.process_time()
        model.decode(scene, codes)
        prepared.append(between - start)
        pressed.append(time.process_time() - between)
    return 1000 * float(np.median(prepared)), 1000 * float(np.median(pressed))


def visit(context: BrowserContext, address: str) -> tuple[Page, float]:
    """A page of the site, and the seconds until its first picture."""
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
    page.goto(address, wait_until="commit")
    page.wait_for_load_state("domcontentloaded")
    return page, page.evaluate(FIRST)


def _threads(page: Page) -> int:
    """Of WASM, as lapa/web_export/browser/sessions.js chooses them."""
    cores = page.evaluate("crossOriginIsolated ? navigator.hardwareConcurrency : 1")
    return max(1, min(4, cores // 2))


def _about_opening(page: Page, name: str, travelled: float, cold: float, warm: float) -> None:
    bar = BARS[name].wire or "none"
    print(f"{name}: {_threads(page)} threads at most")
    print(f"  {travelled:.1f} MB travel to the first picture (bar: {bar})")
    print(f"  {cold:.1f} s to it, {warm:.1f} s when cached (bar: {FIRST_PICTURE:g})", flush=True)


def steps_per_second(page: Page, seconds: float) -> float:
    """Painted steps of a dream that plays as fast as it goes."""
    dream = DreamScreen(page).open()
    dream.root.get_by_label("Steps a second").select_option("30")
    dream.root.get_by_label("Horizon in steps").select_option("256")
    dream.focus()
    page.keyboard.press(" ")
    page.wait_for_timeout(1000)
    painted = "[performance.now(), Number(document.querySelector('.lx-dreamer').dataset.painted)]"
    start, before = page.evaluate(painted)
    page.wait_for_timeout(1000 * seconds)
    end, after = page.evaluate(painted)
    return 1000 * (after - before) / (end - start)


def measure(browser: Browser, site: Path, name: str, options: argparse.Namespace) -> bool:
    """Print what a model takes; whether a bar is broken."""
    wire, context = Wire(), browser.new_context(viewport={"width": 1440, "height": 1000})
    with served(site, isolated=options.threads != 1, sent=wire.sent) as host:
        address = f"{host}?m={name}"
        page, cold = visit(context, address)
        travelled = wire.bytes / MEGABYTE
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.close()
        page, warm = visit(context, address)
        _about_opening(page, name, travelled, cold, warm)
        page.evaluate(PRESSES, 3)  # the engine compiles what runs often
        presses = page.evaluate(PRESSES, options.presses)
        steps = steps_per_second(page, options.seconds)
        context.close()
    prepared, pressed = native_times(site, name, options.presses)
    bar, press = BARS[name], float(np.median(presses["fresh"]))
    later, network = (float(np.median(presses[each])) for each in ("later", "network"))
    fastest = min(presses["fresh"])
    print(f"  {press:.0f} ms a press on a new frame (bar: {bar.press:g}), fastest {fastest:.0f}")
    print(f"  {network:.0f} of them in the worker: the network, and its picture")
    print(f"  {later:.0f} ms a press on the same frame")
    print(f"  {steps:.1f} frames/s (bar: {FRAMES_A_SECOND:g})")
    print(f"  onnxruntime on 1 thread: {prepared:.1f} ms to prepare, {pressed:.1f} ms a press")
    small = bar.wire is None or travelled <= bar.wire
    fast = press <= bar.press and steps >= FRAMES_A_SECOND and warm <= FIRST_PICTURE
    return not (small and fast)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="(eight robots)")
    parser.add_argument("--presses", type=int, default=12, help="how many are timed (12)")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long a dream plays (6)")
    parser.add_argument(
        "--threads", type=int, choices=(1,), help="without the headers that let a page have more"
    )
    parser.add_argument("--precision", default="float16", help="of the weights (float16)")
    parser.add_argument("--site", type=Path, help="a site of these models, exported already")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    names = options.models or ["eight", "robots"]
    broken = False
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        sites = {name: options.site or Path(place) / name for name in names}
        for name in names if options.site is None else ():
            words = [str(ROOT / "assets" / "checkpoints" / name), "--precision", options.precision]
            words += ["--clips", str(ROOT / "assets" / "clips"), "--out", str(sites[name])]
            if lapa(["export-web", *words, "--only", "explore,imagine"]):
                return 1
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, site in sites.items():
            broken |= measure(browser, site, name, options)
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
