"""A stranger's checkpoint folder: every lie in it is one sentence, and none takes memory."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from lapa.models.quantizer import LatentActionQuantizer
from lapa.models.untrusted import check_folder, read_header
from lapa.presets.quantizers import debug


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small checkpoint, as training writes it."""
    LatentActionQuantizer(debug().model).save_pretrained(tmp_path / "mine")
    return tmp_path / "mine"


def change_config(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def change_header(folder: Path, change) -> None:
    """Rewrites the header of the weights with `change(header)` done to it."""
    path = folder / "model.safetensors"
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def refused(folder: Path) -> str:
    with pytest.raises(ValueError) as caught:
        check_folder(folder)
    sentence = str(caught.value)
    assert len(sentence) < 400 and "\n" not in sentence
    return sentence


def test_what_training_wrote_is_accepted(folder: Path) -> None:
    assert check_folder(folder) == LatentActionQuantizer.from_pretrained(folder).config


def test_the_shipped_checkpoint_is_accepted(root: Path) -> None:
    config = check_folder(root / "assets" / "checkpoints" / "robots")
    assert config.image_size >= 128


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dim": 10**9}, "dim"),
        ({"decoder_depth": 10**6}, "decoder_depth"),
        ({"image_size": 4096}, "image_size"),
        ({"image_size": 512, "patch_size": 1}, "patches a side"),
        ({"gap_seconds": float("inf")}, "gap_seconds"),
        ({"gap_seconds": float("nan")}, "gap_seconds"),
        ({"dim": "wide"}, "not the configuration"),
        ({"patch_size": 0}, "not the configuration"),
        ({"stem_widths": 3}, "not the configuration"),
        ({"stem_widths": [10**9, 10**9]}, "stem_widths"),
        ({"stem_widths": [32] * 100}, "stem_widths"),
        ({"surprise": 1}, "surprise"),
        ({"heads": 0}, "heads"),
    ],
)
def test_sizes_that_are_not_built(folder: Path, values: dict, said: str) -> None:
    change_config(folder, **values)
    assert said in refused(folder)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"hi"', "\x00\x01", "[" * 100_000])
def test_a_configuration_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    assert "config.json" in refused(folder)


def test_a_configuration_that_is_huge(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"x": "y" * 2_000_000}))
    assert "too large" in refused(folder)


def test_weights_of_another_network_are_named(folder: Path) -> None:
    change_config(folder, decoder_depth=2)
    assert "does not fit config.json" in refused(folder)


@pytest.mark.parametrize("data", [b"", b"abc", b"\xff" * 64, struct.pack("<Q", 6) + b"[1, 2]"])
def test_weights_that_are_none(folder: Path, data: bytes) -> None:
    (folder / "model.safetensors").write_bytes(data)
    assert "not a readable safetensors file" in refused(folder)


def test_weights_that_were_cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert "take" in refused(folder)


def first(header: dict) -> dict:
    return next(entry for name, entry in header.items() if name != "__metadata__")


@pytest.mark.parametrize(
    "lie",
    [
        lambda header: first(header).update(shape=[10**12]),
        lambda header: first(header).update(shape=[-1, -1]),
        lambda header: first(header).update(shape="wide"),
        lambda header: first(header).update(dtype="F1"),
        lambda header: first(header).update(data_offsets=[0, 10**15]),
        lambda header: first(header).pop("data_offsets"),
        lambda header: header.update(more={"dtype": "F32", "shape": [0], "data_offsets": [8, 8]}),
        lambda header: header.update(more=3),
    ],
)
def test_headers_that_lie(folder: Path, lie) -> None:
    change_header(folder, lie)
    refused(folder)


def test_a_tensor_too_few(folder: Path) -> None:
    """The last one is cut out cleanly, so that only the comparison can notice."""
    path = folder / "model.safetensors"
    names = read_header(path)

    def drop(header: dict) -> None:
        last = max(names, key=lambda name: header[name]["data_offsets"][1])
        header.pop(last)

    change_header(folder, drop)
    assert "take" in refused(folder)
