"""A road test of quantizers of which all is known, and its command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.checkup.road_test import road_test
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from tests.driving import car_pairs
from tests.synthetic import ARM, Blurrer, Oracle, Random, frame_pairs


def test_codes_that_say_all_steer_and_brake() -> None:
    test = road_test(Oracle(), car_pairs(ARM))
    assert (test.steering.value, test.speed.value) == (1, 1)
    assert test.episodes == 6 and test.pairs < len(car_pairs(ARM).all())
    assert test.sharpness == pytest.approx(1)
    assert all(0.5 <= share < 0.6 for share in test.commonest)


def test_codes_that_mean_nothing_guess() -> None:
    test = road_test(Random(), car_pairs())
    assert 0.3 < test.steering.value < 0.7 and 0.3 < test.speed.value < 0.7
    assert test.steering.low < 0.5 + 0.15 and test.steering.high > 0.5 - 0.15


def test_a_dream_that_blurs_loses_the_road() -> None:
    assert road_test(Blurrer(), car_pairs()).sharpness < 0.7


def test_nothing_but_a_car_is_tested() -> None:
    with pytest.raises(ValueError, match="steering, gas and brake; none here are"):
        road_test(Oracle(), frame_pairs(ARM))


def test_the_command_writes_what_it_says(tmp_path: Path, clips: Path, capsys) -> None:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}
    config = explorer_config(
        **sizes, stem_widths=(8,), decoder_depth=1, temporal_depth=1, code_length=1, gap_seconds=0.2
    )
    LatentActionQuantizer(config).save_pretrained(tmp_path / "mine")
    data = tmp_path / "clips"
    data.mkdir()
    rows = (clips / "car_racing.jsonl").read_text().splitlines()[:2]
    (data / "car_racing.jsonl").write_text("\n".join(rows) + "\n")
    (data / "car_racing").symlink_to(clips / "car_racing")
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"open": {"other": 1}}))
    words = ["roadtest", str(tmp_path / "mine"), "--data", str(data), "--stride", "9", "--write"]
    words += ["--results", str(results), "--cache", str(tmp_path / "cache")]
    assert main(words) == 0
    out = capsys.readouterr().out
    kept = json.loads(results.read_text())["open"]
    assert kept["other"] == 1 and kept["drive"]["command"].startswith("python -m lapa roadtest")
    assert f"{kept['drive']['pairs']} frame pairs of 2 episodes" in out
    assert np.isfinite(kept["drive"]["steering"]).all()
    assert main([*words, "--stride", "0"]) == 2
    assert "--stride is 0; accepted are 1 and more" in capsys.readouterr().err
