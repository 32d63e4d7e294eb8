"""`python -m lapa export-web`: what it refuses, one sentence each, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from lapa.__main__ import main


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if `make web` had been run."""
    monkeypatch.setattr("lapa.web_export.runtime.runtime_files", lambda *_: [])


def refused(words: list[str], out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence that a command line ends with; nothing was written."""
    assert main(["export-web", *words, "--out", str(out)]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("lapa export-web: ") and len(told.splitlines()) == 1
    assert not out.exists()
    return told


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--only", "explore,policy"], "--only names policy; accepted are explore, learn"),
        (["--url", "example.org/lapa"], "accepted is an address such as https://"),
        (["--url", "https://example.org/?m=eight"], "accepted is an address such as https://"),
    ],
)
def test_options_that_cannot_be_kept(
    more: list[str], sentence: str, root: Path, tmp_path: Path, capsys, runtime
) -> None:
    words = [str(root / "assets/checkpoints/eight"), "--clips", str(root / "assets/clips"), *more]
    assert sentence in refused(words, tmp_path / "site", capsys)


def test_without_the_runtime_it_says_what_builds_it(
    root: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lapa.web_export.runtime.RUNTIME", tmp_path / "nothing")
    words = [str(root / "assets/checkpoints/eight"), "--clips", str(root / "assets/clips")]
    assert "`make web` builds it" in refused(words, tmp_path / "site", capsys)


def test_a_folder_with_something_else_in_it_is_left_alone(
    root: Path, tmp_path: Path, capsys, runtime
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    words = [str(root / "assets/checkpoints/eight"), "--clips", str(root / "assets/clips")]
    assert main(["export-web", *words, "--out", str(tmp_path)]) == 2
    assert "is not empty and no site" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
