"""`python -m lapa space`: cells at an equal budget, each once, and every length of a nested one."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lapa.__main__ import main
from lapa.presets import quantizers
from lapa.presets.quantizers import PRESETS, SPACES, debug, preset
from lapa.training.quantizer.recipe import QuantizeConfig
from lapa.training.toy import make_toy_videos


def small(length: int, size: int, nested: bool, steps: int = 4) -> QuantizeConfig:
    whole = debug(steps)
    changes = {"code_length": length, "codebook_size": size, "nested": nested}
    return replace(whole, model=replace(whole.model, **changes))


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(
        quantizers,
        "SPACES",
        {"1x8": partial(small, 1, 8, False), "nested": partial(small, 3, 4, True)},
    )
    toy = make_toy_videos(tmp_path / "toy", episodes=12, frames=12)
    results = tmp_path / "results.json"
    results.write_text('{"open": {"drive": 1}}')
    return [
        "space", "--data", str(toy), "--cache", str(tmp_path / "cache"),
        "--out", str(tmp_path / "runs"), "--results", str(results),
    ]  # fmt: skip


def test_every_cell_is_measured_once(words, tmp_path: Path, capsys) -> None:
    asked = [*words, "--steps", "4", "--write"]
    assert main(asked) == 0
    table = capsys.readouterr().out
    kept = json.loads((tmp_path / "results.json").read_text())["open"]
    assert kept["drive"] == 1
    found = kept["latent-action-space"]["cells"]
    assert [(each["cell"], each["codes"], each["bits"]) for each in found] == [
        ("1x8", 1, 3), ("nested", 1, 2), ("nested", 2, 4), ("nested", 3, 6),
    ]  # fmt: skip
    assert all(each["pairs"] == 4 * debug().loop.batch_size for each in found)
    # a model that learned next to nothing copies, and its lengths differ all the same
    assert len({each["ratio"] for each in found}) == 4 and table.count("\n") == 6
    models = sorted((tmp_path / "runs").rglob("model.safetensors"))
    written = [path.stat().st_mtime_ns for path in models]
    assert main([*asked, "--only", "nested"]) == 0
    assert [path.stat().st_mtime_ns for path in models] == written
    again = json.loads((tmp_path / "results.json").read_text())["open"]["latent-action-space"]
    assert again["cells"] == found[1:]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--steps", "4", "--only", "3x8"], "there is no cell '3x8'; there are 1x8, nested"),
        ([], "either --steps or --minutes"),
        (["--steps", "4", "--minutes", "1"], "either --steps or --minutes"),
        (["--steps", "0"], "--steps is 0; accepted are 1 and more"),
        (["--minutes", "nan"], "--minutes is nan; accepted are more than 0"),
    ],
)
def test_what_cannot_be_is_one_sentence(words, capsys, more, sentence) -> None:
    assert main([*words, *more]) == 2
    assert sentence in capsys.readouterr().err


def test_the_cells_are_presets_that_differ_in_their_space_alone() -> None:
    assert len(SPACES) == 13 and all(f"space-{name}" in PRESETS for name in SPACES)
    four = preset("space-4x8", steps=900)
    assert four == preset("tabletop", steps=900)
    wide = preset("space-8x32", steps=900)
    same = {"code_length": 4, "codebook_size": 8}
    assert replace(wide, model=replace(wide.model, **same)) == four
    assert (wide.model.code_length, wide.model.codebook_size) == (8, 32)
    assert preset("space-nested").model.nested
