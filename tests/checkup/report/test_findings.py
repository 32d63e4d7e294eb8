"""Verdicts: each synthetic quantizer gets the one that it deserves, in words that say why."""

from __future__ import annotations

import json
import math
import re

import pytest

from lapa.checkup import VERDICTS, as_json, keys, report_of
from lapa.checkup.examine import checkup
from lapa.checkup.measure import Context, Figure
from lapa.checkup.measures import figures
from lapa.checkup.questions import QUESTIONS
from lapa.checkup.scale import Scale
from lapa.evaluation.estimate import Estimate
from tests.synthetic import ARM, RED, Oracle, frame_pairs


def figure(key: str) -> Figure:
    return next(each for _, each in figures() if each.key == key)


def scale_of(key: str, *, codes: int = 8, **overall: object) -> Scale:
    return figure(key).scale_in(Context(codes, overall))


def verdicts(report) -> dict[str, str]:
    return {finding.key: finding.verdict for finding in report.findings}


def test_the_oracle_is_good_at_everything(report):
    assert set(verdicts(report("oracle")).values()) == {"good"}
    assert all(card.verdict == "good" for card in report("oracle").cards)


@pytest.mark.parametrize(
    "name, poor, good",
    [
        ("copier", {"ratio", "ratio_worst", "delta_psnr", "drift", "transfer"}, {"use", "leak"}),
        (
            "collapsed",
            {"use", "perplexity", "ratio", "delta_psnr", "delta_accuracy", "probe_codes"},
            {"no_op"},
        ),
        ("random", {"ratio", "delta_accuracy", "cosine", "probe_latent", "no_op"}, {"use"}),
        ("cheater", {"leak", "s_pcfc", "delta_accuracy", "probe_codes"}, {"ratio", "delta_psnr"}),
    ],
)
def test_each_gets_the_verdict_that_it_deserves(report, name, poor, good):
    found = verdicts(report(name))
    assert {key for key in poor if found[key] == "poor"} == poor
    assert {key for key in good if found[key] == "good"} == good


def test_eleven_questions_hold_every_key_once(report):
    cards = report("oracle").cards
    assert [card.question for card in cards] == list(QUESTIONS) and len(cards) == 11
    assert tuple(finding.key for finding in report("oracle").findings) == keys()
    assert len(set(keys())) == 24


def test_every_explanation_is_two_sentences():
    for _, each in figures():
        ends = re.findall(r"[.?](?=\s+[A-Z0-9]|$)", each.explanation)
        assert len(ends) == 2, f"{each.key}: {each.explanation}"


def test_every_figure_says_what_good_models_reach(report):
    assert all(len(finding.reference) > 20 for finding in report("oracle").findings)


def test_where_the_clips_cannot_tell_it_says_why(blind):
    unknown = {f.key: f.sentence for f in blind.findings if f.verdict == "unknown"}
    for key in ("delta_accuracy", "cosine", "delta_mse", "probe_latent", "probe_codes"):
        assert "do not carry a robot's actions" in unknown[key]
    assert "one embodiment only" in unknown["transfer"]
    assert "one embodiment only" in unknown["divergence"]
    assert "long enough to dream" in unknown["drift"]
    assert all(math.isnan(blind.finding(key).value) for key in unknown)
    assert blind.finding("ratio").verdict == "good"


def test_too_few_pairs_do_not_call_a_code_unused(report):
    assert "too few to say" in report("cheater").finding("use").sentence
    assert report("collapsed").finding("use").verdict == "poor"


def test_the_worst_deciding_figure_is_the_verdict_of_the_question(report):
    cards = {card.question: card for card in report("copier").cards}
    assert cards["Is the future smuggled through?"].verdict == "good"
    assert cards["Does the picture move the right way?"].verdict == "poor"
    dream = {card.question: card for card in report("copier").cards}["How long can it dream?"]
    assert dream.verdict == "poor" and dream.telling.key == "drift"
    cheater = {card.question: card for card in report("cheater").cards}
    assert cheater["Is the future smuggled through?"].verdict == "poor"


@pytest.mark.parametrize("key", keys())
def test_scales_judge_their_own_limits(key):
    scale = scale_of(key)
    assert scale.verdict(scale.good) == "good" and scale.verdict(scale.fair) == "fair"
    beyond = scale.fair + (0.01 if scale.low_is_good else -0.01) * (abs(scale.fair) + 1)
    assert scale.verdict(beyond) == "poor"
    assert scale.verdict(math.nan) == "unknown"
    assert (
        scale.floor < min(scale.good, scale.fair) and max(scale.good, scale.fair) <= scale.ceiling
    )


def test_an_interval_across_a_threshold_is_told():
    scale = scale_of("ratio")
    assert "from fair to good" in scale.doubt(Estimate(0.44, 0.40, 0.50))
    assert "from poor to good" in scale.doubt(Estimate(0.6, 0.40, 0.90))
    assert scale.doubt(Estimate(0.40, 0.38, 0.42)) == ""
    assert scale.doubt(Estimate(0.44, math.nan, math.nan)) == ""


def test_figures_are_written_with_unit_and_interval():
    assert scale_of("delta_psnr").spread(Estimate(-0.5, -1, 0.25)) == "−0.50 dB (−1.00 to 0.25)"
    assert scale_of("delta_accuracy").spread(Estimate(0.618, 0.5, 0.7)) == "62 % (50 to 70)"
    assert scale_of("use", codes=8).spread(Estimate(7, math.nan, math.nan)) == "7 of 8 codes"
    assert scale_of("ratio").text(math.nan) == "–"
    assert scale_of("ratio").number(-0.001) == "0.00"


def test_thresholds_follow_codebook_chance_and_steps():
    assert scale_of("use", codes=16).verdict(16) == "good"
    assert scale_of("use", codes=16).verdict(15) == "fair"
    assert scale_of("delta_accuracy", chance=0.5).verdict(0.52) == "poor"
    assert scale_of("delta_accuracy", chance=0.2).verdict(0.30) == "fair"
    assert scale_of("drift", drift={"steps": 4}).verdict(4) == "good"
    assert scale_of("drift", drift={"steps": 32}).verdict(16) == "good"


def test_json_holds_verdicts_and_figures_but_no_pictures(report, blind):
    found = json.loads(json.dumps(as_json(report("oracle")), allow_nan=False))
    assert found["verdicts"]["Are all codes used?"] == "good"
    first = found["findings"][0]
    assert first["key"] == "use" and first["value"] == 5 and first["interval"] == [None, None]
    assert found["figures"]["embodiments"].keys() == {"arm", "red", "hand"}
    assert "<svg" not in json.dumps(found) and VERDICTS[0] == first["verdict"]
    assert json.loads(json.dumps(as_json(blind), allow_nan=False))["notes"] == ["all were measured"]


def test_clips_in_which_nothing_moves_tell_nothing_but_whether_still_is_still():
    found = checkup(Oracle(), frame_pairs(ARM, RED, episodes=3, still=True), drift_steps=4)
    report = report_of(found, checkpoint="oracle", data="stills")
    known = {each.key for each in report.findings if each.verdict != "unknown"}
    assert known == {"no_op", "no_op_kept"}
    assert "nothing moves in these clips" in report.finding("use").sentence
