"""The folder for temporary files: one a process, swept, removed at the end and after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from app.core.temporary import bytes_of, own_folder, sweep


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    return tmp_path


def test_everything_temporary_lies_in_it_and_goes_with_it(parent: Path) -> None:
    with own_folder() as folder:
        assert folder.parent == parent and Path(get_upload_folder()) == folder / "gradio"
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(b"x" * 1000)
        assert Path(file.name).parent == folder and bytes_of(folder) == 1000
    assert list(parent.iterdir()) == [] and tempfile.gettempdir() == str(parent)
    assert "GRADIO_TEMP_DIR" not in os.environ


def test_an_error_removes_it_too(parent: Path) -> None:
    with pytest.raises(KeyboardInterrupt), own_folder():
        raise KeyboardInterrupt
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(parent: Path) -> None:
    code = (
        "import os, sys, time; from app.core.temporary import own_folder\n"
        "with own_folder() as folder:\n"
        "    (folder / 'half').write_bytes(b'x'); print(folder, flush=True); time.sleep(60)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(parent)},
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]  # fmt: skip
    try:
        killed, living = (Path(each.stdout.readline().strip()) for each in started)
        started[0].kill()
        started[0].wait(10)
        assert (killed / "half").is_file()
        with own_folder() as mine:
            assert sorted(parent.iterdir()) == sorted([living, mine])
            assert (living / "half").is_file()
    finally:
        for each in started:
            each.kill()
            each.wait(10)
            each.stdout.close()


def test_what_nobody_came_for_is_swept_and_a_checkpoint_stays(tmp_path: Path) -> None:
    for name in ("tmpbroken", "gradio/a1/clip.mp4", "lapa-checkpoints-x/upload-1/config.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    left = lambda: sorted(p.name for p in tmp_path.rglob("*") if p.is_file())  # noqa: E731
    sweep(tmp_path, time.time())
    assert left() == ["clip.mp4", "config.json", "tmpbroken"]
    sweep(tmp_path, time.time() + 3700)
    assert left() == ["config.json"]
