"""What README.md and CONTRIBUTING.md promise: header, example, tree, commands and paths hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from lapa.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# folders whose folders the tree names one by one; the others are named whole
NAMED_ONE_BY_ONE = ("app", "app/tabs", "lapa")
# a tree of one screen is read, a longer one is not
TREE_LINES = 60
OPTION = re.compile(r"(?<=\s)(--[a-z][a-z-]*)")


def section(title: str) -> str:
    """The text under a `##` heading."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.M | re.S)
    assert match, f"README.md has no section '{title}'"
    return match.group(1)


def block(text: str, language: str) -> str:
    """The first fenced block of a language; `` for a plain one."""
    match = re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    assert match, f"no ```{language} block"
    return match.group(1)


@pytest.fixture(scope="module")
def header() -> dict:
    match = re.match(r"---\n(.*?)\n---\n", README, re.S)
    assert match, "README.md does not open with a Space header"
    return yaml.safe_load(match.group(1))


@pytest.fixture(scope="module")
def requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line.strip() and line[0] != "#"]
    return {each.name: each for each in wanted}


def test_space_header_is_one_that_a_space_accepts(header: dict) -> None:
    assert header["sdk"] == "gradio"
    assert header["license"] == "mit"
    assert {header["colorFrom"], header["colorTo"]} <= COLOURS
    assert len(header["short_description"]) <= 60
    assert header["title"] and header["emoji"] and header["tags"]
    assert header["pinned"] is False


def test_space_header_names_what_exists(header: dict) -> None:
    assert (ROOT / header["app_file"]).is_file()
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert not {"models", "datasets"} & set(header), "no model or data set of ours is on the Hub"


def test_space_versions_are_the_tested_ones(header: dict, requirements: dict) -> None:
    assert requirements["gradio"].specifier.contains(header["sdk_version"])
    assert header["python_version"] in ("3.10", "3.11", "3.12")
    assert isinstance(header["python_version"], str), "3.10 unquoted would read as 3.1"


def test_installed_versions_lie_in_the_ranges(requirements: dict) -> None:
    from importlib.metadata import version

    for name, requirement in requirements.items():
        found = version(name).split("+")[0]
        assert requirement.specifier.contains(found), f"{name} {found} is outside {requirement}"


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/coming-from-lapa.md",
    "docs/data.md",
    "docs/baselines.md",
    "docs/web.md",
    "docs/scale.md",
    "docs/training-at-scale.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_pictures_and_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        there = (ROOT / page).parent / target
        assert "://" in target or there.exists(), f"{page} links to {target}"


def test_example_is_six_lines_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    example = block(section("Use it from Python"), "python")
    assert len(example.strip().splitlines()) == 6
    monkeypatch.chdir(ROOT)
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    config = names["laq"].config
    size = (config.image_size, config.image_size, 3)
    assert names["codes"].shape == (config.code_length,)
    assert names["image"].shape == size and names["image"].dtype == "uint8"
    assert names["every"].shape == (config.codebook_size, *size)
    pressed = names["codes"][2]
    assert (abs(names["every"][pressed].astype(int) - names["image"]) <= 1).all()


def tree_entries() -> dict[str, str]:
    """Paths named in the annotated tree and their notes; folders end in a slash."""
    entries, parents = {}, []
    for line in block(section("What lies where"), "").splitlines():
        match = re.fullmatch(r"( *)(\S+) {2,}(\S.*)", line)
        assert match, f"not 'name  note': {line!r}"
        indent, name, note = match.groups()
        depth = len(indent) // 2
        parents[depth:] = [name]
        entries["".join(parents)] = note
    return entries


def test_tree_names_only_what_exists() -> None:
    for name in tree_entries():
        path = ROOT / name
        assert path.is_dir() if name.endswith("/") else path.is_file(), f"the tree names {name}"


@pytest.mark.parametrize("folder", NAMED_ONE_BY_ONE)
def test_tree_names_every_folder_with_a_note(folder: str) -> None:
    entries = tree_entries()
    assert len(entries) <= TREE_LINES
    for package in sorted((ROOT / folder).glob("*/__init__.py")):
        name = f"{package.parent.relative_to(ROOT).as_posix()}/"
        assert name in entries, f"the tree in README.md misses {name}"


def test_contributing_names_only_what_exists() -> None:
    for path in re.findall(r"`((?:app|lapa|tests|assets|\.ci)/[^`<> ]*)`", CONTRIBUTING):
        assert (ROOT / path).exists(), f"CONTRIBUTING.md names {path}"
    for name, folder in re.findall(r"`([A-Z]+)` in `([^`]+)`", CONTRIBUTING):
        assert re.search(rf"^{name}\b", (ROOT / folder).read_text(encoding="utf-8"), re.M)


def documented_commands() -> dict[str, set[str]]:
    """Each `python -m lapa X` in README.md with the options it is shown with."""
    commands: dict[str, set[str]] = {}
    for name, rest in re.findall(r"python -m lapa ([a-z-]+)([^\n`#]*)", README):
        commands.setdefault(name, set()).update(OPTION.findall(rest))
    return commands


def test_readme_shows_the_commands() -> None:
    assert {"prepare", "quantize", "checkup", "bench"} <= set(documented_commands())


@pytest.mark.parametrize("command", sorted(documented_commands()))
def test_command_exists_with_its_options(command: str, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for option in documented_commands()[command]:
        assert option in told, f"python -m lapa {command} has no {option}"


def test_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    shown = re.findall(r"^make ([a-z-]+)", README, re.M)
    shown += re.findall(r"`make ([a-z-]+)`", CONTRIBUTING)
    assert set(shown) <= set(targets)
    assert tree_entries()["Makefile"].split(", ") == [each for each in targets if each != "help"]
