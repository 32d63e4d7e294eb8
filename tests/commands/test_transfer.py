"""`python -m lapa transfer`: what it writes beside a checkpoint, and what it refuses."""

from __future__ import annotations

import json

from lapa.__main__ import main
from lapa.training.toy import make_toy_videos
from lapa.transfer.pairs import load_pairs
from tests.commands.test_drive import checkpoint

__all__ = ["checkpoint"]


def test_matrix_and_pairs_lie_beside_the_checkpoint(
    checkpoint, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    toy = make_toy_videos(tmp_path / "toy", episodes=4, frames=12)
    assert main(["transfer", str(checkpoint), "--data", str(toy), "--pairs", "2"]) == 0
    told = json.loads((checkpoint / "transfer.json").read_text())
    assert told["command"].startswith("python -m lapa transfer")
    for cell in told["cells"]:
        assert {cell["from"], cell["to"]} <= set(told["embodiments"]) and cell["pairs"] <= 2
        assert -1 <= cell["cosine"][0] <= 1 and cell["best"]
    known = load_pairs(checkpoint / "pairs.safetensors")
    assert len(known) > 0 and known.codes.shape[1] == 2 and len(known.clips) <= 8
    assert "transfer.json" in capsys.readouterr().out


def test_what_cannot_be_done_is_said(checkpoint, tmp_path, capsys) -> None:
    assert main(["transfer", str(checkpoint), "--data", str(tmp_path), "--pairs", "0"]) == 2
    assert "--pairs is 0" in capsys.readouterr().err
    assert main(["transfer", str(tmp_path / "none.pt"), "--data", str(tmp_path)]) == 2
    assert "no folder to write into" in capsys.readouterr().err
