"""`python -m lapa convert`: the official numbers from the official files, and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lapa.__main__ import main
from lapa.data.bins import read_bins
from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.official.laq import to_official
from lapa.official.records import deployed, read_stage2, write_stage2
from lapa.presets.quantizers import debug

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def official(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    """An official .pt file, written from the golden numbers, and those numbers."""
    numbers = dict(np.load(GOLDEN / "laq_a.npz"))
    weights = {
        name.removeprefix("weights/"): torch.from_numpy(value)
        for name, value in numbers.items()
        if name.startswith("weights/")
    }
    path = tmp_path_factory.mktemp("official") / "laq_a.pt"
    torch.save({f"module.{name}": value for name, value in weights.items()}, path)
    return path, numbers


def indices(model: LatentActionQuantizer, numbers: dict[str, np.ndarray]) -> np.ndarray:
    video = numbers["video_u8"].transpose(0, 2, 3, 4, 1)
    return model.encode(video[:, 0], video[:, 1])


def test_a_quantizer_becomes_a_folder_with_the_official_numbers(official, tmp_path, capsys) -> None:
    path, numbers = official
    assert main(["convert", str(path), "--out", str(tmp_path / "ours")]) == 0
    assert "million parameters" in capsys.readouterr().out
    ours = LatentActionQuantizer.from_pretrained(tmp_path / "ours")
    assert np.array_equal(indices(ours, numbers), numbers["indices"])
    # and a file that the official code reads: the same tensors under the same names
    assert main(["convert", str(tmp_path / "ours"), "--out", str(tmp_path / "back.pt")]) == 0
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    first = torch.load(path, weights_only=True)
    assert set(back) <= {name.removeprefix("module.") for name in first}
    assert all(torch.equal(value, first[f"module.{name}"]) for name, value in back.items())


def test_a_file_that_leaves_its_size_open_is_told_it(tmp_path, capsys) -> None:
    torch.manual_seed(0)
    sizes = {"dim": 32, "heads": 2, "dim_head": 16, "quant_dim": 8, "patch_size": 16}
    depths = {"spatial_depth": 1, "temporal_depth": 1, "decoder_depth": 1}
    many = LAQConfig(**sizes, **depths, code_length=16, reduce="halving")
    torch.save(to_official(LatentActionQuantizer(many).state_dict()), tmp_path / "laq.pt")
    words = ["convert", str(tmp_path / "laq.pt"), "--out", str(tmp_path / "ours")]
    assert main(words) == 2
    assert "--image-size, --code-length" in capsys.readouterr().err
    assert main([*words, "--image-size", "256"]) == 0
    assert "256 px, 16 codes of 8" in capsys.readouterr().out
    assert LatentActionQuantizer.from_pretrained(tmp_path / "ours").config == many
    assert main(["convert", str(tmp_path / "ours"), "--out", str(tmp_path / "back.pt")]) == 0


def test_half_the_bytes_give_nearly_the_same(official, tmp_path) -> None:
    path, numbers = official
    assert main(["convert", str(path), "--out", str(tmp_path / "half"), "--bf16"]) == 0
    kept = load_file(tmp_path / "half" / "model.safetensors")
    assert {v.dtype for v in kept.values() if v.is_floating_point()} == {torch.bfloat16}
    half = LatentActionQuantizer.from_pretrained(tmp_path / "half")
    whole = LatentActionQuantizer.from_pretrained(path)
    frame = numbers["video_u8"][0, :, 0].transpose(1, 2, 0)
    codes = numbers["indices"][0]
    apart = np.abs(half.decode(frame, codes).astype(int) - whole.decode(frame, codes))
    assert 0 < apart.max() <= 12


@pytest.mark.parametrize("name", ["finetune_ties", "finetune_const"])
def test_finetuning_sets_become_what_the_official_script_writes(name, tmp_path, capsys) -> None:
    told = json.loads((GOLDEN / "formats" / f"{name}.json").read_text())
    source = tmp_path / f"{name}.json"
    source.write_bytes((GOLDEN / "formats" / f"{name}.input.json").read_bytes())
    count = str(told["discretize_bins"])
    assert main(["convert", str(source), "--out", str(tmp_path), "--bins", count]) == 0
    lines = (tmp_path / f"{name}.jsonl").read_text().splitlines()
    assert lines == (GOLDEN / "formats" / f"{name}.out.jsonl").read_text().splitlines()
    ours, theirs = (
        read_bins(path)
        for path in (tmp_path / f"{name}.bins.csv", GOLDEN / "formats" / f"{name}.bins.csv")
    )
    for one, other in zip(ours.edges, theirs.edges, strict=True):
        assert np.allclose(one, other, rtol=1e-12, atol=1e-15)
    for example in told["decoded_examples"]:
        told = deployed([own.tolist() for own in ours.edges], example["action"])
        assert np.allclose(told, example["values"], atol=1e-12)


def test_stage_2_records_are_read_and_written_byte_for_byte(tmp_path) -> None:
    source = GOLDEN / "formats" / "stage2_records.jsonl"
    records = list(read_stage2(source))
    assert len(records[0].vision) == 256 and all(isinstance(c, int) for c in records[0].delta)
    assert write_stage2(tmp_path / "again.jsonl", records) == len(records)
    assert (tmp_path / "again.jsonl").read_bytes() == source.read_bytes()
    (tmp_path / "odd.jsonl").write_text('{"image": "a"}\n')
    with pytest.raises(ValueError, match="odd.jsonl, line 1: no stage-2 record"):
        list(read_stage2(tmp_path / "odd.jsonl"))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "[]", "a list of at least one entry"),
        ("a.json", "{", "not valid JSON"),
        ("a.json", '[{"id": "x"}]', "entry 0: KeyError('conversations') is missing"),
        ("a.txt", "x", "none of .pt, .json"),
        ("a.pt", "x", "a.pt"),
    ],
)
def test_what_cannot_be_converted_is_said(tmp_path, capsys, name, text, words) -> None:
    (tmp_path / name).write_text(text)
    assert main(["convert", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err


def test_another_network_cannot_become_official(tmp_path, capsys, root) -> None:
    shipped = str(root / "assets" / "checkpoints" / "robots")
    assert main(["convert", shipped, "--out", str(tmp_path / "x.pt")]) == 2
    assert "not laid out like LAPA's network" in capsys.readouterr().err
    assert main(["convert", shipped, "--out", str(tmp_path / "folder")]) == 2
    assert "an official checkpoint is a .pt file" in capsys.readouterr().err


def test_a_quantizer_of_ours_in_half_the_bytes_imagines_the_same(tmp_path, capsys) -> None:
    torch.manual_seed(3)
    model = LatentActionQuantizer(debug().model)
    model.save_pretrained(tmp_path / "whole")
    words = ["convert", str(tmp_path / "whole"), "--out", str(tmp_path / "half"), "--fp16"]
    assert main(words) == 0 and "in float16" in capsys.readouterr().out

    whole, half = (LatentActionQuantizer.from_pretrained(tmp_path / n) for n in ("whole", "half"))
    sizes = [(tmp_path / n / "model.safetensors").stat().st_size for n in ("whole", "half")]
    assert 0.48 < sizes[1] / sizes[0] < 0.55
    assert all(p.dtype == torch.float32 for p in half.parameters())
    frame, future = np.random.default_rng(0).integers(0, 256, (2, 4, 32, 32, 3), np.uint8)
    close = np.abs(whole.latent(frame, future) - half.latent(frame, future)).max()
    assert close < 2e-2 * np.abs(whole.latent(frame, future)).max()
    codes = whole.encode(frame, future)
    apart = whole.decode(frame, codes).astype(int) - half.decode(frame, codes)
    assert np.abs(apart).max() <= 1
