"""The shape of the repository: who may import whom, sizes, and what may not be tracked."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from app.tabs import TABS

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "lapa").rglob("*.py"))
BROWSER_SIDE = [ROOT / "app.py", *sorted((ROOT / "app").rglob("*.py"))]

# part of lapa -> the parts it may import besides itself; `*` is the top of the library
ARROWS: dict[str, set[str]] = {
    "files": set(),
    "nn": set(),
    "gap": set(),
    "headers": set(),
    "media": set(),
    "scale": {"files"},
    "data": {"files", "gap", "media", "scale"},
    "images": set(),
    "hub": {"files"},
    "pretrained": {"files"},
    "official": {"files"},
    "sim": {"data", "files"},
    "models": {"nn", "pretrained", "official", "data", "files", "hub"},
    "training": {"models", "data", "nn", "official", "files", "gap", "scale"},
    "evaluation": {"models", "data", "nn", "images", "sim"},
    "imagine": {"evaluation", "models", "nn", "data", "images", "files"},
    "checkup": {"imagine", "evaluation", "models", "data", "images", "files"},
    "transfer": {"checkup", "evaluation", "data", "files"},
    "atlas": {"checkup", "evaluation", "data", "files", "gap", "scale"},
    "presets": {"training", "models", "data"},
    "web_export": {"models", "nn", "files"},
    "server": {"models", "data", "files", "media"},
    "commands": {"*"},
    "__init__": {"*"},
    "__main__": {"*"},
}
# the same for app, from the bottom up; tabs import no other tab but those written here
PAGE_ARROWS: dict[str, set[str]] = {
    "core": set(),
    "clips": {"core"},
    "web": {"core"},
    "tabs": {"core", "clips", "web"},
    "explorer": {"core", "clips", "tabs"},
    "site": {"*"},
    "server": set(),
    "page": {"*"},
    "app.py": {"*"},
    "__init__": {"*"},
}
NEIGHBOURS = {"learn": {"atlas", "imagine", "policy"}}
# the files of a tab, and the parts of app, that know gradio; no other file does, and these know
# neither torch nor lapa
GRADIO_FILES = {"tab", "events", "api"}
GRADIO_PARTS = {"app.py", "web", "page", "site"}
# the one command that asks the page for something
SITE_WRITER = ROOT / "lapa" / "commands" / "export_web.py"
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Import:
    """One imported module, where it stands, and whether it runs when its file is imported."""

    file: Path
    line: int
    module: str
    at_import: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


@cache
def tree_of(file: Path) -> ast.Module:
    """A file as Python reads it, for all that is asked of it."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports_of(file: Path) -> list[Import]:
    """Every import of a file, `from a import b` as `a.b` so that submodules are seen."""
    return list(_imports(file, tree_of(file), at_import=True))


def _imports(file: Path, node: ast.AST, *, at_import: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield Import(file, child.lineno, name.name, at_import)
        elif isinstance(child, ast.ImportFrom):
            for name in child.names:
                yield Import(file, child.lineno, _absolute(file, child, name.name), at_import)
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        types_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from _imports(file, child, at_import=at_import and not inside and not types_only)


def _absolute(file: Path, node: ast.ImportFrom, name: str) -> str:
    if not node.level:
        return f"{node.module}.{name}"
    package = file.relative_to(ROOT).with_suffix("").parts[: -node.level]
    return ".".join(part for part in (*package, node.module, name) if part)


def part_of(file: Path, package: str) -> str:
    """`lapa/nn/attention.py` -> `nn`, `lapa/commands/bench.py` -> `bench`."""
    return file.relative_to(ROOT / package).with_suffix("").parts[0]


def child_of(imported: Import) -> str:
    """`lapa.nn.attention` -> `nn`; the bare root has none."""
    return imported.module.partition(".")[2].partition(".")[0]


def within(imported: list[Import], package: str) -> list[Import]:
    return [each for each in imported if each.module.split(".")[0] == package]


@pytest.mark.parametrize("file", LIBRARY, ids=lambda f: str(f.relative_to(ROOT)))
def test_library_imports_follow_the_arrows(file: Path) -> None:
    part = part_of(file, "lapa")
    assert part in ARROWS, f"lapa/{part} has no place in the import direction"
    allowed = ARROWS[part] | {part}
    for each in within(imports_of(file), "lapa"):
        target = child_of(each)
        known = target in ARROWS and (ROOT / "lapa" / target).exists()
        known = known or (ROOT / "lapa" / f"{target}.py").exists()
        assert known, f"{each}: import from the module that defines it, not from bare `lapa`"
        assert "*" in allowed or target in allowed, f"{each}: {part} may import {sorted(allowed)}"


@pytest.mark.parametrize("file", LIBRARY, ids=lambda f: str(f.relative_to(ROOT)))
def test_library_knows_nothing_of_the_page(file: Path) -> None:
    foreign = [e for e in imports_of(file) if e.module.split(".")[0] in ("gradio", "app", "plotly")]
    if file == SITE_WRITER:
        # it writes the page as a folder, and says so where the page is not there
        foreign = [e for e in foreign if e.at_import or e.module != "app.site"]
    assert not foreign, foreign[0]


def knows_gradio(file: Path) -> bool:
    parts = file.relative_to(ROOT).with_suffix("").parts
    of_a_tab = parts[:2] == ("app", "tabs") and parts[-1] in GRADIO_FILES
    return of_a_tab or file.name == "app.py" or parts[1] in GRADIO_PARTS


@pytest.mark.parametrize("file", BROWSER_SIDE, ids=lambda f: str(f.relative_to(ROOT)))
def test_what_knows_gradio_and_what_knows_the_library_lie_apart(file: Path) -> None:
    gradio = within(imports_of(file), "gradio")
    heavy = [e for e in imports_of(file) if e.module.split(".")[0] in ("torch", "lapa")]
    if knows_gradio(file):
        assert not heavy, f"{heavy[0]}: a service does"
    else:
        assert not gradio, f"{gradio[0]}: only {sorted(GRADIO_FILES | GRADIO_PARTS)} do"
    early = [each for each in heavy if each.at_import]
    assert not early, f"{early[0]} at import; do it inside the function that needs it"


@pytest.mark.parametrize("file", BROWSER_SIDE, ids=lambda f: str(f.relative_to(ROOT)))
def test_page_imports_follow_the_arrows(file: Path) -> None:
    part = "app.py" if file.parent == ROOT else part_of(file, "app")
    assert part in PAGE_ARROWS, f"app/{part} has no place in the import direction"
    allowed = PAGE_ARROWS[part] | {part}
    for each in within(imports_of(file), "app"):
        target = child_of(each)
        assert "*" in allowed or target in allowed, f"{each}: {part} may import {sorted(allowed)}"
        if part == target == "tabs":
            mine, theirs = file.relative_to(ROOT).parts[2], each.module.split(".")[2]
            near = NEIGHBOURS.get(mine, set()) | {mine}
            assert theirs in near, f"{each}: of the tabs, {mine} may import {sorted(near)}"


def test_every_tab_is_a_folder_and_a_line() -> None:
    folders = {path.parent.name for path in (ROOT / "app" / "tabs").glob("*/tab.py")}
    # the drawer of models belongs to all tabs
    assert folders == {*TABS, "models"}


@pytest.mark.parametrize("module", ["app", "app.page"])
def test_importing_the_page_loads_no_model_library(module: str) -> None:
    heavy = "{'torch', 'transformers', 'umap', 'sklearn', 'lapa'}"
    check = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("file", LIBRARY, ids=lambda f: str(f.relative_to(ROOT)))
def test_library_does_no_work_at_import(file: Path) -> None:
    for node in tree_of(file).body:
        call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        loop = isinstance(node, ast.For | ast.While | ast.With)
        assert not (call or loop), f"{file.relative_to(ROOT)}:{node.lineno} works at import"


@pytest.mark.parametrize("file", [*LIBRARY, *BROWSER_SIDE], ids=lambda f: str(f.relative_to(ROOT)))
def test_files_and_functions_stay_short(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    assert len(lines) <= 500, f"{file.relative_to(ROOT)} has {len(lines)} lines of code"
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _body_length(node)
            assert length <= 50, (
                f"{file.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines"
            )


def _body_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return node.end_lineno - body[0].lineno + 1 if body else 0


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git clone, so nothing is tracked")
    files = (ROOT / name for name in done.stdout.split("\0") if name)
    return [file for file in files if file.is_file()]


def test_tracked_files_fit_a_space(tracked: list[Path]) -> None:
    large = [f"{f.relative_to(ROOT)}" for f in tracked if f.stat().st_size > 25 * MEGABYTE]
    assert not large, f"over 25 MB: {large}"
    total = sum(file.stat().st_size for file in tracked)
    assert total < 120 * MEGABYTE, f"the repository has {total / MEGABYTE:.0f} MB"


def test_nothing_tracked_is_a_pickle(tracked: list[Path]) -> None:
    endings = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"}
    assert not [f for f in tracked if f.suffix in endings]
    for file in tracked:
        with file.open("rb") as stream:
            head = stream.read(4)
        # pickle protocols 2 to 5 open with these two bytes; torch.save hides one in a zip
        assert not (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05"), file
        if head == b"PK\x03\x04":
            names = zipfile.ZipFile(file).namelist()
            assert not [name for name in names if name.endswith(".pkl")], file


def test_no_merge_was_left_half_done(tracked: list[Path]) -> None:
    # a mark within a string, a page or a text breaks no linter
    mark = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    assert not [f"{f.relative_to(ROOT)}" for f in tracked if mark.search(f.read_bytes())]


def test_page_names_no_other_host(tracked: list[Path]) -> None:
    # the w3.org names are XML namespaces inside SVG, never asked for
    home = re.compile(r"(localhost|127\.0\.0\.1|www\.w3\.org)([:/\"'\s]|$)")
    for file in tracked:
        if file != ROOT / "app.py" and ROOT / "app" not in file.parents:
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for match in re.finditer(r"""(?:https?:|wss?:|["'(])//(?=[\w.{])""", text):
            rest = text[match.end() : match.end() + 60]
            assert home.match(rest), f"{file.relative_to(ROOT)} names another host: {rest!r}"


def test_a_file_of_tests_stays_in_one_process(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("there is one process")
    assert request.node.nodeid.endswith("@test_structure")
