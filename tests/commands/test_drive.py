"""`python -m lapa drive`: what it writes beside a checkpoint, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lapa.__main__ import main
from lapa.imagine import load_grounds
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.toy import make_toy_videos


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}
    config = explorer_config(
        **sizes, stem_widths=(8,), decoder_depth=1, temporal_depth=1, code_length=2, gap_seconds=0.3
    )
    folder = tmp_path_factory.mktemp("checkpoints") / "mine"
    LatentActionQuantizer(config).save_pretrained(folder)
    return folder


def test_keys_names_and_ground_lie_beside_the_checkpoint(
    checkpoint, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    toy = make_toy_videos(tmp_path / "toy", episodes=4, frames=12)
    words = ["drive", str(checkpoint), "--data", str(toy), "--pairs", "20"]
    assert main(words) == 0
    told = json.loads((checkpoint / "keys.json").read_text())
    assert told["command"].startswith("python -m lapa drive")
    grounds = load_grounds(checkpoint / "ground.npz")
    assert set(grounds) == set(told["embodiments"]) and len(grounds) >= 1
    for own in told["embodiments"].values():
        assert all(len(key["codes"]) == 2 and key["pairs"] >= 3 for key in own.values())
    named = json.loads((checkpoint / "names.json").read_text())
    assert named["command"] == told["command"]
    assert set(named["embodiments"]) == {"", *told["embodiments"]}
    for own in named["embodiments"].values():
        assert [len(position) for position in own["codes"]] == [8, 8]
        # every pair has one code at each position
        assert len({sum(name["pairs"] for name in position) for position in own["codes"]}) == 1
    out = capsys.readouterr().out
    assert "keys.json" in out and "names.json" in out and "of 16 codes have a name" in out


def test_what_cannot_be_done_is_said(checkpoint, tmp_path, capsys) -> None:
    assert main(["drive", str(checkpoint), "--data", str(tmp_path), "--pairs", "0"]) == 2
    assert "--pairs is 0" in capsys.readouterr().err
    assert main(["drive", str(tmp_path / "none.pt"), "--data", str(tmp_path)]) == 2
    assert "no folder to write into" in capsys.readouterr().err
