"""Processes as torchrun starts them, and what happens to the others when one dies."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lapa.__main__ import main
from lapa.models.policy import LatentPolicy
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.records import read_metrics
from tests.training.test_parallel import start

DIES = """
import os, sys
from pathlib import Path
from tests.training import pair
from lapa.training import loop, parallel

step = loop._Run.advance

def advance(self):
    if self.step == 2 and parallel.processes().process_index == 1:
        os._exit(9)
    return step(self)

loop._Run.advance = advance
from lapa.__main__ import main
folder = Path(sys.argv[1])
places = {"--data": "toy", "--cache": "cache", "--out": "run"}
words = [word for option, name in places.items() for word in (option, str(folder / name))]
sys.exit(main(["quantize", "--preset", "debug", *words]))
"""


def torchrun(root: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Two processes of a command, that end well."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "lapa", *map(str, words), "--every", "1"],
        cwd=root,
        env={"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_torchrun_trains_every_stage_and_says_things_once(tmp_path: Path, root: Path) -> None:
    run, labels, policy = tmp_path / "run", tmp_path / "labels", tmp_path / "policy"
    short = ["--preset", "debug", "--data", run / "cache"]
    done = torchrun(root, "quantize", "--preset", "debug", "--steps", 6, "--out", run)
    assert done.stdout.count("finished") == 1 and done.stderr.count("3/6 step") == 1
    assert [r["step"] for r in read_metrics(run)] == list(range(1, 7))
    assert LatentActionQuantizer.from_pretrained(run / "model").config.code_length == 2
    alone(["label", run, "--data", run / "cache", "--out", labels])
    alone(["tokenize", *short, "--steps", 2, "--out", tmp_path / "tokenizer"])
    words = [*short, "--labels", labels, "--tokenizer", tmp_path / "tokenizer", "--out", policy]
    done = torchrun(root, "pretrain", *words, "--steps", 4)
    assert done.stdout.count("finished") == 1
    alone(["pretrain", *words, "--steps", 6, "--resume"])
    assert [r["step"] for r in read_metrics(policy)] == list(range(1, 7))
    torchrun(root, "finetune", policy, *short, "--bins", 8, "--steps", 2, "--out", tmp_path / "act")
    assert LatentPolicy.from_pretrained(tmp_path / "act" / "model").bins is not None


def alone(words: list[object]) -> None:
    assert main([str(word) for word in words]) == 0


@pytest.mark.slow
def test_when_a_process_dies_the_other_ends_with_a_sentence(tmp_path: Path, root: Path) -> None:
    from tests.training import pair

    pair.inputs(tmp_path)
    (tmp_path / "dies.py").write_text(DIES)
    first, second = start([str(tmp_path / "dies.py"), str(tmp_path)], root)
    assert second.wait(timeout=400) == 9
    died = time.monotonic()
    _, errors = first.communicate(timeout=60)
    assert first.returncode == 2 and time.monotonic() - died < 60
    assert "lapa quantize: process 0 of 2 waited for another one that ended" in errors
    assert "Traceback" not in errors
