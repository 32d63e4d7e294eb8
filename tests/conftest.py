"""What every test shares: where things lie, one thread budget, and no way out of the machine."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
# without its window Chromium does half the work
BROWSERS = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome",
)  # fmt: skip

# Set before anything imports gradio or a hub client: both read these once, at import.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "2")
# Each process of the tests launches its pages on a hundred ports of its own: where two took the
# same one at once, gradio tried the other 99, each in vain, as an MCP server begins only once.
PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["GRADIO_SERVER_PORT"] = str(7900 + 100 * PROCESS)


class LeftTheMachine(AssertionError):
    """Something tried to talk to another host."""


# before xdist's own hook, which reads the groups
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several processes share the tests file by file, as a file's tests share what is made for
    them; those of the browser share an app and a Chromium and stay together, too."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        file = item.path.relative_to(ROOT / "tests")
        group = _browser_group(file) if file.parts[0] == "e2e" else file.with_suffix("").as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


def _browser_group(file: Path) -> str:
    """One of two of about the same length: each has an app and a Chromium of its own."""
    return "e2e-a" if file.stem < "test_g" else "e2e-b"


@pytest.fixture(scope="session", autouse=True)
def offline() -> Iterator[None]:
    """Connections to anything but this machine fail, in this process."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise LeftTheMachine(f"a test tried to reach {address}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1", "0.0.0.0", "::") or host.startswith("127.")


@contextmanager
def patient_launches() -> Iterator[None]:
    """Gradio gives a server five seconds to start, and a busy machine needs more: here a minute."""
    from gradio import http_server

    slow = SimpleNamespace(sleep=time.sleep, time=lambda: time.monotonic() / 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_server, "time", slow)
        yield


@pytest.fixture(scope="module")
def quick_probe() -> Iterator[None]:
    """The small network that reads actions from latents learns for two steps, not 600: it is most
    of what a checkup costs, and tests/evaluation/test_mlp.py holds what it finds."""
    from lapa.evaluation import mlp

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlp, "EPOCHS", 2)
        patch.setattr(mlp, "LEAST_STEPS", 2)
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def clips(root: Path) -> Path:
    """The shipped clips, present in every clone."""
    return root / "assets" / "clips"


@pytest.fixture(scope="session")
def robots_data(root: Path) -> Path:
    """The full `robots` set: $LAPA_DATA, or `shared/robots` beside the repository."""
    folder = Path(os.environ.get("LAPA_DATA", root.parent / "shared" / "robots"))
    if not any(folder.glob("*.jsonl")):
        pytest.skip(f"the robots set is not at {folder}; set LAPA_DATA to where it lies")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's path; where REQUIRE_BROWSER=1 its absence fails the test."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("REQUIRE_BROWSER=1, and there is no Chromium on this machine")
    if found is None:
        pytest.skip("no Chromium on this machine; install it to run the browser tests")
    return found
