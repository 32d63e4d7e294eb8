"""The page's scripts as files: their addresses, who may import whom, and their own tests."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.web import components, scripts
from app.web.doors import Doors

ROOT = Path(__file__).resolve().parents[3]
MODULES = scripts.modules()
# tabs whose modules may be imported by another tab's: none so far
NEIGHBOURS: dict[str, set[str]] = {}
OLDEST_NODE = 20


@pytest.fixture
def client() -> TestClient:
    return TestClient(Doors(Starlette(routes=scripts.routes()), upload=1))


def imports(path: str) -> list[str]:
    """What a module imports, as paths below app/."""
    near = re.findall(r'^import (?:.* from )?"(.+)";$', MODULES[path].decode(), re.MULTILINE)
    app = ROOT / "app"
    return [
        (app / path).parent.joinpath(each).resolve().relative_to(app).as_posix() for each in near
    ]


def part(path: str) -> str:
    """`tabs/explore/stage.js` -> `explore`, `web/store.js` -> `web`."""
    return path.split("/")[1] if path.startswith("tabs/") else path.split("/")[0]


def test_every_panel_has_its_module_and_its_template() -> None:
    for path in components.PANELS.values():
        assert b"export function mount(element" in MODULES[f"{path}.js"], path
        assert (ROOT / "app" / f"{path}.html").is_file(), path


@pytest.mark.parametrize("path", MODULES)
def test_modules_import_what_is_there_and_follow_the_arrows(path: str) -> None:
    for other in imports(path):
        assert other in MODULES, f"{path} imports {other}"
        allowed = {"web", part(path)} | NEIGHBOURS.get(part(path), set())
        assert part(other) in allowed, f"{path} imports {other}"
    assert MODULES[path].startswith(b"// @ts-check\n")


def test_no_module_is_without_use() -> None:
    used = {other for path in components.PANELS.values() for other in scripts.needs(f"{path}.js")}
    assert used == set(MODULES)


def test_a_module_comes_after_all_that_it_needs() -> None:
    needed = scripts.needs("tabs/explore/stage.js")
    assert needed[-1] == "tabs/explore/stage.js" and "web/topics.js" in needed
    for at, path in enumerate(needed):
        assert set(imports(path)) <= set(needed[:at])


def test_a_module_is_kept_for_good_and_a_new_release_has_another_address(client) -> None:
    answer = client.get(f"/{scripts.root()}tabs/explore/stage.js")
    assert answer.status_code == 200 and answer.content == MODULES["tabs/explore/stage.js"]
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert re.fullmatch(r"lapa/[0-9a-f]{12}/", scripts.root())


def test_the_version_changes_with_any_module(monkeypatch) -> None:
    before = scripts.version()
    other = MODULES | {"web/words.js": MODULES["web/words.js"] + b"\n"}
    monkeypatch.setattr(scripts, "modules", lambda: other)
    scripts.version.cache_clear()
    assert scripts.version() != before
    scripts.version.cache_clear()


@pytest.mark.parametrize(
    "path",
    [
        "/lapa/0123456789ab/web/store.js",
        "/{root}web/components.py",
        "/{root}web/loader.js",
        "/{root}web/../server.py",
        "/{root}web/%2e%2e/%2e%2e/app.js",
        "/{root}tabs/nowhere/stage.js",
        "/{root}",
        "/lapa/web/store.js",
    ],
)
def test_nothing_else_is_there(client, path: str) -> None:
    assert client.get(path.format(root=scripts.root())).status_code == 404


def test_modules_are_only_read(client) -> None:
    assert client.post(f"/{scripts.root()}web/store.js").status_code == 404


def test_in_the_head_are_the_loader_and_what_is_seen_first() -> None:
    text = components.head(("explore", "atlas"), {"uploadBytes": 1})
    first = re.findall(r'<link rel="modulepreload" href="([^"]+)">', text)
    assert f"{scripts.root()}tabs/explore/stage.js" in first and len(first) == len(set(first))
    assert not [path for path in first if "/atlas/" in path or "/imagine/" in path]
    # little enough to travel with every page
    assert len(text) < 20_000


def test_what_the_scripts_compute_is_right() -> None:
    """The tests in tests/js, where there is Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node {OLDEST_NODE} is needed, this is {version.strip()}")
    files = sorted((ROOT / "tests" / "js").glob("*.test.js"))
    done = subprocess.run(
        [node, "--test", *map(str, files)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert files and done.returncode == 0, done.stdout[-6000:]
