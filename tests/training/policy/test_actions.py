"""How a policy predicts actions: by means, in chunks, after a direction, and with its head first;
and pretraining on actions in place of codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.data import Cache
from lapa.data.bins import ActionBins, read_bins
from lapa.data.layout import Layout
from lapa.evaluation import success
from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
from lapa.models.policy import LatentPolicy, with_action_head
from lapa.presets.policies import stages
from lapa.training.policy.frame_tokens import frame_tokens, open_tokens
from lapa.training.policy.recipe import new_policy, train_policy
from lapa.training.policy.samples import action_samples
from lapa.training.policy.text import learn_text
from lapa.training.toy import make_toy_videos

ASKED = "slide around"
BINS = ActionBins((np.linspace(-1, 1, 5), np.linspace(0, 2, 9)))


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    at = tmp_path_factory.mktemp("toy")
    return Cache.build(make_toy_videos(at / "toy", episodes=10, size=32), at / "cache", 32)


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> LatentPolicy:
    torch.manual_seed(0)
    tokenizer = PatchTokenizer(
        PatchTokenizerConfig(image_size=32, patch_size=8, codebook_size=16, components=8)
    )
    torch.nn.init.normal_(tokenizer.codebook)
    torch.nn.init.normal_(tokenizer.components)
    text = learn_text([ASKED], tmp_path_factory.mktemp("text") / "t.model", size=400).path
    return new_policy(stages("debug").finetune, tokenizer, text, code_length=2, latent=8)


def test_chunks_after_a_direction_by_their_means(policy: LatentPolicy, tmp_path: Path) -> None:
    layout = Layout(chunk=3, direction=True)
    likely = with_action_head(policy, BINS, layout=layout)
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    actions = likely.act(frames, ASKED)
    assert actions.shape == (2, 3, 2) and likely.act(frames[0], ASKED).shape == (3, 2)
    assert set(actions[..., 0].ravel()) <= {-0.75, -0.25, 0.25, 0.75}
    mean = with_action_head(policy, BINS, layout=layout, mean=True)
    mean.save_pretrained(tmp_path)
    twin = LatentPolicy.from_pretrained(tmp_path)
    assert twin.config.mean and twin.config.layout == layout
    means = twin.act(frames, ASKED)
    # nothing was learned: all bins are about as likely, and the mean is the middle of them all
    assert np.abs(means[..., 0]).max() < 0.2 and np.abs(means[..., 1] - 1).max() < 0.2
    counts = layout.counts(BINS)
    _, logits = twin.model.continued(
        **twin.tokens(frames, ASKED, "action"), count=7, kind="action", limits=counts
    )
    second = logits[:, 4, :8].softmax(-1).numpy() @ np.linspace(0.125, 1.875, 8)
    assert np.allclose(means[:, 1, 1], second, atol=1e-5)
    # drawn actions are those of bins
    drawn = twin.act(frames, ASKED, temperature=1.0)
    assert set(drawn[..., 0].ravel()) <= {-0.75, -0.25, 0.25, 0.75}
    # nine directions need nine values, whatever the bins
    assert likely.model.config.action == 9


def test_the_head_learns_alone_at_first(policy: LatentPolicy, cache: Cache, tmp_path) -> None:
    samples, bins = action_samples(cache, "train", count=8, layout=Layout(2, direction=True))
    file = tmp_path / "vision.npy"
    list(frame_tokens(policy.image_tokenizer, cache, file))
    run = stages("debug").finetune
    loop = replace(run.loop, evaluate_every=0, save_every=100, ema_decay=0.0)
    run = replace(run, head_first=0.5, chunk=2, direction=True, smooth=0.1)

    def changed(steps: int) -> set[str]:
        begun = with_action_head(policy, bins, layout=run.layout)
        before = {name: value.clone() for name, value in begun.model.state_dict().items()}
        # the schedule is of six steps, however many are run
        longer = replace(run, loop=replace(loop, steps=6))
        frames, out = open_tokens(file), tmp_path / str(steps)
        for step in train_policy(longer, begun, frames, samples, None, out):
            if step.step == steps:
                after = begun.model.state_dict()
                return {name for name in before if not torch.equal(before[name], after[name])}
        raise AssertionError

    alone = changed(3)
    assert alone and all(name.startswith(("heads.action", "embeddings.action")) for name in alone)
    assert any(name.startswith("trunk") for name in changed(4))
    with pytest.raises(ValueError, match="share below 1, received 1"):
        replace(run, head_first=1.0)


def test_what_is_asked_of_a_chunk_is_all_done_before_the_next() -> None:
    """Of two episodes beside each other each takes its own plan, three steps a question."""
    asked = []

    def act(images: np.ndarray, told: list[str]) -> np.ndarray:
        asked.append(len(told))
        return np.tile([[0.0, 0.01], [0.0, 0.02], [0.0, 0.03]], (len(told), 1, 1))

    class Fake(success.Running):
        def __init__(self) -> None:
            self.observation, self.plan = {"image": np.zeros((2, 2, 3)), "instruction": "go"}, []

    going = [Fake(), Fake()]
    steps = [[float(each[1]) for each in success._actions(act, going)] for _ in range(4)]
    assert asked == [2, 2]
    assert steps == [[0.01] * 2, [0.02] * 2, [0.03] * 2, [0.01] * 2]


def test_tokens_go_on_where_they_were(policy: LatentPolicy, cache: Cache, tmp_path) -> None:
    whole, cut = tmp_path / "whole.npy", tmp_path / "cut.npy"
    list(frame_tokens(policy.image_tokenizer, cache, whole, batch_size=4))
    begun = frame_tokens(policy.image_tokenizer, cache, cut, batch_size=4)
    for _ in range(60):
        next(begun)
    begun.close()
    first, *_ = frame_tokens(policy.image_tokenizer, cache, cut, batch_size=4)
    assert first == (51 * 4, len(cache.frames))
    assert np.array_equal(open_tokens(cut), open_tokens(whole))
    assert sorted(path.name for path in tmp_path.iterdir() if "cut" in path.name) == [
        "cut.json", "cut.npy",
    ]  # fmt: skip


def test_pretraining_on_actions_leaves_its_head_and_bins(
    policy: LatentPolicy, cache: Cache, tmp_path, capsys
) -> None:
    """With the video's own actions (ActionVLA), and with inferred ones (VPT); finetuning goes on
    with the head that is there, and never with another layout."""
    policy.save_pretrained(tmp_path / "start")
    data = ["--data", str(cache.folder), "--tokens", str(tmp_path / "vision.npy")]
    short = ["--preset", "debug", "--steps", "3", "--every", "0"]

    def run(*words: object) -> None:
        assert main([str(word) for word in words]) == 0, capsys.readouterr().err

    start = ["--policy", tmp_path / "start"]
    run("pretrain", "--actions", "--bins", 6, "--share", 0.5, *start, *data, *short, "--out",
        tmp_path / "actionvla")  # fmt: skip
    run("inverse", *data[:2], "--episodes", 8, "--bins", 7, *short, "--out", tmp_path / "inverse")
    run("label", tmp_path / "inverse", *data[:2], "--out", tmp_path / "labels")
    run("pretrain", "--labels", tmp_path / "labels", *start, *data, *short, "--out",
        tmp_path / "vpt")  # fmt: skip
    own, bins = action_samples(cache, "train", count=6)
    inferred = read_bins(tmp_path / "inverse" / "model" / "bins.csv")
    assert len(own.of_episodes(cache, 0.5)) == len(own) // 2
    for name, counts in (("actionvla", bins.counts), ("vpt", inferred.counts)):
        begun = LatentPolicy.from_pretrained(tmp_path / name / "model")
        assert begun.bins.counts == counts and "latent" not in begun.model.heads
        words = ["finetune", tmp_path / name, *data, "--episodes", 5, "--bins", 3, *short]
        run(*words, "--mean", "--out", tmp_path / f"{name}-acting")
        after = LatentPolicy.from_pretrained(tmp_path / f"{name}-acting" / "model")
        assert after.config.mean and after.bins.counts == begun.bins.counts
        head, grown = (each.model.heads["action"].weight for each in (begun, after))
        # three steps lead hardly away; a new head would have nothing in common with the old one
        assert torch.cosine_similarity(head.flatten(), grown.flatten(), dim=0) > 0.9
        assert main([str(word) for word in (*words, "--chunk", "2")]) == 2
        assert "its head cannot learn" in capsys.readouterr().err
    assert main(["pretrain", *map(str, (*start, *data))]) == 2
    assert "name the labels with --labels" in capsys.readouterr().err
