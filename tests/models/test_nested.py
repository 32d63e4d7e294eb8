"""Nested latent actions: every first n codes are a latent action of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lapa.models.config import LAQConfig, explorer_config
from lapa.models.quantizer import LatentActionQuantizer

SIZE, S, K = 32, 4, 5


def made(*, nested: bool) -> LatentActionQuantizer:
    """A small network with random weights that move and paint."""
    torch.manual_seed(0)
    sizes = {"image_size": SIZE, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}
    config = explorer_config(
        **sizes, stem_widths=(8,), decoder_depth=1, code_length=S, codebook_size=K, nested=nested
    )
    model = LatentActionQuantizer(config).eval()
    with torch.no_grad():
        for parameter in (*model.head.parameters(), *model.to_context.parameters()):
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


@pytest.fixture
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(256, size=(SIZE, SIZE, 3)).astype(np.uint8)


def test_the_first_codes_alone_are_decoded(frame) -> None:
    model, codes = made(nested=True), [3, 1, 0, 4]
    pictures = [model.decode(frame, codes[:length]) for length in range(1, S + 1)]
    assert all(picture.shape == (SIZE, SIZE, 3) for picture in pictures)
    # each code more says something more
    assert all((a != b).any() for a, b in zip(pictures, pictures[1:], strict=False))
    np.testing.assert_array_equal(pictures[-1], made(nested=False).decode(frame, codes))
    rows = model.decode(frame, np.array([codes[:2], [0, 0]]))
    np.testing.assert_array_equal(rows[0], pictures[1])
    # what a code left out would have said counts for nothing
    with torch.no_grad():
        model.codebook.vectors[2:] += 1
    np.testing.assert_array_equal(model.decode(frame, codes[:2]), pictures[1])
    assert (model.decode(frame, codes) != pictures[-1]).any()


def test_in_training_half_of_the_pairs_are_cut_short() -> None:
    model = made(nested=True).train()
    torch.manual_seed(1)
    frame, future = torch.rand(2, 1, 3, SIZE, SIZE).expand(-1, 64, -1, -1, -1)
    with torch.no_grad():
        image = model(frame, future, noise=torch.zeros(64, S, model.config.quant_dim)).image
    whole, cut = image[::2], image[1::2]
    torch.testing.assert_close(whole, whole[:1].expand_as(whole), atol=1e-6, rtol=0)
    lengths = {tuple(each.flatten()[:400].mul(1e4).round().int().tolist()) for each in cut}
    assert len(lengths) == S
    plain = made(nested=False).train()
    with torch.no_grad():
        image = plain(frame, future, noise=torch.zeros(64, S, plain.config.quant_dim)).image
    torch.testing.assert_close(image, image[:1].expand_as(image), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("nested", "codes", "sentence"),
    [
        (False, [1, 2], "accepted are 4 whole numbers from 0 to 4"),
        (True, [], "accepted are 1 to 4 whole numbers from 0 to 4"),
        (True, [0] * 5, "accepted are 1 to 4 whole numbers from 0 to 4"),
        (True, [5], "accepted are 1 to 4 whole numbers from 0 to 4"),
    ],
)
def test_other_lengths_are_refused(frame, nested, codes, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        made(nested=nested).decode(frame, np.array(codes, int))


def test_mixed_channels_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="nested must be False beside mix_code_channels"):
        LAQConfig(nested=True)
    assert not LAQConfig.from_dict(LAQConfig().to_dict()).nested
