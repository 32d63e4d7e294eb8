"""Figures that were kept before: judged as in a report, grouped by question, compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lapa.checkup import as_json, differences, keys, page, published
from lapa.checkup.questions import NO_OP

ROOT = Path(__file__).resolve().parents[3]


def test_the_shipped_figures_are_read() -> None:
    found = published(ROOT / "assets" / "results.json", "robots", codes=8)
    assert [each.key for each in found.findings] == list(keys())
    assert found.pairs > 1000 and "checkup" in found.command
    assert len(found.cards) == 11
    assert all(each.verdict in ("good", "fair", "poor") for each in found.cards)
    assert all(each.sentence for each in found.findings)
    assert not any(each.picture for each in found.findings)


def test_what_stands_beside_a_verdict_is_what_was_judged() -> None:
    for name in ("eight", "tabletop", "robots", "drive"):
        for card in published(ROOT / "assets" / "results.json", name, codes=8).cards:
            assert card.telling.verdict == card.verdict, f"{name}: {card.question}"
            assert card.telling.scale.verdict(card.telling.value) in (card.verdict, "good")
    standing = published(ROOT / "assets" / "results.json", "eight", codes=8)
    (card,) = (each for each in standing.cards if each.question == NO_OP)
    assert card.verdict == "poor" and card.telling.key == "no_op_kept"


def test_they_are_json_able_as_a_report_is() -> None:
    told = published(ROOT / "assets" / "results.json", "robots", codes=8).as_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert len(told["verdicts"]) == 11 and told["pairs"] > 1000
    ratio = next(each for each in told["findings"] if each["key"] == "ratio")
    low, high = ratio["interval"]
    assert low < ratio["value"] < high and ratio["figure"].startswith(f"{ratio['value']:.2f}")
    unknown = [each["key"] for each in told["findings"] if each["interval"] == [None, None]]
    assert "use" in unknown


@pytest.mark.parametrize("kept", [{}, {"robots": {"findings": {}}}, [], {"robots": 3}])
def test_figures_of_another_version_are_as_good_as_none(tmp_path: Path, kept: object) -> None:
    (tmp_path / "results.json").write_text(json.dumps(kept))
    assert published(tmp_path / "results.json", "robots", codes=8) is None
    assert published(tmp_path / "nowhere.json", "robots", codes=8) is None


def test_a_kept_one_is_a_page_to_save() -> None:
    report = published(ROOT / "assets" / "results.json", "robots", codes=8).as_report()
    made = page(report)
    assert "Checkup of robots" in made and "measured in" not in made
    assert "python -m lapa checkup assets/checkpoints/robots" in made
    assert '<th scope="row">' in made and "metaworld-sawyer" in made
    told = as_json(report)
    assert told["seconds"] is None and json.loads(json.dumps(told, allow_nan=False)) == told


def test_models_that_were_measured_on_different_data_are_never_ranked() -> None:
    results = ROOT / "assets" / "results.json"
    robots, tabletop, eight = (
        published(results, name, codes=8) for name in ("robots", "tabletop", "eight")
    )
    for found in (differences(robots, tabletop), differences(eight, robots)):
        assert found and {each.verdict for each in found} == {"unknown"}
        assert {each.words for each in found} == {"not ranked: measured on different data"}
        assert not any(each.change or each.sure for each in found)
    assert {"better", "worse"} & {each.verdict for each in differences(eight, tabletop)}
    assert "not ranked" in page(robots.as_report(), eight.as_report())


def test_two_kept_ones_are_compared(tmp_path: Path) -> None:
    kept = json.loads((ROOT / "assets" / "results.json").read_text("utf-8"))["robots"]
    worse = json.loads(json.dumps(kept))
    kept["findings"]["ratio"], worse["findings"]["ratio"] = [0.5, 0.48, 0.52], [0.9, 0.85, 0.95]
    worse["findings"]["use"] = [5, None, None]
    del worse["findings"]["transfer"]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"a": kept, "b": worse}))
    both = [published(path, name, codes=8) for name in "ab"]
    found = {each.key: each for each in differences(*both)}
    assert "transfer" not in found and found["perplexity"].change == "±0.0"
    assert found["ratio"].verdict == "better" and found["ratio"].sure
    assert found["ratio"].change == "−0.40" and found["use"].change == "+3"
    back = {each.key: each for each in differences(*reversed(both))}
    assert back["ratio"].verdict == "worse" and back["ratio"].change == "+0.40"
