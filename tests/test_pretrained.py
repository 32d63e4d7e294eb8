"""Checkpoint folders: what is missing, broken or different is named in one sentence."""

from __future__ import annotations

import json

import pytest
import torch

from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer

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
    "text, told", [("{", "not valid JSON"), ("[1]", "holds a list"), ('{"depth": 3}', "unknown")]
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
