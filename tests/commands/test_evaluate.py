"""An evaluation that was stopped goes on, and ends as one in one piece."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lapa.__main__ import main
from lapa.evaluation import success


def words(file: Path, *more: str) -> list[str]:
    asked = ["evaluate", "oracle", "--episodes", "4", "--longest", "40", "--json", str(file)]
    return [*asked, "--kind", "separate", "--kind", "block2block", *more]


def test_an_evaluation_goes_on_where_it_was(tmp_path: Path, monkeypatch) -> None:
    assert main(words(tmp_path / "whole.json")) == 0
    run, plain = [], success.episodes

    def counted(act, numbers, *, kinds, **rest):
        for outcome in plain(act, numbers, kinds=kinds, **rest):
            run.append((outcome.kind, outcome.number))
            yield outcome
            if stop_after == len(run):
                raise KeyboardInterrupt

    monkeypatch.setattr(success, "episodes", counted)
    file, stop_after = tmp_path / "cut.json", 5
    assert main(words(file)) == 130 and not file.exists()
    begun, stop_after = list(run), None
    run.clear()
    assert main(words(file, "--resume")) == 0
    # the last one before the stop was kept, and none is run twice
    assert len(run) == 3 and not set(run) & set(begun)
    whole, cut = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("whole", "cut"))
    assert cut["episodes"] == whole["episodes"] and cut["rates"] == whole["rates"]
    assert [path.name for path in tmp_path.iterdir()].count(".cut.json.part") == 0
    # what is at its end is not run again
    run.clear()
    assert main(words(file, "--resume")) == 0
    assert not run and json.loads(file.read_text()) == cut


@pytest.mark.parametrize("more", [["--resume", "--split", "unseen-blocks"], []])
def test_another_evaluation_begins_anew(tmp_path: Path, monkeypatch, more: list[str]) -> None:
    file = tmp_path / "told.json"
    assert main(words(file)) == 0
    about = {
        "policy": "oracle", "split": "seen", "embodiment": "cylinder", "theme": "sim", "size": 128,
        "longest": 40, "episodes": 4, "kind": ["separate", "block2block"],
    }  # fmt: skip
    first = json.loads(file.read_text())["episodes"][0] | {"steps": 999}
    part = tmp_path / ".told.json.part"
    part.write_text(json.dumps(about) + "\n" + json.dumps(first) + "\n")
    assert main(words(file, *more)) == 0
    assert all(each["steps"] < 999 for each in json.loads(file.read_text())["episodes"])
    # asked for as it was, what was kept is taken
    part.write_text(json.dumps(about) + "\n" + json.dumps(first) + "\n" + '{"kind": "sep')
    assert main(words(file, "--resume")) == 0
    assert json.loads(file.read_text())["episodes"][0]["steps"] == 999
