"""Labels and embeddings by a local Ray of two workers are those of one process, byte for byte, and
a worker that is killed in the middle changes nothing.

Needs Ray, which is not among the requirements: RAY_PYTHON names a Python that has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from lapa.data import Report
from lapa.data.manifest import (
    ACTIONS,
    FILE,
    FRAMES,
    CachedEpisode,
    episode_line,
    header_line,
    report_line,
)
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer

RAY_PYTHON = os.environ.get("RAY_PYTHON", "")
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RAY_PYTHON, reason="RAY_PYTHON names no Python with Ray"),
]
EPISODES, LENGTH, SIDE = 512, 24, 32


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    sizes = {"image_size": SIDE, "patch_size": 8, "dim": 32, "heads": 2, "dim_head": 16}
    config = explorer_config(
        **sizes, stem_widths=(8,), decoder_depth=1, temporal_depth=2, code_length=2, gap_seconds=0.3
    )
    folder = tmp_path_factory.mktemp("checkpoints") / "mine"
    LatentActionQuantizer(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """Sixteen parts of labels, of noise."""
    folder = tmp_path_factory.mktemp("cache")
    shape = (EPISODES * LENGTH, SIDE, SIDE, 3)
    frames = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    (folder / FRAMES).write_bytes(frames.tobytes())
    (folder / ACTIONS).write_bytes(b"")
    lines = [header_line(SIDE, None)]
    for number in range(EPISODES):
        told = {"source": "noise", "embodiment": "arm", "fps": 10.0, "split": "train"}
        size = {"height": SIDE, "width": SIDE, "start": number * LENGTH, "length": LENGTH}
        own = {"id": f"clip-{number:03d}", "digest": f"{number}", "action_start": 0}
        lines.append(episode_line(CachedEpisode(**told, **size, **own, action_dim=0)))
    (folder / FILE).write_text("".join([*lines, report_line(Report(EPISODES))]))
    return folder


def lapa(python: str, *words: object) -> subprocess.Popen[str]:
    """A command of the library."""
    return started(python, "-m", "lapa", *words)


def started(python: str, *words: object) -> subprocess.Popen[str]:
    """A program in a process of its own, with one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    return subprocess.Popen(
        [python, *map(str, words)],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=900)
    assert process.returncode == 0, error
    return out


def parts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*.parquet"))}


def actors(process: subprocess.Popen[str]) -> Iterator[psutil.Process]:
    """The workers that hold a quantizer, of the Ray that a command has started."""
    for own in psutil.Process(process.pid).children(recursive=True):
        try:
            if any("MapWorker" in word for word in own.cmdline()):
                yield own
        except psutil.Error:
            continue


@pytest.fixture(scope="module")
def whole(checkpoint, cache, tmp_path_factory) -> dict[str, bytes]:
    """The labels of one process."""
    folder = tmp_path_factory.mktemp("labels")
    ended(lapa(sys.executable, "label", checkpoint, "--data", cache, "--out", folder))
    assert len(parts(folder)) == EPISODES // 32
    return parts(folder)


def test_labels_are_the_same_though_a_worker_is_killed(checkpoint, cache, whole, tmp_path) -> None:
    words = ("label", checkpoint, "--data", cache, "--out", tmp_path, "--ray", "local")
    process = lapa(RAY_PYTHON, *words)
    while process.poll() is None and not parts(tmp_path):
        time.sleep(0.02)
    victims = list(actors(process))
    there = len(parts(tmp_path))
    assert len(victims) == 2 and there < len(whole), "it was over before anybody was killed"
    victims[0].kill()
    assert f"{EPISODES} episodes" in ended(process)
    assert parts(tmp_path) == whole
    assert '"complete": true' in (tmp_path / "labels.json").read_text()


def test_a_worker_that_is_killed_twice_is_started_again(tmp_path) -> None:
    """Without a model, so that each part takes as long as it is meant to."""
    words = ["-m", "tests.scale.toy"]
    subprocess.run([sys.executable, *words, str(tmp_path / "one")], cwd=ROOT, check=True)
    process = started(RAY_PYTHON, *words, tmp_path / "two", "local")
    for wanted in (1, 4):
        while process.poll() is None and len(parts(tmp_path / "two")) < wanted:
            time.sleep(0.02)
        victims = list(actors(process))
        assert victims and len(parts(tmp_path / "two")) < 12
        victims[0].kill()
    # Ray tells of the killed ones where it likes, at the end, too
    assert any(line.startswith("24 24") for line in ended(process).splitlines())
    assert parts(tmp_path / "two") == parts(tmp_path / "one") and len(parts(tmp_path / "one")) == 12


def test_parts_of_an_atlas_are_the_same(checkpoint, cache, tmp_path) -> None:
    words = ("atlas", checkpoint, "--data", cache, "--shard", "1/4", "--workers", "1")
    ended(lapa(sys.executable, *words, "--out", tmp_path / "one"))
    ended(lapa(RAY_PYTHON, *words, "--out", tmp_path / "two", "--ray", "local"))
    one = parts(tmp_path / "one" / "parts")
    assert len(one) == EPISODES // 16 // 4 and parts(tmp_path / "two" / "parts") == one


def test_no_cluster_is_said_in_one_sentence(checkpoint, cache, tmp_path) -> None:
    words = ("label", checkpoint, "--data", cache, "--out", tmp_path, "--ray", "127.0.0.1:9")
    process = lapa(RAY_PYTHON, *words)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "lapa label: there is no Ray cluster at '127.0.0.1:9'" in error.splitlines()[-1]
