"""The map of the atlas with a million points: `python -m tests.e2e.bench_million`.

Draws synthetic points, in clusters as UMAP has them, with the page's own scripts in Chromium,
without the app. The map is moved by a little in every frame, in two and three dimensions, far away
and near; then it rests. Prints the frames a second and, on a busy machine the fairer figure, the
processor's milliseconds in the page's thread: of a frame while it moves, of one while the rest is
drawn, of the pointer's move, and of a lasso. Exit code 1 where a frame takes longer than a sixtieth
of a second.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

APP = Path(__file__).resolve().parents[2] / "app"
BAR = 1000 / 60


class _Scripts(http.server.SimpleHTTPRequestHandler):
    """The page's scripts, and the one that draws."""

    def translate_path(self, path: str) -> str:
        beside = Path(__file__).parent / path.lstrip("/")
        return str(beside) if beside.name == "million.js" else super().translate_path(path)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def served() -> Iterator[str]:
    """The page's scripts at an address."""
    handler = functools.partial(_Scripts, directory=str(APP))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def look(page: Page, count: int, frames: int, dims: int, zoom: int) -> dict[str, float]:
    """The processor's milliseconds a frame that moves, a frame at rest, a pointer's move and a
    lasso; the frames a second; and in how many frames all points are drawn."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    def call(name: str, value: object = None) -> tuple[float, float]:
        before = spent()
        script = "([name, value]) => import('/million.js').then((module) => module[name](value))"
        told = page.evaluate(script, [name, value])
        return told, spent() - before

    call("begin", {"count": count, "dims": dims, "zoom": zoom})
    moved, work = call("move", frames)
    slices, rest = call("rest")
    return {
        "rate": 1000 * frames / moved,
        "move": work / frames,
        "frames": slices,
        "rest": rest / max(slices, 1),
        "point": call("point")[1],
        "circle": call("circle")[1],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000, help="(1,000,000)")
    parser.add_argument("--frames", type=int, default=60, help="to draw in each look (60)")
    options = parser.parse_args()
    chromium, broken = shutil.which("chromium") or shutil.which("google-chrome"), False
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        for dims, zoom in ((2, 1), (2, 8), (3, 1)):
            page.goto(f"{url}/tabs/atlas/opened.html")
            told = look(page, options.points, options.frames, dims, zoom)
            broken |= max(told["move"], told["rest"]) > BAR
            print(
                f"{options.points:,} points, {dims}-D, {zoom} times as large: "
                f"{told['rate']:.0f} frames/s; the processor's milliseconds: {told['move']:.1f} a "
                f"frame that moves, {told['rest']:.1f} each of {told['frames']:.0f} until all are "
                f"drawn, {told['point']:.1f} for the pointer, {told['circle']:.0f} for a lasso",
                flush=True,
            )
        browser.close()
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
