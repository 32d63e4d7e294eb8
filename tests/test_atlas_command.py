"""`python -m lapa atlas`: from video to a map on disk, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.evaluation.atlas import read_atlas
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


@pytest.mark.slow
def test_from_video_to_a_map(checkpoint, tmp_path, capsys) -> None:
    toy = make_toy_videos(tmp_path / "toy", episodes=4, frames=16)
    out = tmp_path / "atlas"
    words = ["atlas", str(checkpoint), "--data", str(toy), "--out", str(out), "--neighbours", "5"]
    assert main(words) == 0
    atlas = read_atlas(out)
    assert atlas.about["model"] == "mine" and atlas.about["command"].startswith("python -m lapa")
    assert set(atlas.maps) == {"umap2", "umap3", "pca2", "pca3"}
    assert all(np.isfinite(own).all() and len(own) == len(atlas) for own in atlas.maps.values())
    # what is kept is what the quantizer says
    quantizer = LatentActionQuantizer.from_pretrained(checkpoint)
    assert atlas.points.codes.max() < quantizer.config.codebook_size
    assert (out / "thumbnails-00.webp").is_file()
    assert f"{len(atlas)} pairs of 8 episodes" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--thin", "--workers"])
def test_what_cannot_be_done_is_said(checkpoint, tmp_path, capsys, option) -> None:
    assert main(["atlas", str(checkpoint), "--data", str(tmp_path), option, "0"]) == 2
    assert f"{option} is 0" in capsys.readouterr().err
