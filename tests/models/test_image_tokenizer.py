"""The image tokenizer: the official numbers, its public doors, and pickles that are not trusted."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa import pretrained
from lapa.__main__ import main
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.official import vqgan

GOLDEN = Path(__file__).parent.parent / "golden"
FULL = Path(__file__).parents[3] / "shared" / "golden" / "vqgan"


def nested(numbers) -> dict:
    """The official form: dictionaries in dictionaries."""
    tree: dict = {}
    for name in numbers:
        if name.startswith("weights/"):
            *way, last = name.split("/")[1:]
            at = tree
            for part in way:
                at = at.setdefault(part, {})
            at[last] = numbers[name]
    return tree


@pytest.fixture(scope="module")
def numbers() -> dict[str, np.ndarray]:
    return dict(np.load(GOLDEN / "vqgan_a.npz"))


def loaded(config: dict, state: dict, size: int) -> ImageTokenizer:
    model = ImageTokenizer(ImageTokenizerConfig.from_dict({**config, "image_size": size})).eval()
    pretrained.load_strictly(model, state, "golden")
    return model


@pytest.fixture(scope="module")
def tokenizer(numbers) -> ImageTokenizer:
    config, state = vqgan.from_official(vqgan.flat({"params": nested(numbers)}))
    return loaded(config, state, numbers["pixels_u8"].shape[1])


def test_the_official_numbers(tokenizer, numbers) -> None:
    pixels = numbers["pixels_u8"]
    assert np.array_equal(tokenizer.encode(pixels), numbers["indices"])
    image = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
    with torch.inference_mode():
        hidden = tokenizer.encoder(image).permute(0, 2, 3, 1).numpy()
    assert np.abs(hidden - numbers["encoder_hidden"]).max() < 1e-4
    decoded = (numbers["decoded"] + 1) * 127.5
    assert np.abs(tokenizer.decode(numbers["indices"]) - decoded).max() < 0.51


@pytest.mark.parametrize("name", ["vqgan_a", "vqgan_b", "vqgan_a.frozendict_jax"])
def test_the_official_files_themselves(name: str) -> None:
    if not FULL.is_dir():
        pytest.skip("the full fixtures are not here")
    told = dict(np.load(FULL / f"{name.split('.')[0]}.npz"))
    config, state = vqgan.read(FULL / name)
    model = loaded(config, state, told["pixels_u8"].shape[1])
    assert np.array_equal(model.encode(told["pixels_u8"]), told["indices"])
    decoded = (told["random_decoded"] + 1) * 127.5
    assert np.abs(model.decode(told["random_indices"]) - decoded).max() < 0.51


def test_the_released_layout_is_the_default() -> None:
    told = json.loads((GOLDEN / "vqgan_official.keys.json").read_text())
    shapes = told["params"]
    blank = {path: np.broadcast_to(np.float32(0), shape) for path, shape in shapes.items()}
    config = vqgan._infer(blank)
    assert ImageTokenizerConfig.from_dict(config) == ImageTokenizerConfig()
    with torch.device("meta"):
        own = ImageTokenizer(ImageTokenizerConfig()).state_dict()
    theirs = {
        vqgan.our_name(path, config): tuple(np.array(shape)[[3, 2, 0, 1]])
        if path.endswith("kernel") else tuple(shape)
        for path, shape in shapes.items()
    }  # fmt: skip
    assert {name: tuple(value.shape) for name, value in own.items()} == theirs


def test_a_file_becomes_a_folder_and_the_tokens_stay(tokenizer, numbers, tmp_path, capsys) -> None:
    (tmp_path / "vqgan").write_bytes(pickle.dumps(nested(numbers)))
    assert main(["convert", str(tmp_path / "vqgan"), "--out", str(tmp_path / "ours")]) == 0
    assert "128 x 128 tokens of 64" in capsys.readouterr().out  # official images have 256 pixels
    tokenizer.save_pretrained(tmp_path / "small")
    back = ImageTokenizer.from_pretrained(tmp_path / "small")
    one = numbers["pixels_u8"][0]
    assert np.array_equal(back.encode(one), numbers["indices"][0])
    assert back.decode(numbers["indices"][0]).shape == one.shape
    larger = np.kron(one, np.ones((3, 3, 1), np.uint8))
    assert back.encode(larger).shape == (16, 16)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (np.zeros((4, 4), int), r"accepted are \(16, 16\)"),
        (np.full((16, 16), 64), "0 to 63"),
        (np.full((16, 16), -1), "0 to 63"),
        (np.zeros((16, 16)), "whole numbers"),
    ],
)
def test_wrong_tokens_are_said(tokenizer, tokens, words) -> None:
    with pytest.raises(ValueError, match=words):
        tokenizer.decode(tokens)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": (30,)}, "multiples of 32"),
        ({"image_size": 100}, "multiple of 16"),
        ({"blocks": 0}, "at least 1"),
    ],
)
def test_impossible_sizes_are_said(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        ImageTokenizerConfig(**change)


# Pickles


class Hostile:
    def __init__(self, call, *arguments) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        (Hostile(os.system, "touch hostile"), "system"),
        (Hostile(eval, "open('hostile', 'w')"), "builtins.eval"),
        ({"encoder": Hostile(exec, "open('hostile', 'w')")}, "builtins.exec"),
        ({"encoder": Path("x")}, "pathlib"),
    ],
)
def test_what_no_parameters_need_is_refused_by_name(tmp_path, monkeypatch, value, refused) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vqgan").write_bytes(pickle.dumps(value))
    with pytest.raises(ValueError, match=rf"asks for .*{refused}.*refused"):
        ImageTokenizer.from_pretrained(tmp_path / "vqgan")
    assert not (tmp_path / "hostile").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no pickle", pickle.dumps([1, 2]), pickle.dumps({"a": {"b": np.zeros(3)}}),
     pickle.dumps({"encoder": {"Conv_0": 3}})],
)  # fmt: skip
def test_what_is_no_tokenizer_is_one_sentence(tmp_path, content: bytes) -> None:
    (tmp_path / "vqgan").write_bytes(content)
    with pytest.raises(ValueError) as caught:
        ImageTokenizer.from_pretrained(tmp_path / "vqgan")
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)
