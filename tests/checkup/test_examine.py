"""The whole checkup: its stages, its verdict on known quantizers, its tables and its figures."""

from __future__ import annotations

import json
import math
import threading

import pytest

from lapa.checkup.examine import checkup, examine, headline, workload
from lapa.checkup.text import as_json, as_markdown, as_text, headings, rows, usage
from lapa.evaluation.watch import watched
from tests.synthetic import ARM, BLIND, HAND, RED, Cheater, Collapsed, Copier, Oracle, frame_pairs

QUIZ = {"drift_steps": 4, "stride": 2}


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, HAND)


@pytest.fixture(scope="module")
def report(pairs):
    return checkup(Oracle(), pairs, **QUIZ)


def test_oracle_passes_everywhere(report):
    assert report["reconstruction"].overall.ratio.value == 0
    assert report["control"].overall.delta_psnr.low > 30
    assert report["codes"].overall.used == (5, 5)
    assert report["consistency"].overall.delta_accuracy.value > 0.9
    assert (
        report["probe"].overall.latent.value > 0.99 and report["probe"].overall.codes.value > 0.99
    )
    assert report["leak"].overall.foreign_gain.value < 1
    assert report["no_op"].overall.share.value == 1
    assert report["drift"].overall.gain.low > 10
    assert report["transfer"].cosine.value > 0.8
    assert all(worst.ratio == 0 for worst in report["worst"])


def test_copier_is_caught(pairs):
    found = checkup(Copier(), pairs, **QUIZ)
    assert found["reconstruction"].overall.ratio.value == 1
    assert found["control"].overall.delta_psnr.value == 0
    assert found["drift"].overall.gain.value == pytest.approx(0)


def test_collapsed_is_caught(pairs):
    found = checkup(Collapsed(), pairs, **QUIZ)
    assert found["codes"].overall.used == (1, 1)
    assert found["codes"].overall.perplexity == (1, 1)
    assert found["probe"].overall.codes.value <= 0


def test_cheater_is_caught(pairs, report):
    found = checkup(Cheater(), pairs, **QUIZ)
    assert found["reconstruction"].overall.ratio.value == 0, "it looks perfect"
    assert found["leak"].overall.foreign_gain.low > 20 > report["leak"].overall.foreign_gain.value
    assert found["probe"].overall.latent.value <= 0.02


def test_stages_come_in_order_and_the_last_has_the_report(pairs):
    stages = list(examine(Oracle(), pairs, **QUIZ))
    names = list(dict.fromkeys(stage.name for stage in stages))
    assert names == [*workload(pairs), "done"] == [
        "frame pairs", "same action, same code", "words for codes", "actions in the codes",
        "sweeps", "leak", "doing nothing", "drift", "transfer", "worst pairs", "done",
    ]  # fmt: skip
    assert [stage.report is None for stage in stages] == [True] * (len(stages) - 1) + [False]
    assert all(0 <= stage.done <= stage.total for stage in stages)
    left = [stage.seconds_left for stage in stages if stage.seconds_left is not None]
    assert left[-1] == 0 and min(left) >= 0
    assert stages[-1].report.seconds > 0 and stages[-1].report.episodes == 18


def test_training_clips_are_learnt_from(pairs):
    lessons = frame_pairs(ARM, HAND, seed=9, episodes=4)
    stages = list(examine(Oracle(), pairs, learn=lessons, **QUIZ))
    assert "training clips" in {stage.name for stage in stages}
    found = stages[-1].report
    assert found["probe"].embodiments["arm"].learnt_from == 4 * 24
    assert found["probe"].embodiments["red"].learnt_from == 0
    assert found["consistency"].overall.learnt_from == 4 * 24


def test_closing_stops_the_quantizer(pairs):
    class Counting(Oracle):
        calls = 0

        def encode(self, frame, future):
            type(self).calls += 1
            return super().encode(frame, future)

    before = set(threading.enumerate())
    run = examine(Counting(), pairs, **QUIZ)
    for stage in run:
        if stage.name == "drift" and stage.done:
            break
    run.close()
    calls = Counting.calls
    assert calls > 0 and run.gi_frame is None
    # only new threads count: one of another test may end meanwhile
    assert not set(threading.enumerate()) - before and Counting.calls == calls


def test_watched_work_tells_raises_and_can_be_closed():
    def count(tick):
        for done in range(1, 4):
            tick(done, 3)
        return "counted"

    def follow(work, told):
        result = yield from work
        told.append(result)

    told = []
    assert list(follow(watched(count), told)) == [(1, 3), (2, 3), (3, 3)] and told == ["counted"]

    def broken(tick):
        tick(1, 2)
        raise ValueError("the clip is torn")

    with pytest.raises(ValueError, match="torn"):
        list(watched(broken))

    reached = []

    def endless(tick):
        while True:
            tick(len(reached), 0)
            reached.append(None)

    run = watched(endless)
    next(run)
    run.close()
    ended = len(reached)
    assert len(reached) == ended


def test_what_the_clips_cannot_tell_is_none():
    found = checkup(Oracle(), frame_pairs(BLIND, episodes=3, length=8), drift_steps=16)
    assert found["consistency"] is None and found["probe"] is None and found["transfer"] is None
    assert found["drift"] is None
    figures = json.loads(json.dumps(as_json(found), allow_nan=False))
    assert figures["transfer"] is None and "probe" not in figures["overall"]
    cells = dict(zip(headings(), rows(found)[0], strict=True))
    assert cells["R² latent"] == cells["cosine"] == cells["drift dB"] == "–"


def test_text_has_a_line_for_every_embodiment_and_lines_up(report):
    lines = as_text(report).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["arm", "hand", "red", "mean", "all"]
    assert len({len(line) for line in lines}) == 1
    assert "0.000 [0.000, 0.000]" in lines[-1] and "5 5" in lines[-1]


def test_a_hand_has_a_dash_where_its_actions_cannot_tell(report):
    cells = {row[0]: dict(zip(headings(), row, strict=True)) for row in rows(report)}
    assert cells["hand"]["cosine"] == cells["hand"]["R² latent"] == "–"
    assert cells["arm"]["R² latent"] == "1.00"


def test_markdown_is_a_table(report):
    lines = as_markdown(report).splitlines()
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_json_holds_plain_figures_and_their_intervals(report):
    figures = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert figures["pairs"] == 216 and figures["episodes"] == 18
    for group in (figures["overall"], *figures["embodiments"].values()):
        assert group["ratio"] == 0 and group["interval"]["ratio"] == [0, 0]
        assert group["interval"]["delta_psnr"][0] < group["delta_psnr"]
        assert {"psnr", "used", "perplexity", "leak", "no_op", "drift"} <= set(group)
    assert figures["overall"]["pairs"] == 216 and figures["embodiments"]["hand"]["pairs"] == 72
    assert figures["embodiments"]["hand"]["probe"]["latent"] is None
    assert figures["overall"]["probe"]["interval"]["latent"][1] <= 1
    assert figures["mean_of_embodiments"]["ratio"] == 0
    assert len(figures["divergence"]["matrix"]) == 3 and figures["transfer"]["cosine"] > 0.8


def test_usage_has_the_form_that_the_page_reads(report):
    found = json.loads(json.dumps(usage(report)))
    assert found["pairs"] == 216 and set(found["embodiments"]) == {"arm", "hand", "red"}
    shares = [item["share"] for item in found["overall"]["frequent"]]
    assert shares == sorted(shares, reverse=True) and found["overall"]["still"] == [2, 2]


def test_headline_are_plain_numbers(pairs):
    figures = headline(Oracle(), pairs, stride=1)
    assert figures["ratio"] == 0 and figures["ratio/red"] == 0 and figures["codes_used"] == 5
    assert all(isinstance(value, int | float) for value in figures.values())
    assert not any(math.isnan(value) for value in figures.values())
