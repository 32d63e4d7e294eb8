"""Evaluation under a delay: every contender meets the same boards, and its figures are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from lapa.__main__ import main
from lapa.commands import evaluate_delayed
from lapa.commands.evaluate_delayed import Contender
from lapa.evaluation.delayed import held, once
from lapa.sim.recorders import headless

try:
    os.environ.update(headless.choose_renderer())
    NO_RENDERER = ""
except OSError as error:
    NO_RENDERER = str(error)


@pytest.mark.skipif(bool(NO_RENDERER), reason=NO_RENDERER or "a renderer works")
def test_contenders_under_delays(tmp_path: Path, monkeypatch, capsys) -> None:
    asked = []

    def think(images: np.ndarray, instructions: list[str]) -> np.ndarray:
        asked.append(len(images))
        return np.zeros((len(images), 2))

    running = [Contender("once", think, once), Contender("held", think, held)]
    monkeypatch.setattr(evaluate_delayed, "contenders", lambda options: running)
    monkeypatch.setattr(evaluate_delayed, "_TIMED", 1)
    file, results = tmp_path / "late.json", tmp_path / "results.json"
    words = [
        "evaluate", "toy", "--delay", "0.1", "--delay", "0.3", "--kind", "separate", "--episodes",
        "1", "--longest", "4", "--size", "16", "--json", str(file), "--write", "toy", "--results",
        str(results),
    ]  # fmt: skip
    assert main(words) == 0
    told = json.loads(file.read_text())
    rows = [(each["contender"], each["delay"], each["of"]) for each in told["cells"]]
    assert rows == [("once", 0.1, 1), ("held", 0.1, 1), ("once", 0.3, 1), ("held", 0.3, 1)]
    assert [each["answers"] for each in told["cells"]] == [10, 10, 10 / 3, 10 / 3]
    # four ticks hold four answers, or two, of each; two more and a warm-up are timed
    assert sum(asked) == 2 * (4 + 2) + 2 * 2
    written = json.loads(results.read_text())["open"]["toy"]
    assert written["cells"] == told["cells"]
    assert written["command"] == "python -m lapa " + " ".join(words)
    assert "0.3     held" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--delay", "0.25"], "--delay is 0.25; accepted are 0 to 99 seconds in steps of 0.1 s"),
        (["--delay", "nan"], "--delay is nan"),
        (["--against", "b"], "--against goes with --fast"),
        (["--delay", "1", "--workers", "2"], "takes one worker, received 2"),
        (["--delay", "1", "--film", "films"], "--film does not go with --delay"),
        (["--delay", "1", "--in", "language-table"], "of the tabletop, not of --in"),
    ],
)
def test_what_cannot_be_is_a_sentence(more: list[str], sentence: str, capsys) -> None:
    assert main(["evaluate", "toy", *more]) == 2
    assert sentence in capsys.readouterr().err
