"""`python -m lapa checkup`: what it prints, keeps and refuses, on every kind of clips."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lapa.__main__ import main
from lapa.checkup import keys
from lapa.data import read_episodes
from lapa.models.config import LAQConfig, explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.official.laq import to_official
from lapa.training.toy import make_toy_videos

SMALL = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}


def saved(folder: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    config = explorer_config(
        **SMALL, stem_widths=(8,), decoder_depth=1, temporal_depth=1, code_length=2, gap_seconds=0.3
    )
    LatentActionQuantizer(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return saved(tmp_path_factory.mktemp("checkpoints") / "mine", 0)


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Path:
    """Twenty episodes of two embodiments in the robots format; one in ten is held out."""
    return make_toy_videos(tmp_path_factory.mktemp("toy"), episodes=10, frames=12)


@pytest.fixture(scope="module")
def videos(toy, tmp_path_factory) -> Path:
    """Two plain videos, nothing said about them."""
    folder = tmp_path_factory.mktemp("plain") / "phone"
    folder.mkdir()
    for number, video in enumerate(sorted(toy.rglob("*.mp4"))[:2]):
        shutil.copy(video, folder / f"clip-{number}.mp4")
    return folder


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a checkup in an empty folder; returns (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        code = main(["checkup", *map(str, words), "--drift-steps", "2"])
        return code, *capsys.readouterr()

    return call


def test_it_prints_the_table_and_a_verdict_for_every_question(run, checkpoint, toy):
    code, out, err = run(checkpoint, "--data", toy)
    assert code == 0
    assert "toy-square" in out and "mean of embodiments" in out
    assert out.count("?\n") == 11 and "Closer-to-the-future ratio: " in out
    assert "preparing 20/20" in err and "frame pairs" in err and "measured in" in err
    assert "\r" not in err, "no moving lines where nobody watches"


def test_json_and_page_are_written(run, checkpoint, toy, tmp_path):
    assert run(checkpoint, "--data", toy, "--json", "out/r.json", "--html", "out/r.html")[0] == 0
    found = json.loads((tmp_path / "out" / "r.json").read_text())
    assert [each["key"] for each in found["findings"]] == list(keys())
    assert found["checkpoint"] == "mine" and "0.3 s apart" in found["data"]
    page = (tmp_path / "out" / "r.html").read_text()
    assert page.startswith("<!doctype html>") and "Checkup of mine" in page


def test_bars_that_hold_and_that_break(run, checkpoint, toy):
    code, _, err = run(checkpoint, "--data", toy, "--bar", "ratio<=1000", "--bar", "no_op>=0")
    assert code == 0 and "lapa checkup" not in err
    words = ("--bar", "no_op>=0", "--bar", "ratio<=0", "--bar", "leak < -99")
    code, _, err = run(checkpoint, "--data", toy, *words)
    told = [line for line in err.splitlines() if line.startswith("lapa checkup: ")]
    assert code == 1 and len(told) == 2
    assert "ratio <= 0 is broken: Closer-to-the-future ratio is " in told[0]


@pytest.mark.parametrize("bar", ["ratio", "ratoi<=1", "ratio<=x"])
def test_a_malformed_bar_is_told_before_anything_is_measured(run, bar):
    code, out, err = run("nowhere", "--bar", bar)
    assert code == 2 and not out
    assert err.startswith("lapa checkup: ") and err.count("\n") == 1 and bar.split("<")[0] in err


def test_files_that_cannot_be_written_are_told_before_anything_is_measured(
    run, checkpoint, toy, tmp_path, monkeypatch
):
    monkeypatch.setattr("lapa.commands.checkup.measure", None)
    code, _, err = run(checkpoint, "--data", toy, "--json", tmp_path)
    assert code == 2 and "is a folder where a file is needed" in err
    (tmp_path / "file").write_text("")
    code, _, err = run(checkpoint, "--data", toy, "--html", tmp_path / "file" / "page.html")
    assert code == 2 and "where a folder is needed" in err


def test_two_checkpoints_side_by_side(run, checkpoint, toy, tmp_path):
    other = saved(tmp_path / "other", 1)
    words = ("--against", other, "--html", "both.html", "--json", "both.json")
    code, out, _ = run(checkpoint, "--data", toy, *words)
    assert code == 0 and out.count("toy-square") >= 2
    (head,) = [line for line in out.splitlines() if line.split() == ["mine", "other"]]
    assert head
    assert "Checkup of mine and other" in (tmp_path / "both.html").read_text()
    found = json.loads((tmp_path / "both.json").read_text())
    assert [each["checkpoint"] for each in found] == ["mine", "other"]


def test_plain_videos_without_a_holdout_are_all_measured_and_it_says_so(run, checkpoint, videos):
    code, out, _ = run(checkpoint, "--data", videos)
    assert code == 0
    assert "No episode of these clips is held out" in out and "2 episodes" in out
    assert "do not carry a robot's actions" in out and "one embodiment only" in out


def test_one_video(run, checkpoint, videos):
    code, out, _ = run(checkpoint, "--data", videos / "clip-0.mp4")
    assert code == 0 and "1 episodes" not in out and "1 episode" in out


def test_frame_folders_need_fps(run, checkpoint, videos, tmp_path):
    episode = read_episodes(videos)[0][0]
    (tmp_path / "frames" / "clip").mkdir(parents=True)
    for number, frame in enumerate(episode.frames):
        Image.fromarray(np.asarray(frame)).save(tmp_path / "frames" / "clip" / f"{number}.png")
    code, _, err = run(checkpoint, "--data", tmp_path / "frames")
    assert code == 2 and "need fps" in err
    assert run(checkpoint, "--data", tmp_path / "frames", "--fps", 10)[0] == 0


def test_a_split_that_is_asked_for_is_not_replaced(run, checkpoint, videos):
    code, _, err = run(checkpoint, "--data", videos, "--split", "holdout")
    assert code == 2 and "There is no frame pair (split holdout)" in err


def test_the_true_gap_is_told_where_it_is_another(run, checkpoint, videos, tmp_path):
    [frames] = [read_episodes(videos)[0][0].frames]
    (tmp_path / "thinned" / "clip").mkdir(parents=True)
    for number, frame in enumerate(frames[::5]):
        Image.fromarray(frame).save(tmp_path / "thinned" / "clip" / f"{number}.png")
    code, out, err = run(checkpoint, "--data", tmp_path / "thinned", "--fps", 2)
    assert code == 0 and "frame pairs 0.5 s apart" in out
    assert "Frame pairs of 1 of 1 episodes are not 0.3 s apart as asked, but 0.5 s" in out
    assert "note: clip: its pairs are 0.5 s apart" in err


def test_training_clips_are_measured_with_a_warning(run, checkpoint, toy):
    code, out, _ = run(checkpoint, "--data", toy, "--split", "train", "--stride", 4)
    assert code == 0 and "flatter a quantizer" in out and "one frame in 4" in out


def test_an_official_file_and_the_results_under_a_name(run, videos, tmp_path):
    torch.manual_seed(0)
    sizes = {"dim": 32, "heads": 2, "dim_head": 16, "quant_dim": 8, "image_size": 64}
    depths = {"spatial_depth": 1, "temporal_depth": 1, "decoder_depth": 1}
    network = LatentActionQuantizer(LAQConfig(**sizes, **depths, patch_size=8))
    torch.save(to_official(network.state_dict()), tmp_path / "laq_openx.pt")
    words = ("--data", videos, "--results", "kept.json", "--gap", 0.3)
    code, _, err = run("laq_openx.pt", *words, "--write")
    assert code == 2 and "--write-results keeps its figures" in err
    code, out, _ = run("laq_openx.pt", *words, "--write-results", "--name", "official-recipe")
    assert code == 0 and out.startswith("official-recipe on phone")
    kept = json.loads((tmp_path / "kept.json").read_text())["official-recipe"]
    assert kept["findings"].keys() == set(keys()) and len(kept["findings"]["ratio"]) == 3
    assert kept["findings"]["transfer"] == [None, None, None]
    assert kept["command"].startswith("python -m lapa checkup laq_openx.pt --data")
    assert not (tmp_path / "README.md").exists()


def test_a_hostile_file_gets_one_sentence(run, videos, tmp_path):
    (tmp_path / "laq.pt").write_bytes(b"PK\x03\x04 no zip")
    code, _, err = run("laq.pt", "--data", videos)
    assert code == 2 and err.count("\n") == 1 and "cut short or damaged" in err


def test_write_updates_the_checkpoint_and_the_results(run, toy, tmp_path):
    folder = saved(tmp_path / "mine", 0)
    (folder / "README.md").write_text("# Mine\n\ntold by hand\n")
    code, _, _ = run(folder, "--data", toy, "--write", "--results", "kept.json")
    assert code == 0
    card = (folder / "README.md").read_text()
    assert card.startswith("# Mine\n\ntold by hand\n") and "python -m lapa checkup" in card
    assert json.loads((folder / "usage.json").read_text())["pairs"] > 0
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert list(kept) == ["mine"] and kept["mine"]["findings"]["ratio"][0] > 0


def test_too_long_a_dream_is_refused(capsys, checkpoint, videos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["checkup", str(checkpoint), "--data", str(videos), "--drift-steps", "99"]
    assert main(words) == 2
    assert "accepted are 1 to 32" in capsys.readouterr().err
