"""Training on several GPUs from the command line: dry runs, and one sentence for every mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lapa.__main__ import main
from lapa.models.policy import LatentPolicy
from lapa.models.quantizer import LatentActionQuantizer
from lapa.presets.policies import policies
from lapa.presets.quantizers import debug, preset
from lapa.training.plan import plan_policy, plan_quantizer


def stopped(capsys, *words: object) -> str:
    """The one sentence that a wrong command ends with."""
    assert main([str(word) for word in words]) == 2
    error = capsys.readouterr().err.strip()
    assert "\n" not in error and error.startswith(f"lapa {words[0]}: ")
    return error


def test_presets_have_the_papers_sizes() -> None:
    assert [preset(name).model.gap_seconds for name in ("openx", "bridge", "sthv2")] == [
        0.6, 0.6, 2.4,
    ]  # fmt: skip
    for name in ("openx", "bridge", "sthv2"):
        config, run = preset(name), policies(name).pretrain
        assert (config.loop.steps, config.loop.batch_size) == (100_005, 64)
        assert (config.model.code_length, config.model.codebook_size) == (4, 8)
        assert (run.dim, run.layers, run.heads, run.hidden) == (4096, 32, 32, 11008)
        assert (run.loop.steps, run.loop.batch_size, run.loop.learning_rate) == (70_000, 256, 2e-5)
        assert policies(name).finetune.loop.batch_size == 128


def test_a_plan_counts_the_network(tmp_path) -> None:
    config = debug()
    parameters = sum(p.numel() for p in LatentActionQuantizer(config.model).parameters())
    one, two, four = (plan_quantizer(config, count) for count in (1, 2, 4))
    assert one.parameters == four.parameters == parameters
    assert one.memory["weights"] == four.memory["weights"] == 4 * parameters
    assert one.memory["optimiser"] == 2 * one.memory["gradients"]
    # a row costs the same everywhere; what is kept of weights in bfloat16 has no rows
    saved = one.activations - two.activations, two.activations - four.activations
    assert saved[0] == pytest.approx(2 * saved[1], rel=0.01) and saved[1] > 0
    assert one.rate(1.0) == pytest.approx(1e12 / one.operations)
    assert one.days(100.0) == pytest.approx(240 * 16 / 100 / 86_400)
    with pytest.raises(ValueError, match="3 processes cannot share a batch of 16 pairs"):
        plan_quantizer(config, 3)


def test_shares_and_checkpointing_save_memory(root) -> None:
    start = root / "assets" / "checkpoints" / "tabletop-policy"
    run = policies("debug").pretrain
    whole, shares = (plan_policy(run, count, start=start) for count in (1, 4))
    real = sum(p.numel() for p in LatentPolicy.from_pretrained(start).model.parameters())
    assert whole.parameters == real
    assert shares.memory["weights"] == whole.memory["weights"] // 4
    assert whole.gathered == 0 < shares.gathered < 4 * real
    again = plan_policy(
        replace(run, loop=replace(run.loop, gradient_checkpointing=True)), 1, start=start
    )
    assert again.activations < 0.6 * whole.activations
    assert whole.operations < again.operations < 4 / 3 * whole.operations


def test_a_dry_run_says_what_it_would_take(capsys) -> None:
    words = ["quantize", "--preset", "openx", "--dry-run", "--nproc", "8", "--rate", "100"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "343.8 million parameters" in told and "8 processes: each holds all of it" in told
    assert "64 pairs; 8 pairs a process" in told
    # 100,005 steps of 64 pairs at 100 a second
    assert "100.0 pairs a second, as stated" in told and "0.741 days" in told


def test_mistakes_get_a_sentence(capsys, monkeypatch, tmp_path) -> None:
    alone = stopped(capsys, "quantize", "--preset", "debug", "--nproc", 4, "--out", tmp_path)
    assert "torchrun --standalone --nproc-per-node 4 -m lapa quantize …" in alone
    assert "--rate is -1" in stopped(capsys, "quantize", "--dry-run", "--rate", -1)
    uneven = stopped(capsys, "quantize", "--preset", "debug", "--dry-run", "--nproc", 5)
    assert "5 processes cannot share a batch of 16 pairs equally" in uneven
    monkeypatch.setenv("WORLD_SIZE", "2")
    other = stopped(capsys, "quantize", "--preset", "debug", "--nproc", 4, "--out", tmp_path)
    assert "--processes is 4, and the launcher started 2" in other
    monkeypatch.delenv("WORLD_SIZE")
    assert "is for pretrain and finetune" in stopped(capsys, "tokenize", "--preset", "openx")
