"""Attention, PEG, patches, reductions and heads against plain restatements of what they mean."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from lapa.nn.attention import Attention, ContinuousPositionBias, PairAttention
from lapa.nn.heads import WarpHead, warp
from lapa.nn.patches import ConvStem, from_patches, to_patches
from lapa.nn.reduce import ConvReduce, code_grid
from lapa.nn.transformer import PEG, Transformer


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def test_patches_and_back():
    frames = torch.rand(2, 3, 12, 20)
    patches = to_patches(frames, 4)
    assert patches.shape == (2, 15, 48)
    # second patch of the first row, first channel, row by row
    assert torch.equal(patches[0, 1, :16], frames[0, 0, :4, 4:8].flatten())
    assert torch.equal(from_patches(patches, 4, 3), frames)


def test_peg_of_one_frame_equals_the_full_3d_convolution():
    peg, x = PEG(8), torch.randn(2, 20, 8)
    padded = F.pad(x.view(2, 1, 4, 5, 8).permute(0, 4, 1, 2, 3), (1, 1, 1, 1, 2, 0))
    full = peg.conv(padded).permute(0, 2, 3, 4, 1).reshape(2, 20, 8)
    assert torch.allclose(peg(x, (2, 1, 4, 5)), full, atol=1e-6)


def test_peg_is_causal_in_time():
    peg, x = PEG(8), torch.randn(1, 2 * 9, 8)
    changed = x.clone()
    changed[:, 9:] += 1
    before, after = peg(x, (1, 2, 3, 3)), peg(changed, (1, 2, 3, 3))
    assert torch.equal(before[:, :9], after[:, :9])
    assert not torch.allclose(before[:, 9:], after[:, 9:])


def test_position_bias_depends_on_the_offset_alone():
    bias = ContinuousPositionBias(16, heads=3)(4, 5)
    assert bias.shape == (3, 20, 20)
    grid = bias.view(3, 4, 5, 4, 5)
    assert torch.allclose(grid[:, 0, 0, 1, 2], grid[:, 2, 1, 3, 3])
    assert not torch.allclose(grid[:, 0, 0, 1, 2], grid[:, 0, 0, 2, 1])


def test_attention_is_the_written_out_formula():
    layer = Attention(12, heads=3, dim_head=4)
    x, bias = torch.randn(2, 5, 12), torch.randn(3, 5, 5)
    q = layer.to_q(layer.norm(x)).view(2, 5, 3, 4).transpose(1, 2)
    k, v = (part.view(2, 5, 3, 4).transpose(1, 2) for part in layer.to_kv(x).chunk(2, -1))
    q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
    weights = (q @ k.transpose(-1, -2) * 8 + bias).softmax(-1)
    expected = layer.to_out((weights @ v).transpose(1, 2).reshape(2, 5, 12))
    assert torch.allclose(layer(x, bias=bias), expected, atol=1e-6)


def test_null_tokens_keep_attention_defined_by_a_context_of_any_length():
    layer = Attention(12, heads=3, dim_head=4, dim_context=12, null_tokens=2)
    x = torch.randn(2, 5, 12)
    assert layer(x, context=torch.randn(2, 1, 12)).shape == (2, 5, 12)


def test_exchanging_the_frames_exchanges_the_outputs():
    layer = PairAttention(16, heads=4, dim_head=4, norm_kv=True)
    pair = torch.randn(3, 2, 9, 16)
    out = layer(pair.flatten(0, 1)).unflatten(0, (3, 2))
    swapped = layer(pair.flip(1).flatten(0, 1)).unflatten(0, (3, 2))
    assert torch.allclose(out.flip(1), swapped, atol=1e-6)
    alone = pair.clone()
    alone[:, 1] += 1
    assert not torch.allclose(layer(alone.flatten(0, 1)).unflatten(0, (3, 2))[:, 0], out[:, 0])


def test_begin_and_finish_are_the_whole_and_share_one_scene():
    stack = Transformer(16, depth=2, heads=2, dim_head=8, cross=True)
    x, contexts, shape = torch.randn(1, 9, 16), torch.randn(4, 3, 16), (1, 1, 3, 3)
    shared = stack.finish(stack.begin(x, shape), shape, None, contexts)
    apart = torch.cat([stack(x, shape, context=c[None]) for c in contexts])
    assert torch.allclose(shared, apart, atol=1e-5)


@pytest.mark.parametrize(
    "length, grid", [(1, (1, 1)), (2, (2, 1)), (4, (2, 2)), (6, (3, 2)), (7, (7, 1))]
)
def test_code_grid(length, grid):
    assert code_grid(length) == grid


def test_the_reduction_has_lapas_kernels_where_lapa_runs():
    kernels = {s: ConvReduce(8, 4, 8, s).convolutions[2].kernel_size for s in (1, 2, 4)}
    assert kernels == {1: (4, 4), 2: (3, 4), 4: (3, 3)}


def test_warp_moves_the_picture_by_the_flow():
    frame = torch.rand(1, 3, 9, 9)
    flow = torch.zeros(1, 2, 9, 9)
    assert torch.allclose(warp(frame, flow), frame, atol=1e-5)
    flow[:, 0] = 2 / 8  # one pixel to the right, in units of half the image
    assert torch.allclose(warp(frame, flow)[..., :-1], frame[..., 1:], atol=1e-5)


def test_warp_head_sees_every_map_of_the_stem():
    stem, head = ConvStem(16, 16, (4, 8)), WarpHead(16, 4, (4, 8))
    frame = torch.rand(2, 3, 64, 64)
    pyramid = stem(frame)
    assert [tuple(m.shape[1:]) for m in pyramid.maps] == [(4, 16, 16), (8, 8, 8)]
    assert pyramid.tokens.shape == (2, 16, 16)
    assert head(pyramid.tokens, frame, pyramid.maps).image.shape == frame.shape


def test_layered_head_leaves_alone_what_its_masks_do_not_cover():
    stem, head = ConvStem(16, 16, (4, 8)), WarpHead(16, 4, (4, 8), layered=True)
    frame = torch.rand(2, 3, 64, 64)
    pyramid = stem(frame)
    with torch.no_grad():
        head.out.bias[:2] = 0.3  # everything flows to the left
        head.out.bias[-32:] = -40.0  # both masks shut
    shut = head(pyramid.tokens, frame, pyramid.maps)
    assert torch.equal(shut.image, frame)
    assert torch.allclose(shut.moved, warp(frame, torch.full((2, 2, 1, 1), 0.3)))
    with torch.no_grad():
        head.out.bias[-32:-16] = 40.0  # the mask of what moves open
    assert torch.equal(head(pyramid.tokens, frame, pyramid.maps).image, shut.moved)
