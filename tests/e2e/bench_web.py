"""How fast a quantizer is in a page that has no server: `python -m tests.e2e.bench_web`.

Exports shipped checkpoints, opens them in Chromium from a local static server, and prints for each
the bytes that travel, the seconds to the first picture of a second visit, the milliseconds from a
press to its picture, and the frames a second of the closed loop; beside them what onnxruntime takes
on one thread without a browser, so that a slow machine can be told from a slow page, and the
processor's time a press, which tells a busy machine from both. Exit code 1 when a bar is broken.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lapa.models.quantizer import LatentActionQuantizer
from lapa.web_export import export_model
from lapa.web_export.native import NativeModel
from lapa.web_export.runtime import runtime_files
from tests.e2e.web_model import described, lay_out, served

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
LONG = 600_000
OPEN = """async ([name, threads]) => {
  window.model = await openModel(`${name}/model.json`, threads ? { threads } : {});
  const side = model.info.imageSize;
  const numbers = Array.from({ length: 3 * side * side }, (_, i) => 128 + Math.round(90 * Math.sin(i / 700)));
  window.frame = await model.prepare(pixelsOf(numbers, side));
  window.codes = Array(model.info.codeLength).fill(1);
  (await model.decode(frame, codes)).close();
  return performance.now() / 1000;
}"""  # noqa: E501
# milliseconds of each press, codes changing as under a finger
PRESSES = """async (count) => {
  const taken = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    (await model.decode(frame, codes.map((_, at) => (i + at) % model.info.codebookSize))).close();
    taken.push(performance.now() - start);
  }
  return taken;
}"""
# frames a second, each picture shown before the next is imagined
STEPS = """async (count) => {
  const pen = document.createElement("canvas").getContext("2d");
  let at = frame;
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const next = await model.step(at, codes);
    pen.drawImage(next.picture, 0, 0);
    next.picture.close();
    at = next.frame;
  }
  return 1000 * count / (performance.now() - start);
}"""


@dataclass(frozen=True)
class Bar:
    """What a model is held to: milliseconds a press, megabytes that travel (None: any)."""

    press: float
    wire: float | None = None


BARS = {"eight": Bar(60, 12), "robots": Bar(100), "tabletop": Bar(100)}
FRAMES_A_SECOND, FIRST_PICTURE = 12.0, 3.0


def native_times(laq: LatentActionQuantizer, folder: Path, count: int) -> tuple[float, float]:
    """Milliseconds of the processor that onnxruntime takes to prepare a frame, and to decode it."""
    names = described(folder)["graphs"]
    data = {name: (folder / each["file"]).read_bytes() for name, each in names.items()}
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


class Processor:
    """Seconds of the processor that the browser's pages have taken."""

    def __init__(self, browser: Browser) -> None:
        self._devtools = browser.new_browser_cdp_session()

    def seconds(self) -> float:
        processes = self._devtools.send("SystemInfo.getProcessInfo")["processInfo"]
        return sum(each["cpuTime"] for each in processes if each["type"] == "renderer")


def visit(
    context: BrowserContext, address: str, name: str, threads: int | None
) -> tuple[Page, float]:
    """A page with the model opened, and the seconds until its first picture."""
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto(address)
    page.wait_for_function("document.title === 'ready'")
    return page, page.evaluate(OPEN, [name, threads])


def measure(browser: Browser, address: str, folder: Path, options: argparse.Namespace) -> bool:
    """Print what a model takes; whether a bar is broken."""
    name, context = folder.name, browser.new_context()
    first, cold = visit(context, address, name, options.threads)
    first.close()
    page, warm = visit(context, address, name, options.threads)
    info = page.evaluate("model.info")
    page.evaluate(PRESSES, 8)  # the engine compiles what runs often
    processor = Processor(browser)
    before = processor.seconds()
    taken = page.evaluate(PRESSES, options.presses)
    busy = 1000 * (processor.seconds() - before) / options.presses
    steps = page.evaluate(STEPS, options.presses)
    wire = sum(each["bytes"] for each in described(folder)["graphs"].values()) + options.shared
    laq = LatentActionQuantizer.from_pretrained(ROOT / "assets" / "checkpoints" / name)
    prepared, pressed = native_times(laq, folder, options.presses)
    bar, press, wire = BARS[name], float(np.median(taken)), wire / MEGABYTE
    print(f"{name}: {info['backend']}, {info['threads']} threads")
    print(f"  {wire:.1f} MB travel (bar: {bar.wire or 'none'})")
    print(f"  {cold:.1f} s to the first picture, {warm:.1f} s when cached (bar: {FIRST_PICTURE:g})")
    print(f"  {press:.0f} ms a press (bar: {bar.press:g}), {busy:.0f} ms of the processor")
    print(f"  {steps:.1f} frames/s (bar: {FRAMES_A_SECOND:g})")
    print(f"  onnxruntime on 1 thread: {prepared:.1f} ms to prepare, {pressed:.1f} ms a press")
    context.close()
    small = bar.wire is None or wire <= bar.wire
    fast = press <= bar.press and steps >= FRAMES_A_SECOND and warm <= FIRST_PICTURE
    return not (small and fast)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="(eight robots)")
    parser.add_argument("--presses", type=int, default=40, help="how many are timed (40)")
    parser.add_argument("--threads", type=int, help="of WASM (as the page chooses)")
    parser.add_argument("--precision", default="float16", help="of the weights (float16)")
    parser.add_argument("--exported", type=Path, help="folder of models that are exported already")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    place, folders = Path(tempfile.mkdtemp()), []
    for name in options.models or ("eight", "robots"):
        folder = (options.exported or place) / name
        if options.exported is None:
            laq = LatentActionQuantizer.from_pretrained(ROOT / "assets" / "checkpoints" / name)
            export_model(laq, folder, name=name, precision=options.precision)
        folders.append(folder)
    lay_out(place / "site", folders)
    shared = [*(place / "site").glob("*.*"), *(place / "site" / "browser").rglob("*.*")]
    # WebGPU's build is fetched in place of WASM's, not beside it
    unused = set(runtime_files(("webgpu",))) - set(runtime_files(("wasm",)))
    options.shared = sum(
        file.stat().st_size for file in shared if file.name not in {each.name for each in unused}
    )
    broken = False
    with served(place / "site") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for folder in folders:
            broken |= measure(browser, address, folder, options)
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
