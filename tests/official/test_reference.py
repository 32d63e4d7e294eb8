"""The plain official call: checks of its input, and agreement with our network."""

from __future__ import annotations

import pytest
import torch

from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.official.laq import to_official
from lapa.official.layout import GRIDS
from lapa.official.reference import Network, code_length, official_call, official_codes

SMALL = {"dim": 32, "heads": 2, "dim_head": 16, "quant_dim": 8, "image_size": 64, "patch_size": 8}
DEPTHS = {"spatial_depth": 2, "temporal_depth": 2, "decoder_depth": 2}


def sides(length: int) -> tuple[LatentActionQuantizer, Network, torch.Tensor]:
    torch.manual_seed(length)
    many = {"code_length": length, "image_size": 8 * GRIDS[length]}
    kind = "halving" if length >= 16 else "conv"
    laq = LatentActionQuantizer(LAQConfig(**SMALL | DEPTHS | many, reduce=kind)).eval()
    with torch.no_grad():
        laq.head.project.weight.mul_(0.1)
        laq.head.project.bias.fill_(0.5)
    video = torch.rand(2, 3, 2, many["image_size"], many["image_size"])
    return laq, Network(to_official(laq.state_dict()), 8, 2), video


@pytest.mark.parametrize("length", [1, 2, 4, 16, 64, 256])
@torch.no_grad()
def test_our_network_agrees_with_the_plain_call(length: int) -> None:
    laq, network, video = sides(length)
    frame, future = video[:, :, 0], video[:, :, 1]
    codes = official_codes(network, video)
    assert torch.equal(laq.encode(frame, future), codes)
    others = (codes + 1) % 8
    for chosen in (codes, others):
        expected = official_call(network, video, chosen)
        assert expected.min() > 0 and expected.max() < 1, "clipping would hide a difference"
        assert (laq.decode(frame, chosen) - expected).abs().max() <= 1e-5
    assert torch.equal(official_call(network, video), official_call(network, video, codes))


@torch.no_grad()
def test_codes_change_the_picture() -> None:
    _, network, video = sides(4)
    pictures = [official_call(network, video, torch.full((2, 4), code)) for code in (0, 7)]
    assert (pictures[0] - pictures[1]).abs().max() > 1e-3


@torch.no_grad()
def test_code_length_follows_from_grid_and_kernels() -> None:
    _, network, _ = sides(2)
    assert code_length(network, torch.zeros(1, 8, 8, 32)) == 2
    with pytest.raises(ValueError, match=r"no official code length fits a grid of \(5, 5\)"):
        code_length(network, torch.zeros(1, 5, 5, 32))


def test_a_single_frame_is_refused() -> None:
    _, network, video = sides(1)
    with pytest.raises(ValueError, match=r"frame pair .* this video is \(2, 3, 64, 64\)"):
        official_call(network, video[:, :, 0])
