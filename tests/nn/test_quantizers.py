"""One contract for every quantizer; unused codes come back at any batch size."""

from __future__ import annotations

import pytest
import torch

from lapa.nn.quantizers import build

SIZES = {"size": 8, "length": 4, "shared": False, "normalise": False}


def quantizer(kind: str, **changes):
    torch.manual_seed(0)
    return build(kind, **{**SIZES, "dim": 3 if kind == "fsq" else 6, **changes})


@pytest.fixture(params=["nsvq", "vq_ema", "fsq"])
def kind(request) -> str:
    return request.param


@pytest.mark.parametrize("shared", [False, True])
def test_the_contract(kind, shared):
    book = quantizer(kind, shared=shared).eval()
    latent = torch.randn(5, 4, book.dim)
    found = book(latent)
    assert found.codes.shape == (5, 4) and found.codes.dtype == torch.int64
    assert torch.equal(found.quantized, book.lookup(found.codes))
    assert found.loss.item() == 0
    assert book.usage.sum() == 0, "evaluation does not count"
    # a vector of the codebook is its own nearest code
    codes = torch.randint(8, (5, 4))
    own = book.lookup(codes)
    own = own.clamp(-0.99, 0.99).atanh() if kind == "fsq" else own
    assert torch.equal(book.nearest(own), codes)


def test_training_passes_gradients_to_the_latent(kind):
    book = quantizer(kind).train()
    latent = torch.randn(5, 4, book.dim, requires_grad=True)
    found = book(latent)
    (found.quantized.square().sum() + found.loss).backward()
    assert latent.grad.abs().max() > 0


def test_nsvq_noise_has_the_length_of_the_error_and_trains_the_codes():
    book = quantizer("nsvq").train()
    latent = torch.randn(5, 4, 6)
    found = book(latent)
    error = (latent - book.lookup(found.codes)).norm(dim=-1)
    assert torch.allclose((found.quantized - latent).norm(dim=-1), error, atol=1e-5)
    found.quantized.square().sum().backward()
    assert book.vectors.grad.abs().max() > 0
    assert torch.equal(found.quantized, book(latent, noise=None).quantized) is False


def test_ema_moves_vectors_to_the_mean_of_their_latents():
    book = quantizer("vq_ema", length=1).train()
    target = book.vectors.detach()[0, 2] + 0.05
    for _ in range(600):
        book(target.expand(16, 1, -1))
    assert torch.allclose(book.vectors[0, 2], target, atol=1e-3)


@pytest.mark.parametrize("batch", [1, 7, 128, 500])
@pytest.mark.parametrize("kind", ["nsvq", "vq_ema"])
def test_unused_codes_are_replaced_at_any_batch_size(kind, batch):
    book = quantizer(kind, length=1, shared=True).train()
    latent = book.vectors.detach()[0, 3].expand(batch, 1, -1).clone()
    found = book(latent)
    assert book.usage.tolist() == [[0, 0, 0, batch, 0, 0, 0, 0]]
    assert book.replace_unused(found.latent) == 7
    assert book.usage.sum() == 0
    assert torch.allclose(book.vectors[0], latent[0], atol=1e-5), "seeded from the batch"


def test_nothing_is_replaced_before_anything_was_counted():
    book = quantizer("nsvq")
    before = book.vectors.detach().clone()
    assert book.replace_unused(torch.randn(4, 4, 6)) == 0
    assert torch.equal(before, book.vectors)


def test_positions_have_codebooks_of_their_own_unless_shared():
    apart, shared = quantizer("nsvq"), quantizer("nsvq", shared=True)
    codes = torch.zeros(1, 4, dtype=torch.int64)
    assert not torch.equal(apart.lookup(codes)[0, 0], apart.lookup(codes)[0, 1])
    assert torch.equal(shared.lookup(codes)[0, 0], shared.lookup(codes)[0, 1])
    shared.train()(torch.randn(5, 4, 6))
    assert shared.usage.shape == (1, 8) and shared.usage.sum() == 20


def test_normalised_latents_have_the_codebooks_scale_and_keep_zero():
    book = quantizer("nsvq", normalise=True).train()
    for _ in range(30):
        found = book(torch.randn(64, 4, 6) * 0.01)
    assert found.latent.square().mean().sqrt().item() == pytest.approx(1, abs=0.1)
    book.eval()
    assert book(torch.zeros(1, 4, 6)).latent.abs().max() == 0


def test_the_scale_is_part_of_the_state():
    book = quantizer("nsvq", normalise=True).train()
    book(torch.randn(8, 4, 6) * 5)
    again = quantizer("nsvq", normalise=True)
    again.load_state_dict(book.state_dict())
    assert again.scale.item() == book.scale.item() != 1


@pytest.mark.parametrize("kind", ["nsvq", "vq_ema"])
def test_unit_latents_are_directions(kind):
    book = quantizer(kind, dim=2, length=1, unit=True)
    angle = torch.arange(8) * torch.pi / 4
    with torch.no_grad():
        # of any length: a vector is as much a direction as a latent is
        book.vectors[0] = torch.stack([angle.cos(), angle.sin()], -1) * (angle[:, None] + 0.5)
    short, long = (torch.tensor([[[0.0, length]]]) for length in (0.01, 100))
    for latent in (short, long):
        seen = book.eval()(latent)
        assert seen.codes.item() == 2
        assert torch.allclose(seen.quantized, torch.tensor([0.0, 1.0]), atol=1e-6)
        assert seen.latent.norm().item() == pytest.approx(1)
    assert book(torch.zeros(1, 1, 2)).latent.abs().max() == 0


def test_fsq_has_no_unit_latents():
    with pytest.raises(ValueError, match="no unit_latents"):
        quantizer("fsq", unit=True)


def test_without_codes_the_decoder_sees_the_latent_and_no_vector_learns():
    book = quantizer("nsvq").train()
    latent, noise = torch.randn(5, 4, 6, requires_grad=True), torch.randn(5, 4, 6)
    seen = book(latent, noise, continuous=True)
    assert torch.allclose(seen.quantized, latent + 0.3 * noise)
    seen.quantized.sum().backward()
    assert torch.equal(latent.grad, torch.ones_like(latent)) and book.vectors.grad is None
    assert book.usage.sum() == 0
    assert torch.equal(book.eval()(latent, continuous=True).quantized, book.lookup(seen.codes))


@pytest.mark.parametrize("kind", ["nsvq", "vq_ema"])
@pytest.mark.parametrize("shared", [False, True])
def test_codes_are_put_where_latents_lie_close_together(kind, shared):
    book = quantizer(kind, dim=2, length=2, shared=shared).train()
    centres = torch.cartesian_prod(torch.arange(4.0), torch.arange(1.0, 3)) * 3
    latent = (centres.repeat(20, 1) + 0.1 * torch.randn(160, 2))[:, None].expand(-1, 2, -1)
    book.fit(torch.cat([latent, torch.zeros(50, 2, 2)]))
    for position in range(2):
        codes = torch.arange(8)[:, None].expand(-1, 2)
        vectors = book.lookup(codes)[:, position]
        assert (torch.cdist(centres, vectors).min(1).values < 0.1).all()
    before = book.vectors.clone()
    book.fit(torch.cat([latent, torch.zeros(50, 2, 2)]))
    assert torch.equal(book.vectors, before)
