"""End to end through the command line: train, kill, resume, load, decode, evaluate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lapa.checkup.examine import headline
from lapa.data import Cache, FramePairs
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.records import read_metrics

ROOT = Path(__file__).resolve().parent.parent
# one thread: sums are then made in one order, and equality can be exact
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "lapa", *map(str, words)]


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(*words), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The debug preset, run whole."""
    folder = tmp_path_factory.mktemp("trained")
    done = run("quantize", "--preset", "debug", "--out", folder)
    assert done.returncode == 0, done.stderr
    assert "finished" in done.stdout
    return folder


@pytest.fixture(scope="module")
def quantizer(trained) -> LatentActionQuantizer:
    return LatentActionQuantizer.from_pretrained(trained / "model")


@pytest.fixture(scope="module")
def cache(trained) -> Cache:
    return Cache.open(trained / "cache")


def test_run_leaves_what_it_promises(trained):
    steps = read_metrics(trained)
    assert [r["step"] for r in steps] == list(range(1, 241))
    assert np.mean([r["loss"] for r in steps[-20:]]) < 0.8 * np.mean(
        [r["loss"] for r in steps[:20]]
    )
    assert (trained / "previews" / "step-00000240.png").exists()
    assert sorted(p.name for p in (trained / "model").iterdir()) == [
        "SHA256SUMS",
        "config.json",
        "model.safetensors",
    ]
    assert not list(trained.rglob("*.pt")) and not list(trained.rglob("*.pkl"))


def test_trained_quantizer_moves_the_right_way_on_held_out_episodes(quantizer, cache):
    held_out = FramePairs(cache, quantizer.config.gap_seconds, split="holdout")
    figures = headline(quantizer, held_out, stride=1)
    # ten runs of other seeds, with and without bfloat16 units: 0.15 to 0.42, 4.1 to 8.2 dB, 6 to 8
    assert figures["ratio"] < 0.7
    assert figures["delta_psnr"] > 2
    assert figures["codes_used"] >= 4


def test_evaluation_in_the_run_is_of_the_model_that_is_saved(trained, quantizer, cache):
    held_out = FramePairs(cache, quantizer.config.gap_seconds, split="holdout")
    last = read_metrics(trained, "evaluated")[-1]
    for name, value in headline(quantizer, held_out).items():
        assert last[name] == pytest.approx(value, abs=1e-6), name


def test_loaded_quantizer_encodes_decodes_and_sweeps(quantizer, cache):
    clip, config = cache.clip(0), quantizer.config
    codes = quantizer.encode(clip[0], clip[3])
    assert codes.shape == (config.code_length,)
    image = quantizer.decode(clip[0], codes)
    assert image.shape == clip[0].shape and image.dtype == np.uint8
    every = quantizer.sweep(clip[0], codes, position=1)
    assert len(every) == config.codebook_size and np.ptp(every.astype(int), axis=0).max() > 0


def test_checkup_prints_and_writes(trained, tmp_path):
    figures, results = tmp_path / "figures.json", tmp_path / "results.json"
    words = ["--data", trained / "cache", "--stride", 2, "--json", figures]
    done = run("checkup", trained, *words, "--write", "--results", results)
    assert done.returncode == 0, done.stderr
    assert "toy-disc" in done.stdout and "all pairs" in done.stdout
    usage = json.loads((trained / "model" / "usage.json").read_text())
    shares = [item["share"] for item in usage["overall"]["frequent"]]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1.001
    assert set(usage["embodiments"]) == {"toy-square", "toy-disc"}
    kept = json.loads(results.read_text())[trained.name]
    assert kept.pop("command").startswith("python -m lapa checkup")
    told = json.loads(figures.read_text())
    assert kept["pairs"] == told["pairs"] > 0
    values = {finding["key"]: finding["value"] for finding in told["findings"]}
    for key in ("ratio", "delta_psnr", "use", "leak", "no_op", "drift"):
        assert kept["findings"][key][0] == pytest.approx(values[key], rel=1e-4)
    assert "| all pairs |" in (trained / "model" / "README.md").read_text()
    for made in ("usage.json", "README.md"):
        (trained / "model" / made).unlink()


@pytest.mark.slow
def test_killed_run_resumes_with_the_same_losses(trained, tmp_path):
    words = ["quantize", "--preset", "debug", "--out", tmp_path]
    process = subprocess.Popen(
        command(*words), cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.DEVNULL
    )
    metrics = tmp_path / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if metrics.exists() and metrics.read_text().count("\n") >= 55:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"
    done = run(*words, "--resume")
    assert done.returncode == 0, done.stderr
    whole, resumed = read_metrics(trained), read_metrics(tmp_path)
    assert [r["loss"] for r in resumed] == [r["loss"] for r in whole]
    assert [r["perplexity_by_position"] for r in resumed] == [
        r["perplexity_by_position"] for r in whole
    ]
    weights = [f / "model" / "model.safetensors" for f in (trained, tmp_path)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
