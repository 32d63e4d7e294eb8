"""A running app and a browser that watches for console errors and requests to other hosts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.screen import Screen

LOADED = "Models loaded"
START_SECONDS = 240


@contextmanager
def running_app(root: Path, checkpoints: Path, clips: Path, log: Path) -> Iterator[str]:
    """Starts app.py as a person would, waits until its models are loaded, yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--checkpoints", str(checkpoints)]
    command += ["--clips", str(clips), "--port", str(port)]
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(log.parent / "uploads")}
    with log.open("w") as out:
        app = subprocess.Popen(command, cwd=root, stdout=out, stderr=out, env=environment)
    try:
        _wait_until_loaded(app, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        app.terminate()
        app.wait(timeout=20)


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
        app.wait(timeout=20)


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at port {port}")


@pytest.fixture
def visit(chromium_browser: Browser, app_url: str) -> Iterator[Callable[..., Screen]]:
    """Opens the page in a fresh session: `visit(query="", tour=False, **context options)`.

    At the end every page opened must have stayed on this machine and have logged no error.
    """
    contexts, problems = [], []

    def open_page(
        query: str = "", base: str = app_url, wait: bool = True, tour: bool = False, **options
    ) -> Screen:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        context = chromium_browser.new_context(**options)
        if not tour:
            # a visitor who has been here before
            context.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        contexts.append(context)
        page = context.new_page()
        _watch(page, urlsplit(base).netloc, problems)
        screen = Screen(page)
        screen.goto(base + query, wait=wait)
        return screen

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, problems


def _watch(page: Page, host: str, problems: list[str]) -> None:
    def request(made) -> None:
        parts = urlsplit(made.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            problems.append(f"request to another host: {made.url[:200]}")

    def console(message) -> None:
        if message.type == "error":
            problems.append(f"console error: {message.text[:300]}")

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
