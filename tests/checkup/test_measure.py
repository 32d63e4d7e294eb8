"""A measure is one file: a toy one, registered for a test, is measured, judged, shown and kept."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest

from lapa.checkup import Bar, as_json, broken, keys, page, published, report_of
from lapa.checkup.examine import activities, examine, workload
from lapa.checkup.measure import Checkup, Column, Context, Figure, Material, Measure, percent
from lapa.checkup.measures import FILES, figures, measures
from lapa.checkup.publish import write_card, write_results
from lapa.checkup.scale import Scale
from lapa.checkup.text import as_text, headings, rows
from lapa.evaluation.estimate import Estimate, mean
from lapa.evaluation.table import Groups, PairTable, grouped
from lapa.evaluation.watch import Tick
from tests.synthetic import ARM, RED, Oracle, frame_pairs


@dataclass(frozen=True)
class Parity:
    """even: share of the pairs whose first code is even."""

    even: Estimate


class Even(Figure[Groups[Parity]]):
    key = "even"
    name = "Even codes"
    question = "Are the codes even?"
    explanation = "The first code of every pair is divided by two. At 1 nothing is ever left."
    scale = Scale(0.9, 0.5, 0, 0, 1, "Nobody knows what good models reach.", percent=True)
    column = Column("even", "even", "even codes", "Even: share of even first codes.")

    def estimate(self, result: Groups[Parity]) -> Estimate:
        return result.overall.even

    def sentence(self, result: Groups[Parity], scale: Scale) -> str:
        return f"{percent(result.overall.even.value)} of the codes are even."

    def picture(self, result: Groups[Parity], checkup: Checkup) -> str:
        return f"<p>even in {len(result.embodiments)} embodiments</p>"


class ParityMeasure(Measure[Groups[Parity]]):
    key = "parity"
    figures = (Even(),)
    stage = "counting"
    doing = "Counting even codes"
    cost = 0.5
    place = "own"

    def compute(self, material: Material, tick: Tick) -> Groups[Parity]:
        tick(1, 1)
        return grouped(material.table, self._parity)

    def _parity(self, table: PairTable) -> Parity:
        return Parity(mean((table.codes[:, 0] % 2 == 0).astype(float), table.episode))


@pytest.fixture
def toy(monkeypatch) -> None:
    monkeypatch.setitem(measures(), "parity", ParityMeasure())


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, episodes=3, length=12)


@pytest.fixture(scope="module")
def examined(pairs):
    """The slow part, once; the toy is registered for as long as it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(measures(), "parity", ParityMeasure())
        return list(examine(Oracle(), pairs, drift_steps=3))


@pytest.fixture
def stages(toy, examined):
    return examined


def share_of_even(pairs) -> float:
    frames = pairs.take(pairs.all())
    return float((Oracle().encode(frames.frame, frames.future)[:, 0] % 2 == 0).mean())


def test_a_new_measure_is_asked_at_its_cost(stages, pairs):
    assert ("counting", 1, 1) in [(each.name, each.done, each.total) for each in stages]
    assert workload(pairs)["counting"] == pytest.approx(0.5 * len(pairs.all()))
    assert stages[-1].report["parity"].embodiments.keys() == {"arm", "red"}


def test_the_page_says_what_it_does(toy):
    assert activities()["counting"] == "Counting even codes"
    assert activities()["drift"] == "Letting it dream on its own pictures"


def test_it_appears_in_the_report_and_on_the_page(stages, pairs):
    report = report_of(stages[-1].report, checkpoint="oracle", data="synthetic")
    finding, share = report.finding("even"), share_of_even(pairs)
    assert finding.value == pytest.approx(share) and 0.5 < share < 0.9
    assert finding.verdict == "fair" and finding.low < share < finding.high
    assert finding.sentence.startswith(f"{100 * share:.0f}\u00a0% of the codes are even.")
    assert report.cards[-1].question == "Are the codes even?"
    text = page(report)
    assert "Are the codes even?" in text and '<th scope="col">even codes</th>' in text
    assert "<p>even in 2 embodiments</p>" in text
    assert broken(report, [Bar.parse("even>=0.99")])[0].startswith("even >= 0.99 is broken")


def test_it_appears_in_the_table_and_in_what_is_kept(stages, pairs, tmp_path):
    checkup, share = stages[-1].report, share_of_even(pairs)
    cells = dict(zip(headings(), rows(checkup)[-1], strict=True))
    assert cells["even"] == f"{share:.2f}" and " even" in as_text(checkup).splitlines()[0]
    report = report_of(checkup, checkpoint="oracle", data="synthetic")
    record = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert record["verdicts"]["Are the codes even?"] == "fair"
    assert record["figures"]["overall"]["parity"]["even"] == pytest.approx(share, abs=1e-6)
    assert "parity_even" in record["figures"]["mean_of_embodiments"]
    bounds = {each["key"]: [each["value"], *each["interval"]] for each in record["findings"]}
    said = {each["key"]: each["sentence"] for each in record["findings"]}
    write_results(tmp_path / "results.json", "mine", checkup, "c", findings=bounds, sentences=said)
    kept = published(tmp_path / "results.json", "mine", codes=5)
    again = next(each for each in kept.findings if each.key == "even")
    assert again.verdict == "fair" and again.sentence == said["even"] != ""
    card = write_card(tmp_path, "mine", checkup, "c").read_text()
    assert " even |" in card and "Even: share of even first codes." in card


def test_nothing_is_left_of_it():
    assert "even" not in keys() and "parity" not in measures()


def test_every_file_of_a_measure_is_registered_and_every_key_is_there_once(root):
    folder = root / "lapa" / "checkup" / "measures"
    assert {file.stem for file in folder.glob("*.py")} == {"__init__", *FILES}
    assert len(measures()) == len(FILES) and len(set(keys())) == len(keys())
    named = [figure.column.field for _, figure in figures() if figure.column]
    assert len(set(named)) == len(named)


def test_a_verdict_is_of_the_figure_beside_it_alone():
    figure = {each.key: each for _, each in figures()}
    spoilt = Context(8, {"no_op": {"kept": 20.0}})
    assert figure["no_op"].verdict(1.0, spoilt) == "good"
    assert figure["no_op_kept"].verdict(20.0, spoilt) == "poor"
    assert figure["moving_sharpness"].verdict(1.3, Context()) == "fair"
    assert figure["moving_sharpness"].verdict(1.1, Context()) == "good"
    assert figure["sharpness"].verdict(1.6, Context()) == "fair"
    assert np.isnan(Context().of("chance")) and spoilt.of("no_op", "kept") == 20.0
