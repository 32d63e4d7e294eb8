"""Somebody else's model in a checkup: twenty lines are enough, and what it answers is checked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lapa.__main__ import main
from lapa.checkup import report_of
from lapa.checkup.examine import checkup
from lapa.checkup.foreign import Foreign, find
from lapa.training.toy import make_toy_videos
from tests.synthetic import ARM, GAP, RED, SIZE, K, Oracle, frame_pairs

EXAMPLE = '''
import numpy as np


class Brightness:
    """Which quarter of the picture brightens most: two codes, one a half, nothing drawn."""

    codebook_size, gap_seconds, image_size = 2, 0.3, 32

    def latent(self, frame, future):
        change = future.astype(np.float32).mean(3) - frame.astype(np.float32).mean(3)
        rows, columns = change.mean(2), change.mean(1)
        middle = self.image_size // 2
        apart = [x[:, middle:].mean(1) - x[:, :middle].mean(1) for x in (rows, columns)]
        return np.stack(apart, 1)[..., None]

    def encode(self, frame, future):
        return (self.latent(frame, future)[..., 0] > 0).astype(np.int64)
'''


class Theirs:
    """The oracle as somebody else would bring it: codes, latents and pictures, in batches."""

    codebook_size, gap_seconds, image_size = K, GAP / 10, SIZE

    def encode(self, frame, future):
        return Oracle().encode(frame, future)

    def latent(self, frame, future):
        return Oracle().latent(frame, future)

    def decode(self, frame, codes):
        return Oracle().decode(frame, codes)


class Mute:
    """The same without pictures."""

    codebook_size, gap_seconds, image_size = K, GAP / 10, SIZE
    encode, latent = Theirs.encode, Theirs.latent


def findings(quantizer):
    pairs = frame_pairs(ARM, RED, episodes=4)
    found = checkup(quantizer, pairs, stride=4, drift_steps=4)
    report = report_of(found, checkpoint="theirs", data="synthetic")
    return {each.key: each for each in report.findings}


def test_a_model_of_three_methods_gets_the_figures_of_ours():
    mine, theirs = findings(Oracle()), findings(Foreign(Theirs(), "theirs"))
    for key, each in mine.items():
        assert theirs[key].value == pytest.approx(each.value, nan_ok=True), key


def test_a_model_that_draws_nothing_is_not_asked_for_pictures():
    mine, theirs = findings(Oracle()), findings(Foreign(Mute(), "mute"))
    pictured = {key for key, each in theirs.items() if each.sentence.startswith("Not asked")}
    assert pictured == {
        "ratio", "ratio_worst", "random_ratio", "moving_sharpness", "feature_distance",
        "delta_psnr", "distinctness", "leak", "s_pcfc", "no_op", "no_op_kept", "drift", "sharpness",
            "transfer",
    }  # fmt: skip
    for key in set(mine) - pictured:
        assert theirs[key].value == pytest.approx(mine[key].value, nan_ok=True), key
    assert all(theirs[key].verdict == "unknown" for key in pictured)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"encode": lambda self, a, b: np.zeros(len(a), int)}, r"encode of it gave int64 \(1,\)"),
        ({"encode": lambda self, a, b: np.zeros((len(a), 2))}, "accepted are whole numbers"),
        ({"encode": lambda self, a, b: np.full((len(a), 2), 9)}, "codes from 9 to 9; its codebook"),
        ({"latent": None}, "it has no latent; a model needs"),
        ({"gap_seconds": -1}, "gap_seconds of it is -1; a positive number"),
    ],
)
def test_what_a_model_answers_is_checked(wrong, said):
    with pytest.raises(ValueError, match=said):
        Foreign(type("Wrong", (Theirs,), wrong)(), "it")


def test_a_picture_of_another_size_is_named():
    model = type("Wrong", (Theirs,), {"decode": lambda self, a, b: np.zeros((len(a), 2, 2, 3))})()
    with pytest.raises(ValueError, match=r"decode of it gave float64 \(1, 2, 2, 3\); accepted"):
        Foreign(model, "it").decode(np.zeros((1, SIZE, SIZE, 3), np.uint8), np.zeros((1, 2), int))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nowhere", "named as module:object, received 'nowhere'"),
        ("no_such_module:A", "no_such_module cannot be imported"),
        ("json:nothing", "json holds no nothing"),
        ("json:JSONDecoder", "has no encode, latent"),
    ],
)
def test_a_model_that_is_not_there_is_told_in_a_sentence(words, said):
    with pytest.raises(ValueError, match=said):
        find(words)


def test_the_command_measures_a_model_of_the_folder_where_one_stands(
    tmp_path: Path, monkeypatch, capsys
):
    (tmp_path / "brightness_example.py").write_text(EXAMPLE)
    make_toy_videos(tmp_path / "toy", episodes=10, frames=12)
    monkeypatch.chdir(tmp_path)
    words = ["checkup", "--model", "brightness_example:Brightness", "--data", "toy"]
    assert main([*words, "--json", "found.json"]) == 0
    told = json.loads((tmp_path / "found.json").read_text())
    values = {each["key"]: each["value"] for each in told["findings"]}
    assert told["checkpoint"] == "Brightness" and values["use"] == 2 and values["ratio"] is None
    assert 0 < values["delta_accuracy"] <= 1
    assert "Not asked: this model imagines no pictures." in capsys.readouterr().out
    assert main(["checkup", "--data", "toy"]) == 2
    assert main([*words, "--write"]) == 2
