"""A running app and a browser that watches for console errors and requests to other hosts."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import patient_launches
from tests.e2e.screen import Screen
from tests.e2e.watching import watch

LOADED = "Models loaded"
START_SECONDS = 240
# sessions are closed first, which takes its time on a busy machine
STOP_SECONDS = 90


@contextmanager
def running_app(root: Path, checkpoints: Path, clips: Path, log: Path) -> Iterator[str]:
    """Starts app.py as a person would, waits until its models are loaded, yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--checkpoints", str(checkpoints)]
    command += ["--clips", str(clips), "--port", str(port)]
    uploads = log.parent / "uploads"
    uploads.mkdir()
    environment = {**os.environ, "TMPDIR": str(uploads)}
    with log.open("w") as out:
        app = subprocess.Popen(command, cwd=root, stdout=out, stderr=out, env=environment)
    try:
        _wait_until_loaded(app, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        app.terminate()
        app.wait(timeout=STOP_SECONDS)


def _wait_until_loaded(app: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text()
        if LOADED in text and "Running on" in text:
            return
        if app.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"app.py did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def checkpoints(root: Path) -> Path:
    """The shipped checkpoints."""
    return root / "assets" / "checkpoints"


@pytest.fixture(autouse=True, scope="session")
def patient() -> Iterator[None]:
    """Pages that are launched here have a minute to start."""
    with patient_launches():
        yield


@pytest.fixture(scope="session")
def app_url(
    root: Path, checkpoints: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the app with the real service."""
    log = tmp_path_factory.mktemp("app") / "app.log"
    with running_app(root, checkpoints, clips, log) as url:
        yield url


@pytest.fixture(scope="session")
def chromium_browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


BARE_PAGE = """
import sys
import gradio
with gradio.Blocks() as page:
    gradio.HTML("<b id=there>there</b>")
page.launch(server_port=int(sys.argv[1]), quiet=True)
"""


@pytest.fixture
def seconds_to_a_bare_page(chromium_browser: Browser) -> Iterator[Callable[[], float]]:
    """How long this machine takes now to show a Gradio page with one word on it, in seconds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen([sys.executable, "-c", BARE_PAGE, str(port)])

    def seconds() -> float:
        context = chromium_browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        start = time.monotonic()
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("#there").wait_for()
        taken = time.monotonic() - start
        context.close()
        return taken

    try:
        _wait_for_port(port)
        seconds()  # the server's own first page
        yield seconds
    finally:
        app.terminate()
        app.wait(timeout=STOP_SECONDS)


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at port {port}")


class Visitors:
    """Contexts of the browser, handed on from test to test.

    A browser that has Gradio's scripts already, and compiled, opens a page for a third of the work
    of one that meets it first. What a visitor leaves behind is wiped when the next one comes; two
    of one test never share a context.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}
        self._taken: list[tuple[str, BrowserContext]] = []

    def page(self, origin: str, *, fresh: bool, **options: object) -> Page:
        """A page of a visitor whom `origin` does not know; fresh: nor does it know any script."""
        key = json.dumps(options, sort_keys=True)
        free = [] if fresh else self._free.setdefault(key, [])
        context = free.pop() if free else self._browser.new_context(**options)
        self._taken.append(("" if fresh else key, context))
        page = context.new_page()
        wiped = {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", wiped)
        return page

    def leave(self) -> None:
        """The end of a test: its pages are closed."""
        for key, context in self._taken:
            if key:
                for page in context.pages:
                    page.close()
                self._free[key].append(context)
            else:
                context.close()
        self._taken.clear()


@pytest.fixture(scope="session")
def visitors(chromium_browser: Browser) -> Visitors:
    return Visitors(chromium_browser)


@pytest.fixture
def visit(visitors: Visitors, app_url: str) -> Iterator[Callable[..., Screen]]:
    """Opens the page in a new session: `visit(query="", tour=False, **context options)`.

    Where a query names no model it is opened with `model`: with robots, whose four positions most
    tests press; model=None is a first visit.

    At the end every page opened must have stayed on this machine and have logged no error.
    """
    problems: list[str] = []

    def open_page(
        query: str = "",
        base: str = app_url,
        wait: bool = True,
        tour: bool = False,
        fresh: bool = False,
        model: str | None = "robots",
        **options,
    ) -> Screen:
        if model and not tour and base == app_url and not re.search(r"[?&]m=", query):
            query = f"{query or '?'}&m={model}"
        options.setdefault("viewport", {"width": 1440, "height": 900})
        # so that a picture is the imagined one whenever a test looks
        options.setdefault("reduced_motion", "reduce")
        page = visitors.page(base.rstrip("/"), fresh=fresh, **options)
        if not tour:
            # a visitor who has been here before
            page.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        watch(page, urlsplit(base).netloc, problems)
        screen = Screen(page)
        screen.goto(base + query, wait=wait)
        return screen

    yield open_page
    visitors.leave()
    assert not problems, problems
