"""Checkpoint folders: what is missing, broken or different is named in one sentence."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import re
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from lapa.files import checksum
from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel

SMALL = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}


@pytest.fixture
def folder(tmp_path):
    config = explorer_config(**SMALL, stem_widths=(8,), decoder_depth=1, temporal_depth=1)
    LatentActionQuantizer(config).save_pretrained(tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def load(path) -> LatentActionQuantizer:
    return LatentActionQuantizer.from_pretrained(path)


def test_whoever_may_read_the_config_may_read_the_weights(folder):
    modes = {(folder / name).stat().st_mode for name in ("config.json", "model.safetensors")}
    assert len(modes) == 1


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, missing):
    (folder / missing).unlink()
    with pytest.raises(FileNotFoundError, match=f"it has no {missing}"):
        load(folder)


def test_weights_that_were_damaged_on_the_way_are_told(folder):
    weights = folder / "model.safetensors"
    listed = (folder / "SHA256SUMS").read_text()
    assert listed == f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  model.safetensors\n"
    data = bytearray(weights.read_bytes())
    data[-7] ^= 1
    weights.write_bytes(data)
    with pytest.raises(
        ValueError, match="model.safetensors of checkpoint is not the file that was"
    ):
        load(folder)
    # whoever means it says so
    (folder / "SHA256SUMS").unlink()
    load(folder)


def test_what_lies_beside_the_weights_is_not_needed(folder):
    for name in ("usage.json", "keys.json", "transfer.json", "pairs.safetensors", "ground.npz"):
        (folder / name).write_bytes(b"\x00 damaged")
    load(folder)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_what_was_there(folder, monkeypatch, error):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    model = load(folder)

    def half(tensors, path, **kinds):
        Path(path).write_bytes(b"half")
        raise error

    monkeypatch.setattr("safetensors.torch.save_file", half)
    with pytest.raises(type(error)):
        model.save_pretrained(folder)
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert kept == {name: data for name, data in before.items() if name != "SHA256SUMS"}
    load(folder)


def test_what_safetensors_says_of_a_full_disk_is_an_os_error(folder, monkeypatch):
    def full(*arguments, **kinds):
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    model = load(folder)
    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OSError) as told:
        model.save_pretrained(folder)
    assert told.value.errno == errno.ENOSPC


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300])
def test_weights_that_are_no_numbers_are_refused(folder, value):
    state = load_file(folder / "model.safetensors")
    name = next(key for key, tensor in state.items() if tensor.is_floating_point())
    state[name] = state[name].double()
    state[name].view(-1)[0] = value
    save_file(state, folder / "model.safetensors")
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(ValueError, match=rf"hold NaN or infinity: {re.escape(name)} \(1 of"):
        load(folder)


def test_a_policy_with_weights_that_are_no_numbers_is_refused(tmp_path):
    config = VisionLanguageConfig(
        dim=16, layers=1, heads=2, hidden=16, text=8, vision=8, latent=4, action=0
    )
    model = VisionLanguageModel(config)
    model.save_pretrained(tmp_path / "vlm")
    VisionLanguageModel.from_pretrained(tmp_path / "vlm")
    with torch.no_grad():
        model.heads["text"].weight[0, 0] = math.nan
    model.save_pretrained(tmp_path / "vlm")
    with pytest.raises(ValueError, match="hold NaN or infinity: heads.text.weight"):
        VisionLanguageModel.from_pretrained(tmp_path / "vlm")


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load(tmp_path / "nowhere")


def test_an_unreachable_hub_id_is_one_sentence():
    # the tests run offline, so this cannot be downloaded
    with pytest.raises(FileNotFoundError, match="neither a local folder nor a Hub checkpoint"):
        load("someone/some-quantizer")


def test_a_truncated_weights_file(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        load(folder)


@pytest.mark.parametrize(
    "text, told",
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "holds a list"),
        ('{"depth": 3}', "unknown"),
        ('{"stem_widths": 3}', "no values of LAQConfig"),
        ('{"dim": 1%s}' % ("0" * 30), "cannot be built"),
    ],
)
def test_a_bad_config(folder, text, told):
    (folder / "config.json").write_text(text)
    with pytest.raises(ValueError, match=told):
        load(folder)


def test_keys_and_shapes_that_differ_are_named(folder):
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {"decoder_depth": 2}))
    with pytest.raises(ValueError, match=r"missing: decoder.layers.1.* and \d+ more"):
        load(folder)
    (folder / "config.json").write_text(json.dumps(values | {"quant_dim": 4}))
    with pytest.raises(ValueError, match=r"of another shape: codebook.vectors \(4, 8, 8\) instead"):
        load(folder)


@pytest.mark.parametrize(
    "content, told",
    [
        (b"just text", "not a plain PyTorch tensor file"),
        (b"", "not a plain PyTorch tensor file"),
    ],
)
def test_a_pt_file_that_is_none(tmp_path, content, told):
    (tmp_path / "laq.pt").write_bytes(content)
    with pytest.raises(ValueError, match=told):
        load(tmp_path / "laq.pt")


class Hostile:
    """Would run when unpickled."""

    def __reduce__(self):
        return (print, ("executed",))


def test_a_hostile_pickle_is_not_executed(tmp_path, capsys):
    torch.save({"weights": Hostile()}, tmp_path / "laq.pt")
    with pytest.raises(ValueError, match="not a plain PyTorch tensor file, so it was not loaded"):
        load(tmp_path / "laq.pt")
    assert "executed" not in capsys.readouterr().out


def test_tensors_of_something_else(tmp_path):
    torch.save({"layer.weight": torch.zeros(3, 3)}, tmp_path / "laq.pt")
    with pytest.raises(ValueError, match="not a LAPA latent action quantizer"):
        load(tmp_path / "laq.pt")


def test_shipped_weights_have_their_checksums(root):
    weights = sorted((root / "assets" / "checkpoints").rglob("model.safetensors"))
    assert weights
    for file in weights:
        listed = (file.parent / "SHA256SUMS").read_text()
        made = "`sha256sum model.safetensors > SHA256SUMS` in its folder writes it"
        assert listed == f"{checksum(file)}  {file.name}\n", f"{file}: {made}"
