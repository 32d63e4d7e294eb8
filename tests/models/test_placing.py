"""Large models: what they need is told before, and wherever the weights lie they say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from lapa.models import placing
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel

SMALL = VisionLanguageConfig(
    dim=64, layers=3, heads=2, hidden=128, text=50, vision=40, latent=8, theta=10_000.0
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    VisionLanguageModel(SMALL).save_pretrained(folder)
    return folder


def logits(model: VisionLanguageModel) -> torch.Tensor:
    tokens = torch.arange(12).reshape(2, 6)
    with torch.inference_mode():
        return model(tokens, torch.tensor([[0, 0, 1, 1, 2, 2]] * 2) % 2)["latent"].float()


def test_what_lapa_7b_needs_is_known_before_it_is_loaded() -> None:
    whole = VisionLanguageModel.need(VisionLanguageConfig())
    layer = 4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096
    assert whole.parameters == 32 * layer + 4096 + 2 * 4096 * (32000 + 8448 + 8)
    assert whole.bytes == 4 * whole.parameters and whole.text.startswith("27.2 GB (6.8 B param")
    half = VisionLanguageModel.need(VisionLanguageConfig(), torch.bfloat16)
    assert half.bytes == whole.bytes / 2 and "in bfloat16" in half.text
    four = VisionLanguageModel.need(VisionLanguageConfig(), torch.bfloat16, 4)
    assert 3.6e9 < four.bytes < 4.6e9 and "4 bits" in four.text


def test_a_machine_that_is_too_small_is_told_so_before(saved: Path, monkeypatch) -> None:
    little = type("Memory", (), {"available": 500_000_000})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    VisionLanguageModel.from_pretrained(saved)
    little.available = 400_000_000
    with pytest.raises(ValueError, match=r"needs .* MB \(0.1 M parameters in float32\), free here"):
        VisionLanguageModel.from_pretrained(saved)


@pytest.mark.parametrize(
    "places", [{"device_map": "auto"}, {"device_map": {"": "cpu"}}, {"device_map": "disk"}]
)
def test_wherever_it_lies_it_says_the_same(saved: Path, tmp_path: Path, places) -> None:
    expected = logits(VisionLanguageModel.from_pretrained(saved))
    if places["device_map"] == "disk":
        # the first layer stays in memory, the rest is fetched when it is needed
        rest = {f"trunk.layers.{n}": "disk" for n in (1, 2)}
        places = {
            "device_map": {
                "embeddings": "cpu", "heads": "cpu", "trunk.norm": "cpu", "trunk.rotary_emb": "cpu",
                "trunk.layers.0": "cpu", **rest,
            },
            "offload_folder": tmp_path / "offload",
        }  # fmt: skip
    model = VisionLanguageModel.from_pretrained(saved, **places)
    assert torch.equal(logits(model), expected)
    if "offload_folder" in places:
        assert model.trunk.layers[2].mlp.up_proj.weight.device.type == "meta"
        assert any((tmp_path / "offload").iterdir())


def test_bfloat16_is_read_as_it_is_asked_for(saved: Path) -> None:
    model = VisionLanguageModel.from_pretrained(saved, dtype=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    expected = logits(VisionLanguageModel.from_pretrained(saved))
    assert torch.allclose(logits(model), expected, atol=0.05)


def test_4_bits_where_bitsandbytes_is(saved: Path) -> None:
    pytest.importorskip("bitsandbytes")
    model = VisionLanguageModel.from_pretrained(saved, bits=4)
    weight = model.trunk.layers[0].mlp.up_proj.weight
    assert weight.dtype == torch.uint8 and weight.numel() == 64 * 128 // 2
    assert model.heads["latent"].weight.dtype == torch.float32
    expected = logits(VisionLanguageModel.from_pretrained(saved))
    close = np.corrcoef(logits(model).numpy().ravel(), expected.numpy().ravel())[0, 1]
    assert close > 0.97


def test_4_bits_without_it_say_what_to_install(saved: Path, monkeypatch) -> None:
    monkeypatch.setattr(placing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install bitsandbytes"):
        VisionLanguageModel.from_pretrained(saved, bits=4)
    with pytest.raises(ValueError, match="bits is 3; 4 and None"):
        VisionLanguageModel.from_pretrained(saved, bits=3)


def test_weights_that_do_not_fit_are_named(saved: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for change, said in (
        (lambda state: state.pop("trunk.norm.weight"), "missing: trunk.norm.weight"),
        (lambda state: state.update(extra=torch.ones(2)), r"unexpected: extra \(2,\)"),
        (lambda state: state.update({"trunk.norm.weight": torch.ones(3)}), r"of another shape"),
    ):
        state = load_file(saved / "model.safetensors")
        change(state)
        folder = tmp_path / said[:4]
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text((saved / "config.json").read_text())
        save_file(state, folder / "model.safetensors")
        with pytest.raises(ValueError, match=said):
            VisionLanguageModel.from_pretrained(folder)
