"""README's figures are those of results.json, in tables a reader can follow."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from lapa.commands import readme as results

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


COMPARED = {
    "robots": KEPT["robots"]
    | {
        "findings": {
            "ratio": [0.4312, 0.41, 0.46],
            "ratio_worst": [0.81, 0.7, 0.9],
            "delta_psnr": [2.4, 2.2, 2.6],
            "delta_accuracy": [0.618, 0.6, 0.64],
            "use": [8.0, None, None],
            "drift": [16.0, None, None],
            "leak": [None, None, None],
        }
    },
    "official-recipe": {
        "command": "python -m lapa checkup runs/anchor --write-results",
        "findings": {
            "ratio": [0.79, 0.7, 0.85],
            "ratio_worst": [0.8, 0.7, 0.9],
            "delta_psnr": [-0.12, -0.2, 0.1],
            "use": [8.0, None, None],
            "drift": [3.0, None, None],
        },
    },
}
PLACE = EMPTY + "<!-- bars-robots:start -->none<!-- bars-robots:end -->"


def test_two_sides_make_a_table_of_bars() -> None:
    filled = results.fill(PLACE, COMPARED)
    assert (
        "|  | bar | robots | bar held | official-recipe | better than official-recipe |" in filled
    )
    assert "| ≤ 0.320 | 0.431 [0.410, 0.460] | no | 0.790 [0.700, 0.850] | yes |" in filled
    assert "0.810 [0.700, 0.900] | no | 0.800 [0.700, 0.900] | no, intervals overlap |" in filled
    assert "| ≥ 5.50 dB | 2.40 dB [2.20, 2.60] | no | −0.12 dB [−0.20, 0.10] |" in filled
    assert "| ≥ 8 | 8 | yes | 8 | equal |" in filled
    assert "| ≥ 10 | 16 | yes | 3 | yes |" in filled
    assert "| ≥ 60 % | 62 % [60, 64] | yes | – | unknown |" in filled
    assert "| ≤ 0.50 dB | – | unknown | – | unknown |" in filled
    assert "`python -m lapa checkup runs/anchor --write-results`" in filled
    assert "none" not in filled.partition("bars-robots:start")[2]


def test_one_side_alone_is_held_against_its_bars() -> None:
    filled = results.fill(PLACE, {"robots": COMPARED["robots"]})
    assert "|  | bar | robots | bar held |\n" in filled and "official-recipe" not in filled
    assert "| ≥ 10 | 16 | yes |\n" in filled
    nothing = results.fill(PLACE, KEPT | {"official-recipe": {"command": "c"}})
    assert nothing.endswith("<!-- bars-robots:start -->none<!-- bars-robots:end -->")


def test_the_card_gets_the_table_where_it_has_a_place(tmp_path, monkeypatch) -> None:
    card = tmp_path / "robots" / "README.md"
    card.parent.mkdir()
    card.write_text("<!-- bars:start --><!-- bars:end -->", encoding="utf-8")
    (tmp_path / "README.md").write_text(PLACE, encoding="utf-8")
    monkeypatch.setattr(results, "README", tmp_path / "README.md")
    monkeypatch.setattr(results, "CHECKPOINTS", tmp_path)
    kept = tmp_path / "results.json"
    kept.write_text(json.dumps(COMPARED), encoding="utf-8")
    monkeypatch.setattr(results, "RESULTS", kept)
    assert results.command(argparse.Namespace()) == 0
    assert "| ≥ 10 | 16 | yes | 3 | yes |" in card.read_text(encoding="utf-8")
    card.write_text("# no place\n", encoding="utf-8")
    assert results.command(argparse.Namespace()) == 0
    assert card.read_text(encoding="utf-8") == "# no place\n"


def test_readme_is_filled_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme, kept = tmp_path / "README.md", tmp_path / "results.json"
    readme.write_text(EMPTY, encoding="utf-8")
    kept.write_text(json.dumps(KEPT), encoding="utf-8")
    monkeypatch.setattr(results, "README", readme)
    monkeypatch.setattr(results, "RESULTS", kept)
    assert results.command(argparse.Namespace()) == 0
    assert readme.read_text(encoding="utf-8") == results.fill(EMPTY, KEPT)


def test_the_figures_in_the_readme_are_the_kept_ones() -> None:
    text = results.README.read_text(encoding="utf-8")
    assert results.fill(text, results.read(results.RESULTS)) == text, "run python -m lapa readme"


SUCCESS = {
    "command": "python -m lapa evaluate one",
    "rates": {
        "separate": {"done": 3, "of": 10, "low": 0.108, "high": 0.603, "rate": 0.3},
        "all": {"done": 3, "of": 10, "low": 0.108, "high": 0.603, "rate": 0.3},
    },
}
ACCURACY = {
    "command": "python -m lapa evaluate two", "top_1": [0.5, 0.25], "majority": [0.4, 0.2],
    "chance": 0.125, "count": 90,
}  # fmt: skip


def test_policies_have_tables_too() -> None:
    told = results.successes({"b": SUCCESS | {"command": "other"}, "a": SUCCESS})
    assert told.startswith("| kind of task | a | b |")
    assert "| separate | 3 of 10 [11, 60 %] | 3 of 10 [11, 60 %] |" in told
    assert "| **all** |" in told and "`python -m lapa evaluate one` and `other`" in told
    told = results.predicted(ACCURACY)
    assert "| 0 | 50 % | 40 % | 12.5 % |" in told and "90 held-out" in told


def test_cards_are_filled_where_they_are(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(results, "CHECKPOINTS", tmp_path)
    for name, part in (("acting", "success"), ("policy", "accuracy")):
        (tmp_path / name).mkdir()
        markers = f"<!-- {part}:start --><!-- {part}:end -->"
        (tmp_path / name / "README.md").write_text(f"before {markers} after")
    results._fill_cards(
        {"success": {"acting": SUCCESS, "gone": SUCCESS}, "accuracy": {"policy": ACCURACY}}
    )
    assert "| **all** | 3 of 10" in (tmp_path / "acting" / "README.md").read_text()
    card = (tmp_path / "policy" / "README.md").read_text()
    assert card.startswith("before ") and "50 %" in card and card.endswith(" after")


def test_what_labelling_costs_follows_from_what_a_core_does() -> None:
    told = results.label_speed(
        {"decode": 500.0, "size": 128, "label": {"eight": 100.0}, "embed": {"eight": 50.0},
         "clips": 12, "frames": 1234}
    )  # fmt: skip
    assert "| decode and shrink to 128 px | 500 frames | 97 million | 54 |" in told
    assert "| label with `eight` | 100 pairs | 97 million | 269 |" in told
    # half as many pairs at half the speed
    assert "| embed with `eight`, decoding included | 50 pairs | 48 million | 269 |" in told
    assert "1,234 frames of 12 shipped clips" in told
    assert "970,000 trajectories of 100 frames each, which is an assumption" in told


def test_the_originals_beside_the_paper() -> None:
    title = "SIMPLER, on a table of ours"
    kind = {"successes": 18, "episodes": 24, "grasped": 20, "moved": 22}
    figures = {
        "random": {"carrot": kind | {"successes": 0}, "name": title, "command": "lapa random"},
        "lapa": {"carrot": kind, "stack": kind, "name": title, "command": "lapa mine"},
    }
    text = results.originals("simpler", figures)
    lines = text.splitlines()
    assert lines[0] == f"{title}:"
    heads = "| kind of task | lapa | random | paper: lapa | paper: scratch | paper: actionvla |"
    assert lines[2] == heads
    assert lines[4] == (
        "| carrot | 18 of 24 [55, 88 %]<br>20, 22 | 0 of 24 [0, 14 %]<br>20, 22 "
        "| 46 % | 29 % | 58 % |"
    )
    assert lines[5].startswith("| spoon | – | – | 71 %")
    assert lines[8].startswith("| **all** | 36 of 48 [61, 85 %]<br>40, 44 | 0 of 24")
    assert lines[8].endswith("| 57 % | 34 % | 63 % |")
    assert "Below: grasped, moved. Made by `lapa mine` and `lapa random`." in lines[-1]


def test_the_page_of_the_originals_holds_todays_figures() -> None:
    text = results.ORIGINALS.read_text(encoding="utf-8")
    figures = results.read(results.RESULTS).get("benchmarks", {})
    assert results.fill_originals(text, figures) == text, "run python -m lapa readme"
    with pytest.raises(ValueError, match="simpler:start"):
        results.fill_originals("", {"simpler": {}} | figures)


def test_contenders_under_delays_are_a_table() -> None:
    cell = {"answers": 10 / 3, "done": 6, "of": 15, "low": 0.2, "high": 0.643, "rate": 0.4}
    figures = {
        "command": "python -m lapa evaluate", "longest": 100, "milliseconds": {"fast head": 2.2},
        "cells": [
            {"contender": "held", "delay": 0.3, **cell},
            {"contender": "fast", "delay": 0.3, **cell, "done": 7},
        ],
    }  # fmt: skip
    table = results.delayed(figures)
    assert "| delay | answers a second | held | fast |" in table
    assert "| 0.3 s | 3.33 | 6 of 15 [20, 64 %] | 7 of 15 [20, 64 %] |" in table
    assert "fast head 2 ms" in table
