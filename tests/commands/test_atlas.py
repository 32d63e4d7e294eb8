"""`python -m lapa atlas`: from video to a map on disk, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.atlas import read_atlas
from lapa.commands.atlas import episodes_of, lines, measured
from lapa.data import Cache
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.toy import make_toy_videos
from tests.atlas.test_atlas import points as points_of
from tests.data.tfrecords import steps, write_set


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


def test_the_episodes_of_a_split_come_from_video_and_from_its_cache(tmp_path) -> None:
    toy = make_toy_videos(tmp_path / "toy", episodes=10, frames=6)
    Cache.build(toy, tmp_path / "cache", 32)
    for data in (toy, tmp_path / "cache"):
        held = episodes_of(data, "holdout")
        assert [each.id[-5:] for each in held] == ["00009", "00009"]
        assert len(episodes_of(data, None)) == 20
        assert len(held[0].frames) == 6


@pytest.mark.parametrize("option", ["--thin", "--workers"])
def test_what_cannot_be_done_is_said(checkpoint, tmp_path, capsys, option) -> None:
    assert main(["atlas", str(checkpoint), "--data", str(tmp_path), option, "0"]) == 2
    assert f"{option} is 0" in capsys.readouterr().err


def test_too_few_pairs_for_a_map_are_told_before_it_is_drawn(
    checkpoint, tmp_path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr("lapa.commands.atlas.projections", None)
    toy = make_toy_videos(tmp_path / "toy", episodes=1, frames=6)
    words = ["--data", str(toy), "--out", str(tmp_path / "atlas"), "--workers", "1"]
    assert main(["atlas", str(checkpoint), *words]) == 2
    error = capsys.readouterr().err
    assert "frame pairs; a map of 15 neighbours needs more of them" in error


def test_a_clip_that_is_broken_inside_costs_no_other(checkpoint, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lapa.commands.atlas.projections", None)
    broken = steps(9, 1)
    broken["steps/observation/image"][4] = b"no picture"
    write_set(tmp_path / "set", {"train": [broken, steps(9, 2)]})
    words = ["--data", str(tmp_path / "set"), "--out", str(tmp_path / "atlas"), "--workers", "1"]
    assert main(["atlas", str(checkpoint), *words]) == 2
    error = capsys.readouterr().err
    assert "skipped viola/train-00000/0: steps/observation/image holds no picture" in error
    assert "these clips give 2 frame pairs" in error


def test_of_one_clip_the_neighbours_from_others_are_unknown() -> None:
    rng = np.random.default_rng(0)
    one = replace(points_of(20), clip=np.array(["a"] * 20))
    told = measured(one, {"pca2": rng.normal(size=(20, 2)).astype(np.float32)}, 8, 0)["quality"]
    assert set(told["latents"].values()) == set(told["chance"].values()) == {None}
    assert 0 <= told["pca2"].pop("trustworthiness") <= 1 and set(told["pca2"].values()) == {None}
    assert lines({"quality": told})[0].startswith("chance   embodiment unknown, ")
