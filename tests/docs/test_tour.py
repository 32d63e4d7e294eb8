"""The notebook runs from its first cell to its last, in one process, offline."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tour.ipynb"


def cells() -> list[str]:
    """The code of each cell."""
    read = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(each["source"]) for each in read if each["cell_type"] == "code"]


def test_it_is_a_notebook_of_about_fifteen_cells_without_outputs() -> None:
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert 13 <= len(book["cells"]) <= 17
    assert len({each["id"] for each in book["cells"]}) == len(book["cells"])
    for each in book["cells"]:
        if each["cell_type"] == "code":
            assert each["outputs"] == [] and each["execution_count"] is None
            compile("".join(each["source"]), each["id"], "exec")


@pytest.mark.slow
def test_every_cell_runs_and_shows_what_it_says(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(NOTEBOOK.parent)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    space, told = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(told):
        for source in cells():
            exec(compile(source, str(NOTEBOOK), "exec"), space)
    text = told.getvalue()
    # a LeRobot set that is read as one, labelled whole, measured and mapped
    assert (space["work"] / "panda" / "meta" / "info.json").is_file()
    assert len(space["episodes"]) == len(space["clips"]) > 1
    assert "latent action [" in text and space["every"].shape == (8, 128, 128, 3)
    assert len(space["dream"]) == 5
    lengths = [len(each.frames) for each in space["episodes"]]
    assert len(space["labels"]) == sum(length - space["gap"] for length in lengths)
    # the first label of an episode is what `encode` says of its first pair
    first = space["labels"].episode.index(space["episode"].id)
    assert space["labels"].codes[first].tolist() == space["codes"].tolist()
    assert "Are all codes used?" in text
    assert len(space["points"]) > 100 and 0.5 < space["quality"]["pca2"]["trustworthiness"] <= 1
    assert (space["picture"] != 255).any()
