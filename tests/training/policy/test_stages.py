"""Every stage on the tabletop, and the parts between them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.data import Cache
from lapa.data.bins import ActionBins
from lapa.data.labels import Labels, part
from lapa.evaluation.accuracy import accuracy
from lapa.evaluation.success import episodes, rates, wilson
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.models.policy import LatentPolicy, with_action_head
from lapa.official.prompts import Text
from lapa.presets.policies import stages
from lapa.scale import Parts
from lapa.sim.recorders.headless import choose_renderer
from lapa.training.policy.recipe import new_policy
from lapa.training.policy.text import learn_text
from lapa.training.toy import make_toy_videos

ASKED = ["push the red star to the blue cube", "separate the moon from the green cube"]
ABOUT = {"code_length": 2, "codebook_size": 8, "gap_seconds": 0.3, "data": "x", "quantizer": "y"}


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    return learn_text(ASKED, tmp_path_factory.mktemp("text") / "tokenizer.model", size=400).path


@pytest.fixture(scope="module")
def tokenizer() -> ImageTokenizer:
    torch.manual_seed(0)
    return ImageTokenizer(
        ImageTokenizerConfig(
            image_size=16, widths=(32, 32), blocks=1, latent=8, codebook_size=16, code_dim=4
        )
    )


def test_labels_go_on_where_they_were_and_are_read_whole(tmp_path: Path) -> None:
    writer = Parts(tmp_path, "labels.json", ABOUT)
    codes = np.array([[1, 2], [3, 4], [7, 0]])
    writer.write(0, part(["a", "b"], [2, 1], np.array([0, 1, 0]), np.array([3, 3, 3]), codes))
    with pytest.raises(ValueError, match="unfinished"):
        Labels.open(tmp_path)
    again = Parts(tmp_path, "labels.json", ABOUT)
    again.write(1, part(["c"], [1], np.array([5]), np.array([3]), np.array([[0, 6]])))
    again.check([["a", "b"], ["c"]])
    with pytest.raises(ValueError, match="part-00001.parquet holds other episodes"):
        again.check([["a", "b"], ["d"]])
    again.finish()
    labels = Labels.open(tmp_path)
    assert labels.episode == ("a", "a", "b", "c") and len(labels) == 4
    assert labels.codes.tolist() == [[1, 2], [3, 4], [7, 0], [0, 6]]
    assert labels.t.tolist() == [0, 1, 0, 5] and set(labels.gap_frames) == {3}
    with pytest.raises(ValueError, match=r"holds other labels \(gap_seconds differ\)"):
        Parts(tmp_path, "labels.json", ABOUT | {"gap_seconds": 0.6})
    with pytest.raises(FileNotFoundError, match="there are no labels"):
        Labels.open(tmp_path / "nowhere")


def test_instructions_are_few_tokens_and_anything_can_be_spelled(text: Path) -> None:
    learned = Text(text)
    tokens, seen = learned.prompt(ASKED[0], 64)
    assert sum(seen) < 45 and "red star" in learned.words(tokens[-sum(seen) :])
    odd, known = learned.prompt("schiebe den roten Würfel 🤖", 128)
    assert "Würfel 🤖" in learned.words(odd[-sum(known) :])
    assert learned.tail("latent") != learned.tail("action")


def test_stage_3_keeps_all_but_the_latent_head(tokenizer, text: Path) -> None:
    run = stages("debug").pretrain
    before = new_policy(run, tokenizer, text, code_length=2, latent=8)
    bins = ActionBins((np.linspace(-1, 1, 5), np.linspace(0, 2, 9)))
    after = with_action_head(before, bins)
    assert set(after.model.heads) == {"text", "vision", "action"}
    assert after.model.heads["action"].weight.shape[0] == 8
    kept = {name for name in before.model.state_dict() if "latent" not in name}
    for name in kept:
        assert torch.equal(before.model.state_dict()[name], after.model.state_dict()[name])
    frame = np.zeros((16, 16, 3), np.uint8)
    assert after.act(frame, ASKED[0]).shape == (2,)
    with pytest.raises(ValueError, match="no latent head"):
        after.predict(frame, ASKED[0])


@pytest.mark.parametrize(
    ("done", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (98, 100, 0.93, 0.9945)],
)
def test_wilson_intervals(done: int, of: int, low: float, high: float) -> None:
    found = wilson(done, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)
    assert found.rate == done / of


def test_accuracy_counts_what_is_right(tokenizer, text: Path) -> None:
    """Of the codes that the policy itself holds likeliest all are right, of others none."""
    policy = new_policy(stages("debug").pretrain, tokenizer, text, code_length=2, latent=8)
    frames = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)
    told = [ASKED[at % 2] for at in range(5)]
    own = policy.predict(frames, told)
    found = accuracy(policy, frames, told, own)
    assert found.top_1 == (1.0, 1.0) and found.count == 5 and found.chance == 1 / 8
    shifted = accuracy(policy, frames, told, np.column_stack([(own[:, 0] + 1) % 8, own[:, 1]]))
    assert shifted.top_1[0] == 0.0
    assert found.majority[0] == np.bincount(own[:, 0]).max() / 5
    with pytest.raises(ValueError, match="no frame"):
        accuracy(policy, frames[:0], [], own[:0])


def test_rates_need_an_episode() -> None:
    with pytest.raises(ValueError, match="received 0 of 0"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="received 0 of 0"):
        rates([])


def test_the_oracle_is_evaluated_without_pictures(tmp_path: Path, capsys) -> None:
    told = tmp_path / "oracle.json"
    words = ["evaluate", "oracle", "--episodes", "2", "--kind", "separate", "--json", str(told)]
    assert main(words) == 0
    assert "separate" in capsys.readouterr().out
    found = json.loads(told.read_text())
    assert found["rates"]["separate"]["of"] == 2 and len(found["episodes"]) == 2
    assert all(each["distance"] < 0.025 for each in found["episodes"] if each["success"])
    assert main(["evaluate", "oracle", "--kind", "juggle"]) == 2
    assert "no kind 'juggle'" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path)]) == 2
    assert "is no policy" in capsys.readouterr().err


def test_episodes_beside_each_other_are_what_they_are_alone() -> None:
    kinds, numbers = ["separate", "block2block"], range(6)
    together = list(episodes(None, numbers, kinds=kinds, longest=60))
    alone = [one for kind in kinds for n in numbers for one in
             episodes(None, [n], kinds=[kind], longest=60)]  # fmt: skip
    assert together == alone
    assert [each.number for each in together] == [*numbers, *numbers]
    assert len({each.steps for each in together}) > 3


@pytest.fixture
def renderer(monkeypatch) -> None:
    """Pictures can be drawn, or the test is skipped."""
    try:
        chosen = choose_renderer()
    except OSError as error:
        pytest.skip(str(error))
    for name, value in chosen.items():
        monkeypatch.setitem(os.environ, name, value)


def test_a_policy_is_asked_for_all_that_go_on(renderer) -> None:
    asked, films = [], []

    def act(images: np.ndarray, told: list[str]) -> np.ndarray:
        asked.append((images.shape, len(set(told))))
        return np.tile([0.0, 0.02], (len(told), 1))

    found = list(episodes(act, [0, 1, 2], kinds=["block2block"], image_size=32, longest=4,
                          watch=films.append))  # fmt: skip
    assert asked == [((3, 32, 32, 3), 3)] * 4
    assert [each.steps for each in found] == [4, 4, 4]
    for one, film in zip(found, films, strict=True):
        assert film.outcome == one and film.frames.shape == (5, 32, 32, 3)
        assert np.allclose(film.actions, [[0.0, 0.02]] * 4)


def test_what_does_not_fit_is_said(tmp_path: Path, capsys) -> None:
    videos = make_toy_videos(tmp_path / "toy", episodes=2)
    cache = tmp_path / "cache"
    Cache.build(videos, cache, 32)
    assert main(["tokenize", "--preset", "moon", "--data", str(cache)]) == 2
    assert "no preset 'moon'; there are space, vqgan, debug" in capsys.readouterr().err
    assert main(["tokenize", "--preset", "space", "--data", str(cache)]) == 2
    assert "the cache holds 32 px frames, the model takes 128" in capsys.readouterr().err


@pytest.mark.slow
def test_all_stages(tmp_path: Path, renderer) -> None:
    at = {
        name: str(tmp_path / name) for name in ("data", "cache", "laq", "labels", "tok", "policy")
    }
    quiet = ["--every", "0"]

    def run(*words: str) -> None:
        assert main(list(words)) == 0, words

    run(
        "generate",
        "--out",
        at["data"],
        "--episodes",
        "30",
        "--size",
        "32",
        "--embodiment",
        "gripper",
    )
    run("quantize", "--preset", "debug", "--steps", "40", "--data", at["data"], "--cache",
        at["cache"], "--out", at["laq"], *quiet)  # fmt: skip
    run("label", at["laq"], "--data", at["cache"], "--out", at["labels"])
    run("tokenize", "--preset", "debug", "--data", at["cache"], "--out", at["tok"], *quiet)
    seeing, captions = str(tmp_path / "sight"), str(tmp_path / "captions")
    run("caption", "--out", captions, "--pictures", "20", "--size", "32")
    run("ground", "--preset", "debug", "--captions", captions, "--data", at["cache"],
        "--tokenizer", at["tok"], "--out", seeing, *quiet)  # fmt: skip
    run("pretrain", "--preset", "debug", "--labels", at["labels"], "--data", at["cache"],
        "--policy", seeing, "--out", at["policy"], *quiet)  # fmt: skip
    policy = LatentPolicy.from_pretrained(Path(at["policy"]) / "model")
    frame = Cache.open(at["cache"]).frames[0]
    assert policy.propose(np.asarray(frame), ASKED[0]).probabilities.shape == (2, 8)
    told = tmp_path / "results.json"
    run("evaluate", at["policy"], "--labels", at["labels"], "--data", at["cache"], "--samples", "9",
        "--write", "debug", "--results", str(told))  # fmt: skip
    found = json.loads(told.read_text())["accuracy"]["debug"]
    assert found["count"] == 9 and len(found["top_1"]) == 2 and found["chance"] == 1 / 8
    for name, more in (("acting", []), ("scratch", ["--scratch"])):
        out = str(tmp_path / name)
        run("finetune", at["policy"], "--preset", "debug", "--data", at["cache"], "--episodes",
            "10", "--bins", "16", "--out", out, *quiet, *more)  # fmt: skip
        run("evaluate", out, "--episodes", "1", "--size", "32", "--longest", "3",
            "--kind", "separate")  # fmt: skip


def test_clips_too_short_for_their_gap_have_no_labels_and_say_so(tmp_path: Path, capsys) -> None:
    from dataclasses import replace

    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.presets.quantizers import debug

    make_toy_videos(tmp_path / "toy", episodes=2, frames=6)
    model = replace(debug().model, gap_seconds=3.0)
    LatentActionQuantizer(model).save_pretrained(tmp_path / "laq")
    words = ["--data", str(tmp_path / "toy"), "--cache", str(tmp_path / "cache")]
    assert main(["label", str(tmp_path / "laq"), *words, "--out", str(tmp_path / "labels")]) == 1
    said = capsys.readouterr().err
    assert "There is no frame pair" in said and "too short for a gap of" in said
    assert not (tmp_path / "labels").exists()
