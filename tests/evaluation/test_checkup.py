"""The report: its tables, and the files it updates without touching what others wrote there."""

from __future__ import annotations

import json

import pytest

from lapa.evaluation.checkup import as_json, as_markdown, as_text, checkup, headline, usage
from lapa.evaluation.publish import END, START, write_card, write_results, write_usage
from lapa.evaluation.table import measure


@pytest.fixture
def report(quantizers, pairs):
    return checkup(measure(quantizers.halfway, pairs))


def test_text_has_a_line_for_every_embodiment_and_lines_up(report):
    lines = as_text(report).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["a", "b", "mean", "all"]
    assert len({len(line) for line in lines}) == 1
    assert "0.250" in lines[-1] and "4 1" in lines[-1]


def test_markdown_is_a_table(report):
    lines = as_markdown(report).splitlines()
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_json_holds_the_figures_per_group(report):
    figures = json.loads(json.dumps(as_json(report)))
    assert figures["pairs"] == 12
    assert figures["overall"]["ratio"] == 0.25
    assert figures["embodiments"]["b"]["used"] == [1, 1]
    assert figures["mean_of_embodiments"]["ratio"] == 0.25


def test_usage_has_the_form_that_the_page_reads(report):
    found = json.loads(json.dumps(usage(report)))
    assert found["pairs"] == 12 and set(found["embodiments"]) == {"a", "b"}
    assert found["embodiments"]["b"]["frequent"] == [{"codes": [2, 3], "share": 1.0}]
    assert found["overall"]["still"] == [0, 3]


def test_headline_are_plain_numbers(quantizers, pairs):
    figures = headline(quantizers.oracle, pairs, stride=1)
    assert figures["ratio"] == 0 and figures["ratio/b"] == 0 and figures["codes_used"] == 1
    assert all(isinstance(value, int | float) for value in figures.values())


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
    assert results["mine"]["overall"]["ratio"] == 0.25


def test_usage_file_is_short_lined_json(report, tmp_path):
    text = write_usage(tmp_path, report).read_text()
    assert json.loads(text) == usage(report)
    assert '"still": [0, 3]' in text
