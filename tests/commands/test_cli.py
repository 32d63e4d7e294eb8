"""The command line: help, what it makes, and one sentence for every mistake of the user."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lapa.__main__ import main
from lapa.commands.console import checkpoint_folder
from lapa.presets.quantizers import PRESETS, debug, preset
from lapa.training.toy import make_toy_videos

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    return make_toy_videos(tmp_path_factory.mktemp("toy"), episodes=10, frames=8)


@pytest.fixture
def few(tmp_path) -> Path:
    return make_toy_videos(tmp_path / "few", episodes=2, frames=8)


@pytest.fixture
def short(monkeypatch):
    """The debug preset, cut to a few steps."""

    def quick(steps: int = 4):
        config = debug(steps=steps)
        return replace(config, loop=replace(config.loop, save_every=2, evaluate_every=4))

    monkeypatch.setitem(PRESETS, "debug", quick)


def stopped(capsys, *words: object) -> str:
    """The one sentence that a wrong command ends with."""
    assert main([str(word) for word in words]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith(f"lapa {words[0]}: ") and "Traceback" not in error
    return error


@pytest.mark.parametrize("words", [[], ["prepare"], ["quantize"], ["checkup"]])
def test_help(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m lapa" in capsys.readouterr().out


def test_help_needs_no_torch():
    check = "import sys, lapa.__main__ as m; m.overview(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_import_lapa_is_cheap_and_names_resolve():
    check = "import sys, lapa; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
    import lapa

    assert all(callable(getattr(lapa, name)) for name in lapa.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lapa.nothing  # noqa: B018


def test_quantize_takes_a_gap(tmp_path, capsys):
    from lapa.__main__ import options_of
    from lapa.commands.quantize import config_of

    options = options_of(["quantize", "--preset", "debug", "--gap", "0.7", "--out", str(tmp_path)])
    config = config_of(options)
    assert (config.model.gap_seconds, config.gap_seconds) == (0.7, None)
    assert "--keep-codes keeps them" in stopped(
        capsys, "quantize", "--gap", 0.7, "--keep-codes", "--start-from", "x", "--out", tmp_path
    )


def test_prepare_builds_a_cache_and_says_what_it_holds(capsys, video, tmp_path):
    assert main(["prepare", str(video), "--out", str(tmp_path / "c"), "--size", "32"]) == 0
    assert "20 episodes, 160 frames" in capsys.readouterr().out
    assert (tmp_path / "c" / "frames.u8").stat().st_size == 160 * 32 * 32 * 3


def test_broken_video_is_named_and_the_rest_is_prepared(capsys, few, tmp_path):
    broken = few / "toy" / "toy-disc-slide-00001.mp4"
    broken.write_bytes(b"this is no video")
    assert main(["prepare", str(few), "--out", str(tmp_path / "c"), "--size", "32"]) == 0
    out, err = capsys.readouterr()
    assert "3 episodes, 24 frames" in out
    assert "toy-disc-slide-00001" in err and "1 skipped" in err


def test_quantize_then_checkup_on_own_video(capsys, short, video, tmp_path):
    run, cache = tmp_path / "run", tmp_path / "cache"
    words = ["--data", str(video), "--cache", str(cache)]
    assert main(["quantize", "--preset", "debug", "--out", str(run), *words, "--every", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("4/4 finished") and "1/4 step" in err and "evaluated" in err
    assert main(["checkup", str(run), *words, "--split", "all", "--drift-steps", "2"]) == 0
    assert "toy-square" in capsys.readouterr().out


def test_video_without_held_out_episodes_trains_and_says_so(capsys, short, few, tmp_path):
    words = ["--out", tmp_path / "run", "--data", few, "--cache", tmp_path / "cache"]
    assert main(["quantize", "--preset", "debug", *map(str, words)]) == 0
    err = capsys.readouterr().err
    assert "No episode is held out" in err and "evaluated\n" not in err
    words = ["checkup", tmp_path / "run", "--data", tmp_path / "cache", "--drift-steps", "2"]
    assert main([str(word) for word in words]) == 0
    assert "all of them were measured" in capsys.readouterr().out
    assert "no frame pair" in stopped(capsys, *words, "--split", "holdout").lower()


def test_second_run_in_a_folder_is_refused_and_other_settings_too(capsys, short, video, tmp_path):
    words = ["--preset", "debug", "--out", tmp_path / "run", "--data", video]
    words += ["--cache", tmp_path / "cache"]
    assert main(["quantize", *map(str, words)]) == 0
    capsys.readouterr()
    assert "already holds a run" in last_line(stopped(capsys, "quantize", *words))
    error = stopped(capsys, "quantize", *words, "--resume", "--seed", "3")
    assert "loop.seed: 0 there, 3 here" in error


def test_a_run_is_prolonged_and_keeps_its_settings(capsys, short, video, tmp_path):
    words = ["--preset", "debug", "--out", str(tmp_path / "run"), "--data", str(video)]
    words += ["--cache", str(tmp_path / "cache"), "--every", "1"]
    assert main(["quantize", *words, "--steps", "4"]) == 0
    begun = json.loads((tmp_path / "run" / "run.json").read_text())
    capsys.readouterr()
    assert main(["quantize", *words, "--resume"]) == 0  # nothing is left to do
    assert not re.search(r"^5/", capsys.readouterr().err, re.M)
    assert main(["quantize", *words, "--steps", "6", "--resume"]) == 0
    assert (tmp_path / "run" / "checkpoints" / "step-00000006").is_dir()
    now = json.loads((tmp_path / "run" / "run.json").read_text())
    assert now["loop"].pop("steps") == 6 and begun["loop"].pop("steps") == 4 and now == begun
    capsys.readouterr()
    error = stopped(capsys, "quantize", *words, "--steps", "5", "--resume")
    assert "loop.steps: 6 there, 5 here" in error


def test_what_the_system_refuses_is_one_sentence(capsys, few, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    error = stopped(capsys, "prepare", few, "--out", tmp_path / "file", "--size", "32")
    assert error.endswith("file is a file, or lies in one, where a folder is needed")
    error = stopped(capsys, "prepare", few, "--out", tmp_path / "file" / "in", "--size", "32")
    assert error.endswith("is a file, or lies in one, where a folder is needed")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("lapa.data.manifest.episode_line", full)
    error = stopped(capsys, "prepare", few, "--out", tmp_path / "c", "--size", "32")
    assert last_line(error) == "lapa prepare: the disk is full"
    assert (tmp_path / "c" / "frames.u8").stat().st_size == 0


def test_a_terminal_without_the_characters_loses_no_figure(few, tmp_path, monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
    assert main(["prepare", str(few), "--out", str(tmp_path / "Δ█"), "--size", "32"]) == 0
    sys.stdout.flush()
    assert b"4 episodes, 32 frames" in printed.getvalue()


def last_line(text: str) -> str:
    return text.splitlines()[-1]


def test_collapse_ends_the_run_with_advice(capsys, monkeypatch, video, tmp_path):
    def doomed(steps: int = 40):
        config = debug(steps=steps)
        care = replace(
            config.codebook, minimum_perplexity=9.0, grace=10, patience=5, replace_every=0
        )
        return replace(config, codebook=care, loop=replace(config.loop, save_every=4))

    monkeypatch.setitem(PRESETS, "debug", doomed)
    words = ["--out", tmp_path / "run", "--data", video, "--cache", tmp_path / "cache"]
    assert main(["quantize", "--preset", "debug", *map(str, words)]) == 1
    error = last_line(capsys.readouterr().err)
    assert "Codebook collapse at step 11" in error and "Re-seed unused codes" in error
    assert "Last checkpoint:" in error and "step-00000008" in error
    assert (tmp_path / "run" / "checkpoints" / "step-00000008" / "state.json").exists()


def test_mistakes_end_in_one_sentence(capsys, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no preset 'paper'" in stopped(capsys, "quantize", "--preset", "paper")
    assert "nowhere" in stopped(capsys, "prepare", tmp_path / "nowhere")
    assert "holds no clips" in stopped(capsys, "prepare", empty)
    assert "config.json" in stopped(capsys, "checkup", empty)
    assert "nowhere" in stopped(capsys, "checkup", tmp_path / "nowhere")
    error = stopped(capsys, "quantize", "--preset", "debug", "--track", "csv", "--out", tmp_path)
    assert "no tracker 'csv'" in error
    assert "steps must be at least 1" in stopped(
        capsys, "quantize", "--preset", "debug", "--steps", "0"
    )


def test_write_needs_a_folder(capsys, tmp_path):
    file = tmp_path / "laq.pt"
    torch.save({}, file)
    assert "--write needs a checkpoint folder" in stopped(capsys, "checkup", file, "--write")


def test_unknown_command_exits_with_two(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_checkpoint_folder_of_a_run_is_its_model(tmp_path):
    assert checkpoint_folder(tmp_path) == tmp_path
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    assert checkpoint_folder(tmp_path) == tmp_path / "model"


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_are_complete_and_take_steps(name):
    config = preset(name, steps=123)
    assert config.loop.steps == 123
    assert preset(name) == PRESETS[name]()


def test_official_preset_is_the_papers_recipe():
    config = preset("official")
    assert (config.model.image_size, config.model.code_length, config.model.codebook_size) == (
        256,
        4,
        8,
    )
    assert config.model.gap_seconds == 0.6 and config.loop.learning_rate == 1e-4
    assert config.loop.rate_at(1) == config.loop.rate_at(100_000) == 1e-4
    assert (config.loss.mse, config.loss.motion, config.loss.edge) == (1.0, 0.0, 0.0)


def test_codes_are_kept_of_a_checkpoint_that_is_named(capsys, tmp_path):
    words = ("quantize", "--preset", "debug", "--keep-codes", "--out", tmp_path / "run")
    assert stopped(capsys, *words).endswith("name it with --start-from")
