"""README's figures are those of results.json, in tables a reader can follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lapa import results

KEPT = {
    "robots": {
        "command": "python -m lapa checkup assets/checkpoints/robots --write",
        "embodiments": {
            "panda": {"pairs": 12, "ratio": 0.6149, "delta_psnr": 1.2, "used": [8, 7, 8, 6]},
            "fetch": {"pairs": 9, "ratio": 1.1, "delta_psnr": -0.25, "used": [8, 8, 8, 8]},
        },
        "mean_of_embodiments": {"ratio": 0.857, "delta_psnr": 0.475},
    },
    "bench": {
        "official_press": 2.0,
        "first_press": 0.5,
        "press": 0.4,
        "official_sweep": 16.0,
        "sweep": 2.0,
    },
}
EMPTY = (
    "a <!-- results:start -->old<!-- results:end --> b <!-- bench:start --> <!-- bench:end --> c"
)


def test_tables_stand_between_the_markers() -> None:
    filled = results.fill(EMPTY, KEPT)
    assert "| panda | 12 | 0.61 | +1.20 dB | 8 7 8 6 |" in filled
    assert "| fetch | 9 | 1.10 | -0.25 dB | 8 8 8 8 |" in filled
    assert "| **mean** |  | 0.86 | +0.47 dB |  |" in filled
    assert "`python -m lapa checkup assets/checkpoints/robots --write`" in filled
    assert "| every further code | 2.00 s | 0.40 s | 5.0 |" in filled
    assert "old" not in filled
    assert filled.startswith("a <!-- results:start -->") and filled.endswith("end --> c")
    assert results.fill(filled, KEPT) == filled


def test_without_figures_nothing_changes() -> None:
    assert results.fill(EMPTY, {}) == EMPTY
    assert results.read(Path("nowhere.json")) == {}


def test_missing_markers_are_named() -> None:
    with pytest.raises(ValueError, match="<!-- bench:start --> … <!-- bench:end --> is missing"):
        results.fill("<!-- results:start --><!-- results:end -->", KEPT)


def test_readme_is_filled_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme, kept = tmp_path / "README.md", tmp_path / "results.json"
    readme.write_text(EMPTY, encoding="utf-8")
    kept.write_text(json.dumps(KEPT), encoding="utf-8")
    monkeypatch.setattr(results, "README", readme)
    monkeypatch.setattr(results, "RESULTS", kept)
    assert results.main() == 0
    assert readme.read_text(encoding="utf-8") == results.fill(EMPTY, KEPT)


def test_the_figures_in_the_readme_are_the_kept_ones() -> None:
    text = results.README.read_text(encoding="utf-8")
    assert results.fill(text, results.read(results.RESULTS)) == text, "run python -m lapa.results"
