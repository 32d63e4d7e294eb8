"""Our network computes the official implementation's numbers, forward and backward."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.quantizers.nsvq import copies_of_used
from lapa.official import laq as official
from lapa.pretrained import load_strictly

GOLDEN = Path(__file__).parent.parent / "golden"
FULL = Path(__file__).parents[3] / "shared" / "golden" / "laq"
TOLERANCE = 1e-5  # of the tensor's largest value
# softmax ignores a constant, so this gradient is zero and what is stored is rounding
NO_GRADIENT = "position_bias.net.2.bias"


def close(ours, theirs) -> None:
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape
    scale = max(np.abs(theirs).max(), 1e-12)
    assert np.abs(ours - theirs).max() <= TOLERANCE * scale


class Fixture:
    """Numbers of one official run, and our model with its weights."""

    def __init__(self, numbers: dict[str, np.ndarray], weights: dict[str, torch.Tensor]) -> None:
        self.numbers = numbers
        config, state = official.from_official(weights)
        self.model = LatentActionQuantizer(LAQConfig.from_dict(config)).eval()
        load_strictly(self.model, state, "golden")
        video = torch.from_numpy(numbers["video_u8"].astype(np.float32) / 255)
        self.frame, self.future = video[:, :, 0], video[:, :, 1]

    def check(self, name: str, ours: torch.Tensor) -> None:
        """`name` may be stored in full or, for large images, at every eighth pixel."""
        if name in self.numbers:
            close(ours, self.numbers[name])
        else:
            close(ours[..., ::8, ::8], self.numbers[f"{name}.stride8"])

    def trained(self):
        """The official training forward with its recorded noise, and its gradients in place."""
        self.model.train()
        noise = torch.from_numpy(self.numbers["train.noise"])
        noise = noise.unflatten(0, (len(self.frame), -1))
        out = self.model(self.frame, self.future, noise=noise)
        loss = torch.nn.functional.mse_loss(out.image, self.future)
        self.model.zero_grad()
        loss.backward()
        return out, loss


def shipped() -> Fixture:
    held = np.load(GOLDEN / "laq_a.npz")
    weights = {k[8:]: torch.from_numpy(held[k]) for k in held.files if k.startswith("weights/")}
    return Fixture({k: held[k] for k in held.files}, weights)


def full(name: str) -> Fixture:
    if not FULL.is_dir():
        pytest.skip("the full golden fixtures are not in ../shared/golden")
    held = np.load(FULL / f"{name}.npz")
    weights = torch.load(FULL / f"{name}.pt", weights_only=True)
    return Fixture({k: held[k] for k in held.files}, weights)


@pytest.fixture(params=["shipped", "laq_a", "laq_b", "laq_c", "laq_d"])
def golden(request) -> Fixture:
    return shipped() if request.param == "shipped" else full(request.param)


def nested_codes(golden: Fixture) -> torch.Tensor:
    """The user codes of the fixture, read from the context that they gave."""
    for name in ("a", "b", "c", "d"):
        path = FULL / f"laq_{name}.json"
        if path.is_file() and np.array_equal(
            np.load(FULL / f"laq_{name}.npz")["video_u8"], golden.numbers["video_u8"]
        ):
            return torch.tensor(json.loads(path.read_text())["user_codes"]["nested"])
    return torch.tensor([[5, 4, 2, 4], [3, 4, 6, 6]])


def test_patch_tokens_and_encoder_tokens(golden):
    model, grid = golden.model, golden.model.config.grid
    with torch.inference_mode():
        first, last = (model.stem(x).tokens for x in (golden.frame, golden.future))
        pair = torch.stack([first, last], 1)
        encoded = model._encode(pair)
    golden.check("patch_tokens", pair.unflatten(2, (grid, grid)))
    golden.check("enc_last_tokens", encoded[:, 1:].unflatten(2, (grid, grid)))


def test_latents_and_codes(golden):
    golden.check("vq_difference", golden.model.latent(golden.frame, golden.future).flatten(0, 1))
    codes = golden.model.encode(golden.frame, golden.future)
    assert np.array_equal(codes, golden.numbers["indices"])


def test_reconstruction_in_evaluation_mode(golden):
    with torch.inference_mode():
        out = golden.model(golden.frame, golden.future)
    golden.check("recon_inference", out.image)
    assert np.array_equal(out.codes, golden.numbers["indices"])


def test_decode_of_chosen_codes(golden):
    codes = nested_codes(golden)
    with torch.inference_mode():
        prepared = golden.model._prepared(golden.frame)
        (image,) = golden.model._decoded(codes, golden.frame, *prepared)
        context = golden.model._context(golden.model.codebook.lookup(codes))
    golden.check("decoder_context_user.nested", context)
    golden.check("recon_user.nested", image)
    # the public door gives the same picture, clipped
    close(golden.model.decode(golden.frame, codes), image.clamp(0, 1))


def test_training_forward_and_gradients(golden):
    out, loss = golden.trained()
    close(loss.item(), golden.numbers["train.loss"])
    golden.check("train.recon_with_noise", out.image.detach())
    assert np.array_equal(out.codes, golden.numbers["train.indices"])
    checked = 0
    for name, parameter in golden.model.named_parameters():
        theirs = official.official_name(name)
        norm = golden.numbers[f"grad_norm.{theirs}"]
        assert parameter.grad.norm().item() == pytest.approx(float(norm), rel=1e-4, abs=1e-8), name
        checked += 1
        full_gradient = golden.numbers.get(f"grad/{theirs}")
        if full_gradient is not None and name != NO_GRADIENT:
            close(parameter.grad.reshape(full_gradient.shape), full_gradient)
    assert checked == len(list(golden.model.parameters())) > 80


def test_full_gradients_of_the_full_fixture():
    golden = full("laq_a")
    golden.trained()
    theirs = np.load(FULL / "laq_a.grads.npz")
    for name, parameter in golden.model.named_parameters():
        gradient = theirs[official.official_name(name)]
        if name == NO_GRADIENT:
            assert np.abs(gradient).max() < 1e-8 > parameter.grad.abs().max()
            continue
        close(parameter.grad.reshape(gradient.shape), gradient)


def test_usage_counts_every_code_where_the_official_code_counts_batches(golden):
    golden.trained()
    chosen = golden.numbers["train.indices"]
    counted = np.bincount(chosen.ravel(), minlength=golden.model.config.codebook_size)
    assert golden.model.codebook.usage.sum(0).tolist() == counted.tolist()
    assert np.array_equal(golden.numbers["train.codebooks_used_after"], (counted > 0).astype(int))


@pytest.mark.parametrize("case", ["more_used", "fewer_used", "none_used", "threshold_edge"])
def test_the_official_replacement_of_unused_codes(case):
    held = np.load(GOLDEN / "replace.npz")
    part = {k.split(".", 1)[1]: torch.from_numpy(held[k]) for k in held.files if k.startswith(case)}
    batches = 100 if case == "none_used" else 10
    used = part["codebooks_used_before"] / batches >= 0.1
    ours = copies_of_used(
        part["codebooks_before"], used, order=part.get("randperm"), noise=part["randn"]
    )
    assert torch.allclose(ours, part["codebooks_after"], atol=1e-6)


def test_module_prefixed_file_reads_alike(tmp_path):
    held = np.load(GOLDEN / "laq_a.npz")
    weights = {k[8:]: torch.from_numpy(held[k]) for k in held.files if k.startswith("weights/")}
    torch.save(weights, tmp_path / "bare.pt")
    torch.save({f"module.{k}": v for k, v in weights.items()}, tmp_path / "prefixed.pt")
    bare, prefixed = (
        LatentActionQuantizer.from_pretrained(tmp_path / name)
        for name in ("bare.pt", "prefixed.pt")
    )
    assert bare.config == prefixed.config
    for key, value in bare.state_dict().items():
        assert torch.equal(value, prefixed.state_dict()[key])
