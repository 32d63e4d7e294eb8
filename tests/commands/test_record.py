"""`python -m lapa record`: its progress, its sentences, and what it may not import."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lapa.__main__ import main
from lapa.commands.record import clock
from lapa.data import read_episodes
from lapa.sim.recorders import SOURCES
from tests.sim.fake import ABSENT, FAKE, FRAGILE


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch):
    before = signal.getsignal(signal.SIGTERM)
    for source in (FAKE, FRAGILE, ABSENT):
        monkeypatch.setitem(SOURCES, source.name, source)
    yield
    signal.signal(signal.SIGTERM, before)


def call(name: str, out: Path, *more: str) -> int:
    return main(["record", name, "--out", str(out), "--size", "64", *more])


def test_recording_from_the_command_line(tmp_path: Path, capsys) -> None:
    assert call("fake-sim", tmp_path, "--episodes", "5", "--workers", "2") == 0
    told = capsys.readouterr()
    assert told.out.strip() == f"{tmp_path}: 5 episodes, 40 new frames"
    assert "5/5" in told.err and "frames/s" in told.err and "left" in told.err
    assert len(read_episodes(tmp_path)[0]) == 5
    assert call("fake-sim", tmp_path, "--episodes", "5") == 0
    assert "0 new frames" in capsys.readouterr().out


def test_only_the_robots_and_tasks_asked_for(tmp_path: Path) -> None:
    chosen = ["--embodiment", "square", "--task", "slide", "--task", "play-turn"]
    assert call("fake-sim", tmp_path, "--episodes", "8", "--seed", "70000", *chosen) == 0
    episodes, _ = read_episodes(tmp_path)
    assert {(each.embodiment, each.task) for each in episodes} == {
        ("square", "slide"),
        ("square", "play-turn"),
    }
    assert sorted(int(each.id[-5:]) for each in episodes) == list(range(70000, 70008))


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("fake-sim", ["--episodes", "3", "--seed", "5"], "seeds start at 10000"),
        ("fake-sim", ["--episodes", "0"], "starts at 1, received 0"),
        ("fake-sim", ["--episodes", "3", "--task", "fly"], "no task 'fly'"),
        ("absent-sim", ["--episodes", "3"], "pip install -r requirements-sim.txt"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, capsys, name, more, sentence) -> None:
    assert call(name, tmp_path, *more) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("lapa record: ") and sentence in told.err
    assert len(told.err.splitlines()) == 1


def test_what_was_not_recorded_is_told(tmp_path: Path, capsys) -> None:
    assert call("fragile-sim", tmp_path, "--episodes", "8") == 1
    told = capsys.readouterr()
    assert told.err.count("lapa record: not recorded: square-broken-") == 2
    assert "6 episodes" in told.out


def test_asked_to_end_it_ends_and_can_go_on(tmp_path: Path, root: Path) -> None:
    code = (
        "import sys; from lapa.__main__ import main; from lapa.sim.recorders import SOURCES\n"
        "from tests.sim.fake import FAKE\n"
        "if __name__ == '__main__':\n"
        "    SOURCES['fake-sim'] = FAKE\n"
        f"    sys.exit(main(['record', 'fake-sim', '--out', {str(tmp_path)!r}, "
        "'--episodes', '5000', '--size', '256']))\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
    )
    index = tmp_path / "fake_sim.jsonl"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (index.exists() and index.stat().st_size):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "stopped; the same command goes on from here" in told and "Traceback" not in told
    episodes, report = read_episodes(tmp_path)
    assert 0 < len(episodes) < 5000 and not report.skipped
    assert not list((tmp_path / "fake_sim").glob(".partial-*"))


def test_the_command_needs_neither_torch_nor_simulators(root: Path) -> None:
    check = (
        "import sys, lapa.commands.record, lapa.sim.recorders.motion\n"
        "print(sorted({'torch', 'mujoco', 'robosuite', 'metaworld'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (720, "12 min"), (12000, "3 h 20 min")]
)
def test_times_as_people_read_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text
