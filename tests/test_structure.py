"""The shape of the repository: who may import whom, sizes, and what may not be tracked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "lapa").rglob("*.py"))
BROWSER_SIDE = [ROOT / "app.py", *sorted((ROOT / "app").rglob("*.py"))]

# part of lapa -> the parts it may import besides itself; `*` is the top of the library
ARROWS: dict[str, set[str]] = {
    "nn": set(),
    "data": set(),
    "pretrained": set(),
    "official": set(),
    "models": {"nn", "pretrained", "official", "data"},
    "sim": {"data"},
    "images": set(),
    "imagine": {"models", "images"},
    "training": {"models", "data", "nn", "official"},
    "evaluation": {"models", "data", "nn", "images", "imagine", "sim"},
    "report": {"evaluation"},
    "results": set(),
    "console": {"data", "presets", "training"},
    "checkup_command": {"console", "data", "evaluation", "models", "report"},
    "sheets_command": {"console", "data", "evaluation", "models"},
    "drive_command": {"console", "data", "evaluation", "imagine", "models"},
    "transfer_command": {"console", "data", "evaluation", "models"},
    "convert_command": {"data", "models", "official", "pretrained"},
    "atlas_command": {"console", "data", "evaluation", "models", "presets"},
    "bench": {"models", "nn", "official", "evaluation", "results", "bench_train"},
    "bench_train": {"models", "nn", "training", "presets", "evaluation", "results"},
    "ablation": {"presets", "training", "evaluation", "models", "data"},
    "record_command": {"sim"},
    "generate_command": {"sim", "record_command"},
    "label_command": {"console", "data", "models", "training"},
    "tokenize_command": {"console", "stages", "training"},
    "caption_command": {"console", "data", "sim"},
    "ground_command": {"console", "data", "models", "pretrain_command", "stages", "training"},
    "pretrain_command": {"console", "data", "models", "stages", "training"},
    "finetune_command": {"console", "data", "models", "pretrain_command", "stages", "training"},
    "evaluate_command": {
        "console",
        "data",
        "evaluation",
        "models",
        "results",
        "sim",
        "training",
    },
    "acting_server": {"models", "data"},
    "serve_command": {"acting_server", "console", "models"},
    "stages": {"models", "training"},
    "presets": {"training", "models", "data", "evaluation"},
    "__init__": {"*"},
    "__main__": {"*"},
}
# what a tab may import; the parts of app that know gradio, all others must do without it
TAB_ARROWS = {"service", "views", "figures", "tabs"}
GRADIO_SIDE = {"app.py", "__init__", "ui", "tabs", "theme", "api"}
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


def imports_of(file: Path) -> list[Import]:
    """Every import of a file, `from a import b` as `a.b` so that submodules are seen."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return list(_imports(file, tree, at_import=True))


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
    """`lapa/nn/attention.py` -> `nn`, `lapa/bench.py` -> `bench`."""
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
    assert not foreign, foreign[0]


@pytest.mark.parametrize("file", BROWSER_SIDE, ids=lambda f: str(f.relative_to(ROOT)))
def test_only_the_service_reaches_the_library(file: Path) -> None:
    heavy = [e for e in imports_of(file) if e.module.split(".")[0] in ("torch", "lapa")]
    if "service" not in file.relative_to(ROOT).parts:
        assert not heavy, f"{heavy[0]}: only app/service does"
    early = [each for each in heavy if each.at_import]
    assert not early, f"{early[0]} at import; do it inside the function that needs it"


@pytest.mark.parametrize("file", BROWSER_SIDE, ids=lambda f: str(f.relative_to(ROOT)))
def test_page_imports_follow_the_arrows(file: Path) -> None:
    part = "app.py" if file.parent == ROOT else part_of(file, "app")
    for each in within(imports_of(file), "app"):
        target = child_of(each)
        if part == "tabs":
            assert target in TAB_ARROWS, f"{each}: a tab may import {sorted(TAB_ARROWS)}"
        if part not in GRADIO_SIDE:
            assert target not in GRADIO_SIDE, f"{each}: app.{part} lies below the page"


@pytest.mark.parametrize("file", BROWSER_SIDE, ids=lambda f: str(f.relative_to(ROOT)))
def test_what_lies_below_the_page_does_without_gradio(file: Path) -> None:
    part = "app.py" if file.parent == ROOT else part_of(file, "app")
    gradio = within(imports_of(file), "gradio")
    assert part in GRADIO_SIDE or not gradio, gradio[0]


@pytest.mark.parametrize("module", ["app", "app.ui"])
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
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        loop = isinstance(node, ast.For | ast.While | ast.With)
        assert not (call or loop), f"{file.relative_to(ROOT)}:{node.lineno} works at import"


@pytest.mark.parametrize("file", [*LIBRARY, *BROWSER_SIDE], ids=lambda f: str(f.relative_to(ROOT)))
def test_files_and_functions_stay_short(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    assert len(lines) <= 300, f"{file.relative_to(ROOT)} has {len(lines)} lines of code"
    for node in ast.walk(ast.parse(text)):
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
