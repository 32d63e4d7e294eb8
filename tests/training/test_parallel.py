"""Several processes train what one does: losses, codes, shards, resume on another number."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lapa.models.policy import LatentPolicy
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel
from lapa.training.records import read_metrics
from tests.training import pair

# steps of the quantizer before its codes are settled
SETTLED = 5


def start(script: list[str], root: Path, count: int = 2) -> list[subprocess.Popen]:
    """`count` processes that know of each other, as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    env |= {"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    env |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            [sys.executable, *script], cwd=root, text=True, stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**env, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(count)
    ]  # fmt: skip


# what needs both: three processes that import torch
together = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory, root: Path) -> Path:
    """Where one process and two have done the same."""
    folder = tmp_path_factory.mktemp("pair")
    pair.inputs(folder)
    pair.policy(folder, folder / "one" / "begun", steps=3, save_every=3)
    both = start([str(Path(pair.__file__)), str(folder)], root)
    pair.quantizer(folder, folder / "one" / "quantizer")
    pair.policy(folder, folder / "one" / "policy", steps=6, evaluate_every=3)
    pair.policy(folder, folder / "one" / "muon", steps=6, optimizer="muon")
    pair.policy(folder, folder / "one" / "head", steps=6, head_first=0.5, accumulate=2)
    for process in both:
        _, errors = process.communicate(timeout=500)
        assert process.returncode == 0, errors
    pair.policy(folder, folder / "two" / "begun", steps=6, resume=True)
    return folder


def column(folder: Path, run: str, name: str = "loss", event: str = "step") -> list[float]:
    return [record[name] for record in read_metrics(folder / run, event)]


def same(
    folder: Path, run: str, other: str, names: list[str], *, steps: int | None = None, **how
) -> None:
    for name in names:
        expected = column(folder, f"one/{other}", name, **how)[:steps]
        assert len(expected) > 1
        found = column(folder, run, name, **how)[:steps]
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5), name


@together
def test_losses_and_codes_of_a_quantizer(folder: Path) -> None:
    names = ["loss", "gradient_norm", "normalised", "ratio", "codes_used", "perplexity"]
    same(folder, "two/quantizer", "quantizer", names, steps=SETTLED)
    same(folder, "two/quantizer", "quantizer", ["normalised", "ratio"])
    replaced = [
        [r.get("codes_replaced", 0) for r in read_metrics(folder / each / "quantizer")]
        for each in ("one", "two")
    ]
    assert replaced[0] == replaced[1] and sum(replaced[0]) > 0
    settled = [
        [(r["adversarial"], r["discriminator"], r["feature"])
         for r in read_metrics(folder / each / "quantizer") if "adversarial" in r]
        for each in ("one", "two")
    ]  # fmt: skip
    assert len(settled[0]) == 3
    # the first step of the discriminator is g / |g|: where g is 0 but for rounding, it is ±1
    for (objects, *one), (other, *two) in zip(*settled, strict=True):
        assert two == pytest.approx(one, rel=1e-3) and other == pytest.approx(objects, abs=0.01)


@together
def test_the_discriminator_learns_from_all_pairs(folder: Path) -> None:
    whole = pair.discriminator()
    for rank in (0, 1):
        mine = json.loads((folder / f"discriminator-{rank}.json").read_text())
        for name, each in whole.items():
            rounding = 1e-5 * max(map(abs, each))
            assert mine[name] == pytest.approx(each, rel=1e-4, abs=rounding), name


@together
def test_both_processes_end_with_the_same_quantizer(folder: Path) -> None:
    first, second = (json.loads((folder / f"told-{n}.json").read_text()) for n in (0, 1))
    assert first == second and first["count"] == 2
    # a step's 16 pairs, two positions a pair, whoever had them
    assert first["seen"] == 16 * 2


@together
@pytest.mark.parametrize("name", ["policy", "muon", "head"])
def test_losses_of_a_policy_in_shards(folder: Path, name: str) -> None:
    same(folder, f"two/{name}", name, ["loss", "accuracy", "gradient_norm"])


@together
def test_a_policy_in_shards_is_measured_and_exported_whole(folder: Path) -> None:
    same(folder, "two/policy", "policy", ["held_out"], event="evaluated")
    one, two = (
        LatentPolicy.from_pretrained(folder / n / "policy" / "model") for n in ("one", "two")
    )
    theirs = two.model.state_dict()
    for name, value in one.model.state_dict().items():
        assert theirs[name].shape == value.shape
        assert (theirs[name] - value).abs().max() < 1e-4


@together
def test_two_go_on_where_one_stopped_and_one_where_two_did(folder: Path) -> None:
    for run in ("one/begun", "two/begun"):
        same(folder, run, "policy", ["loss"])
    shares = folder / "two" / "policy" / "checkpoints" / "step-00000003" / "shards"
    assert {file.suffix for file in shares.iterdir()} == {".safetensors"}
    assert len(list(shares.iterdir())) == 2


def test_gradient_checkpointing_keeps_less_and_gives_the_same_gradients() -> None:
    torch.manual_seed(0)
    config = VisionLanguageConfig(
        dim=32, layers=3, heads=2, hidden=64, text=20, vision=20, latent=8, longest=16
    )
    models = [VisionLanguageModel(config).train()]
    models.append(copy.deepcopy(models[0]))
    models[1].checkpoint_gradients()
    tokens = torch.arange(12).reshape(1, 12) % 8
    kept = []
    for model in models:
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, sizes=sizes: sizes.append(t.nbytes) or t, lambda t: t
        ):
            out = model(tokens, torch.zeros_like(tokens), heads=("latent",))["latent"]
        out.square().mean().backward()
        kept.append(sum(sizes))
    assert kept[1] < 0.5 * kept[0]
    gradients = [{n: p.grad for n, p in m.named_parameters() if p.grad is not None} for m in models]
    assert gradients[0].keys() == gradients[1].keys() and len(gradients[0]) > 20
    for name, gradient in gradients[0].items():
        assert torch.equal(gradients[1][name], gradient), name


@together
def test_what_is_drawn_for_a_row_is_what_one_process_draws(folder: Path) -> None:
    whole = pair.draws()
    for rank in (0, 1):
        mine = json.loads((folder / f"draws-{rank}.json").read_text())
        for name, each in whole.items():
            assert mine[name] == each[rank::2], name
