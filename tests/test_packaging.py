"""`pip install .` gives the library and the command `lapa`, and asks for what requirements say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lapa.web_export.runtime import RUNTIME

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


def asked_for(lines: list[str]) -> set[str]:
    """Requirements in one spelling."""
    return {str(Requirement(line)) for line in lines if line.strip() and line[0] != "#"}


def listed(name: str) -> set[str]:
    return asked_for((ROOT / name).read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_requirements_are_the_library_with_the_page_and_the_tabletop(project: dict) -> None:
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["app"] + extras["sim"]
    assert asked_for(wanted) == listed("requirements.txt")


def test_requirements_of_the_tests_are_the_extra_dev(project: dict) -> None:
    wanted = asked_for(project["optional-dependencies"]["dev"])
    assert wanted == listed("requirements-dev.txt")


def test_requirements_of_the_originals_are_the_extra_benchmarks(project: dict) -> None:
    wanted = asked_for(project["optional-dependencies"]["benchmarks"])
    assert wanted == listed("requirements-benchmarks.txt")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, as a build leaves folders behind; offline, with the setuptools at hand."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "lapa", source / "lapa", ignore=shutil.ignore_patterns("__pycache__"))
    (source / "app").mkdir()
    (source / "app" / "__init__.py").touch()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    script = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    words = [sys.executable, "-c", script, str(folder)]
    subprocess.run(words, cwd=source, check=True, capture_output=True, timeout=120)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel, which sees this one's torch."""
    place = tmp_path_factory.mktemp("fresh")
    venv.create(place, symlinks=True)
    programs = place / "bin"
    words = ["install", "--quiet", "--no-deps", str(wheel)]
    python = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    subprocess.run([*python, *words], check=True, timeout=120)
    [packages] = place.glob("lib/python*/site-packages")
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib"))
    return programs


def outside(words: list[object], folder: Path) -> str:
    """What a program prints in a folder that is no copy of the repository."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_library_whole_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "lapa").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == files
    built = sum(file.stat().st_size for file in RUNTIME.glob("*"))
    assert wheel.stat().st_size - built < 5_000_000


@pytest.mark.slow
def test_the_command_says_its_own_name(installed: Path, tmp_path: Path) -> None:
    assert outside([installed / "lapa", "--help"], tmp_path).startswith("usage: lapa [-h] COMMAND")
    help_text = outside([installed / "lapa", "quantize", "--help"], tmp_path)
    assert help_text.startswith("usage: lapa quantize [-h]")
    asked = [installed / "python", "-m", "lapa", "quantize", "--help"]
    assert outside(asked, tmp_path).startswith("usage: python -m lapa quantize [-h]")


@pytest.mark.slow
def test_examples_in_a_help_name_the_program_as_it_was_called(
    installed: Path, tmp_path: Path
) -> None:
    for words in (["--help"], ["checkup", "--help"]):
        text = outside([installed / "lapa", *words], tmp_path)
        assert re.search(r"^  lapa checkup runs/", text, re.M) and "python -m" not in text


@pytest.mark.slow
def test_every_module_of_the_wheel_is_read_and_its_data_with_it(
    installed: Path, tmp_path: Path
) -> None:
    script = tmp_path / "every.py"
    script.write_text(
        "import importlib, pkgutil, lapa\n"
        "from lapa.checkup.report.page import STYLE\n"
        "from lapa.nn.features import WEIGHTS\n"
        "for each in pkgutil.walk_packages(lapa.__path__, 'lapa.'):\n"
        "    if not each.name.startswith(('lapa.sim.recorders.', 'lapa.__main__')):\n"
        "        importlib.import_module(each.name)\n"
        "print(lapa.__file__, STYLE.is_file(), WEIGHTS.is_file())\n"
    )
    where, *data = outside([installed / "python", script], tmp_path).split()
    assert Path(where).is_relative_to(installed.parent) and data == ["True", "True"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["generate", "--out", "x", "--episodes", "1"], "recording tabletop needs mujoco"),
        (["evaluate", "oracle", "--episodes", "1"], "needs mujoco"),
    ],
)
def test_a_command_without_its_simulator_says_which_extra_brings_it(
    words: list[str], reason: str
) -> None:
    script = "import sys; sys.modules['mujoco'] = None; from lapa.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stderr.startswith(f"lapa {words[0]}: {reason}"), done.stderr
    assert "pip install '.[sim]'" in done.stderr and done.stderr.count("\n") == 1
