"""The files that a checkup updates, without touching what others wrote there."""

from __future__ import annotations

import json

import pytest

from lapa.checkup.examine import checkup
from lapa.checkup.publish import END, START, write_card, write_results, write_usage
from lapa.checkup.text import usage
from tests.synthetic import Oracle, frame_pairs


@pytest.fixture(scope="module")
def report():
    return checkup(Oracle(), frame_pairs(episodes=3, length=12), drift_steps=3)


def test_card_is_updated_between_the_markers_only(report, tmp_path):
    card = tmp_path / "README.md"
    card.write_text(f"# Ours\n\nbefore\n{START}\nold figures\n{END}\nafter\n")
    write_card(tmp_path, "new", report, "python -m lapa checkup x")
    text = card.read_text()
    assert text.startswith("# Ours\n\nbefore\n") and text.endswith("\nafter\n")
    assert "old figures" not in text and "python -m lapa checkup x" in text
    write_card(tmp_path, "new", report, "python -m lapa checkup x")
    assert card.read_text() == text


def test_card_without_markers_or_absent_gets_a_section(report, tmp_path):
    (tmp_path / "README.md").write_text("# Ours\n\ntold by hand\n")
    write_card(tmp_path, "new", report, "c")
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("# Ours\n\ntold by hand\n") and text.count(START) == 1
    write_card(tmp_path / "made", "new", report, "c")
    assert (tmp_path / "made" / "README.md").read_text().startswith("# new\n")


def test_results_keep_the_other_checkpoints(report, tmp_path):
    path = tmp_path / "results.json"
    path.write_text('{"other": {"kept": true}}')
    write_results(path, "mine", report, "c")
    results = json.loads(path.read_text())
    assert results["other"] == {"kept": True}
    assert results["mine"]["command"] == "c"
    assert results["mine"]["overall"]["ratio"] == 0


def test_usage_file_is_short_lined_json(report, tmp_path):
    text = write_usage(tmp_path, report).read_text()
    assert json.loads(text) == usage(report)
    assert '"still": [2, 2]' in text
