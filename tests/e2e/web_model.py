"""A folder served as a static site serves it, and a page in Chromium that has `openModel`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.site.serving import HEADERS
from lapa.web_export.runtime import BROWSER, RUNTIME, runtime_files

# all that the scripts need: their own host, workers of it, and WebAssembly
POLICY = (
    "default-src 'none'; connect-src 'self'; "
    "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"
)
PAGE = f"""<!doctype html><meta charset="utf-8"><title>Model</title>
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<script type="module" src="start.js"></script>"""
START = """
import { openModel } from "./browser/model.js";
window.openModel = openModel;
window.pixelsOf = (numbers, side) => {
  const data = new Uint8ClampedArray(4 * side * side).fill(255);
  for (let i = 0; i < side * side; i++) data.set(numbers.slice(3 * i, 3 * i + 3), 4 * i);
  return new ImageData(data, side, side);
};
window.rgb = (rgba) => Array.from(rgba).filter((_, i) => i % 4 !== 3);
document.title = "ready";
"""


def need_runtime() -> None:
    """Skip the test where nobody has run `make web`; fail it there with REQUIRE_WEB=1."""
    try:
        runtime_files()
    except FileNotFoundError as error:
        if os.environ.get("REQUIRE_WEB") == "1":
            raise
        pytest.skip(str(error))


def lay_out(site: Path, models: list[Path]) -> None:
    """A site of the page above, the scripts with their runtime, and models by their names."""
    site.mkdir(parents=True, exist_ok=True)
    (site / "index.html").write_text(PAGE)
    (site / "start.js").write_text(START)
    scripts = site / "browser"
    scripts.mkdir()
    for script in BROWSER.glob("*.js"):
        shutil.copy(script, scripts)
    (scripts / RUNTIME.name).mkdir()
    for file in runtime_files():
        shutil.copy(file, scripts / RUNTIME.name)
    for model in models:
        shutil.copytree(model, site / model.name)


class _Handler(SimpleHTTPRequestHandler):
    """`python -m http.server`, which may write the headers of a static Space."""

    isolated = True
    sent: Callable[[int], None]

    def end_headers(self) -> None:
        for name, value in HEADERS.items() if self.isolated else ():
            self.send_header(name, value)
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        self.sent(os.fstat(source.fileno()).st_size)
        super().copyfile(source, outputfile)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def served(
    site: Path, *, isolated: bool = True, sent: Callable[[int], None] = lambda _: None
) -> Iterator[str]:
    """The address of a folder.

    isolated: with the headers that let a page have threads. sent: is told the bytes of each file
    that is handed out.
    """
    words = {"isolated": isolated, "sent": staticmethod(sent)}
    kind = type("Handler", (_Handler,), words)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
