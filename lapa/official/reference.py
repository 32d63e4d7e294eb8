"""The official LAQ call, stated plainly: what pressing one code costs in LAPA's own program.

The official `inference(video, user_action_token_num=…)` embeds both frames, runs them through
the spatial and the temporal encoder, quantizes, then drops the found indices for the caller's
and decodes. Here that computation stands over the official parameter names, with nothing
cached, skipped or shared: a yardstick for `python -m lapa bench` and a second opinion on our
network. It is deliberately slow; `lapa.models.quantizer` is the one to use.

Shape letters: b batch, t frames (2), h and w patch rows and columns, d network width,
S code length, D codebook width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# of queries and keys of unit length
ATTENTION_SCALE = 8.0
# (stride, padding) of the convolutions that reduce the patch grid to S codes (nsvq.py)
REDUCTIONS = {
    1: ((2, 1), (1, 0)),
    2: ((2, 1), (1, 0)),
    4: ((2, 1), (1, 0)),
    16: ((2, 1), (2, 1)),
    64: ((2, 1),),
    256: ((2, 1),),
}


class Network(NamedTuple):
    """An official state dict (no `module.` prefix) and the two numbers that it does not hold."""

    weights: Mapping[str, Tensor]
    patch_size: int
    heads: int

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The weights under `prefix`, named without it."""
        cut = len(prefix) + 1
        return {k[cut:]: v for k, v in self.weights.items() if k.startswith(f"{prefix}.")}


def official_call(network: Network, video: Tensor, codes: Tensor | None = None) -> Tensor:
    """Imagine the second frame as the official program does.

    Args:
        network: official weights, patch size in pixels, attention heads.
        video: (b, 3, 2, H, W) float32 in [0, 1]: x_t and x_t+H.
        codes: (b, S) int64 codes to decode, or None for the inferred ones.

    Returns:
        (b, 3, H, W) float32, not clipped.

    Raises:
        ValueError: `video` is not a batch of frame pairs, or the code length is not one that
            the official network has.
    """
    if video.ndim != 5 or video.shape[1:3] != (3, 2):
        raise ValueError(
            f"a frame pair (b, 3, 2, H, W) is needed, this video is {tuple(video.shape)}"
        )
    embedded = embed(network, video)
    inferred, context = quantize(network, encode(network, embedded))
    if codes is not None:
        context = look_up(network, codes)
    return decode(network, embedded[:, :1], context)


def official_codes(network: Network, video: Tensor) -> Tensor:
    """The inferred latent actions (b, S) int64 of frame pairs (b, 3, 2, H, W)."""
    return quantize(network, encode(network, embed(network, video)))[0]


def embed(network: Network, video: Tensor) -> Tensor:
    """Patch embeddings (b, t, h, w, d); a patch's numbers are ordered channel, row, column."""
    weights = network.part("to_patch_emb_first_frame")
    p = network.patch_size
    b, c, t, height, width = video.shape
    grid = video.reshape(b, c, t, height // p, p, width // p, p)
    patches = grid.permute(0, 2, 3, 5, 1, 4, 6).reshape(b, t, height // p, width // p, c * p * p)
    x = F.layer_norm(patches, patches.shape[-1:], weights["1.weight"], weights["1.bias"])
    x = F.linear(x, weights["2.weight"], weights["2.bias"])
    return F.layer_norm(x, x.shape[-1:], weights["3.weight"], weights["3.bias"])


def encode(network: Network, embedded: Tensor) -> Tensor:
    """Spatial then temporal encoder over both frames: (b, t, h, w, d) in and out."""
    b, t, h, w, d = embedded.shape
    bias = position_bias(network, h, w)
    x = embedded.reshape(b * t, h * w, d)
    x = transformer(network, "enc_spatial_transformer", x, (b, t, h, w), bias=bias)
    x = x.reshape(b, t, h, w, d).permute(0, 2, 3, 1, 4).reshape(b * h * w, t, d)
    # PEG reads these (b·h·w, t) rows as (b, t, h, w): scrambled, and the weights rely on it
    x = transformer(network, "enc_temporal_transformer", x, (b, t, h, w))
    return x.reshape(b, h, w, t, d).permute(0, 3, 1, 2, 4)


def quantize(network: Network, encoded: Tensor) -> tuple[Tensor, Tensor]:
    """Nearest codes (b, S) of the change between the frames, and their context (b, S, d)."""
    codebook = network.weights["vq.codebooks"]
    first, last = (reduce(network, encoded[:, i]) for i in (0, 1))
    change = last - first
    distance = change.square().sum(1, keepdim=True) - 2 * change @ codebook.T
    distance = distance + codebook.square().sum(1)
    codes = distance.argmin(1).reshape(encoded.shape[0], -1)
    return codes, look_up(network, codes)


def reduce(network: Network, tokens: Tensor) -> Tensor:
    """One frame's tokens (b, h, w, d) down to S latents: (b·S, D)."""
    weights = network.part("vq")
    x = F.linear(tokens, weights["project_in.weight"], weights["project_in.bias"])
    x = x.permute(0, 3, 1, 2)
    for index, (stride, padding) in enumerate(REDUCTIONS[code_length(network, tokens)]):
        x = F.relu(x) if index else x
        name = f"cnn_encoder.{2 * index}"
        x = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding)
    return x.flatten(2).transpose(1, 2).reshape(-1, x.shape[1])


def code_length(network: Network, tokens: Tensor) -> int:
    """S follows from the grid and the kernels: try each known reduction on the grid's size."""
    kernels = [v.shape[2:] for k, v in network.weights.items() if _is_kernel(k)]
    for length, steps in REDUCTIONS.items():
        if len(steps) != len(kernels):
            continue
        size = list(tokens.shape[1:3])
        for (stride, padding), kernel in zip(steps, kernels, strict=True):
            size = [(n + 2 * padding - k) // stride + 1 for n, k in zip(size, kernel, strict=True)]
        if size[0] * size[1] == length:
            return length
    raise ValueError(f"no official code length fits a grid of {tuple(tokens.shape[1:3])} patches")


def _is_kernel(key: str) -> bool:
    return key.startswith("vq.cnn_encoder.") and key.endswith(".weight")


def look_up(network: Network, codes: Tensor) -> Tensor:
    """Codes (b, S) to decoder context (b, S, d); mixes channels between positions (nsvq.py:106)."""
    weights = network.part("vq")
    b, length = codes.shape
    mixed = weights["codebooks"][codes].reshape(b, -1, length).transpose(1, 2)
    return F.linear(mixed, weights["project_out.weight"], weights["project_out.bias"])


def decode(network: Network, first: Tensor, context: Tensor) -> Tensor:
    """x_t's patch embeddings (b, 1, h, w, d) and context (b, S, d) to pixels (b, 3, H, W)."""
    b, _, h, w, d = first.shape
    p = network.patch_size
    x = first.reshape(b, h * w, d)
    bias = position_bias(network, h, w)
    x = transformer(network, "dec_spatial_transformer", x, (b, 1, h, w), bias=bias, context=context)
    weights = network.part("to_pixels_first_frame")
    pixels = F.linear(x, weights["0.weight"], weights["0.bias"]).reshape(b, h, w, 3, p, p)
    return pixels.permute(0, 3, 1, 4, 2, 5).reshape(b, 3, h * p, w * p)


def position_bias(network: Network, h: int, w: int) -> Tensor:
    """Continuous position bias (heads, h·w, h·w) from signed log distances."""
    weights = network.part("spatial_rel_pos_bias.net")
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    place = torch.stack((rows.flatten(), columns.flatten()), dim=1)
    offset = place[:, None] - place[None]
    x = offset.sign() * torch.log(offset.abs() + 1.0)
    hidden = sorted({key.split(".")[0] for key in weights if key.count(".") == 2})
    for layer in hidden:
        x = F.linear(x, weights[f"{layer}.0.weight"], weights[f"{layer}.0.bias"])
        x = F.leaky_relu(x, 0.1)
    last = len(hidden)
    return F.linear(x, weights[f"{last}.weight"], weights[f"{last}.bias"]).permute(2, 0, 1)


def transformer(
    network: Network,
    name: str,
    x: Tensor,
    grid: tuple[int, int, int, int],
    *,
    bias: Tensor | None = None,
    context: Tensor | None = None,
) -> Tensor:
    """PEG, self-attention, cross-attention where it exists, and feed-forward, each residual."""
    depth = 0
    while weights := network.part(f"{name}.layers.{depth}"):
        x = peg(weights, x, grid) + x
        x = attention(weights, "1", network.heads, x, x, bias=bias) + x
        if context is not None:
            normed = _norm(weights, "2.context_norm", context)
            x = attention(weights, "2", network.heads, x, normed) + x
        x = feed_forward(weights, x) + x
        depth += 1
    return _norm(network.part(name), "norm_out", x)


def peg(weights: Mapping[str, Tensor], x: Tensor, grid: tuple[int, int, int, int]) -> Tensor:
    """Depthwise 3×3×3 convolution over (frames, rows, columns), causal in time."""
    volume = x.reshape(*grid, -1).permute(0, 4, 1, 2, 3)
    volume = F.pad(volume, (1, 1, 1, 1, 2, 0))
    kernel = weights["0.dsconv.weight"]
    out = F.conv3d(volume, kernel, weights["0.dsconv.bias"], groups=kernel.shape[0])
    return out.permute(0, 2, 3, 4, 1).reshape(x.shape)


def attention(
    weights: Mapping[str, Tensor],
    name: str,
    heads: int,
    x: Tensor,
    source: Tensor,
    *,
    bias: Tensor | None = None,
) -> Tensor:
    """Cosine attention; queries from the normalised x, keys and values from `source` as it is."""
    query = F.linear(_norm(weights, f"{name}.norm", x), weights[f"{name}.to_q.weight"])
    key, value = F.linear(source, weights[f"{name}.to_kv.weight"]).chunk(2, dim=-1)
    query, key, value = (_split(part, heads) for part in (query, key, value))
    null = weights.get(f"{name}.null_kv")
    if null is not None:
        null = null.expand(x.shape[0], -1, -1, -1)
        key = torch.cat((null[:, :, 0::2], key), dim=2)
        value = torch.cat((null[:, :, 1::2], value), dim=2)
    query = F.normalize(query, dim=-1) * weights[f"{name}.q_scale"]
    key = F.normalize(key, dim=-1) * weights[f"{name}.k_scale"]
    score = query @ key.transpose(-1, -2) * ATTENTION_SCALE
    score = score if bias is None else score + bias
    mixed = (score.softmax(-1) @ value).transpose(1, 2).flatten(2)
    return F.linear(mixed, weights[f"{name}.to_out.weight"])


def feed_forward(weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Gated feed-forward without biases."""
    x = F.layer_norm(x, x.shape[-1:], weights["3.0.weight"], weights["3.0.bias"])
    value, gate = F.linear(x, weights["3.1.weight"]).chunk(2, dim=-1)
    return F.linear(F.gelu(gate) * value, weights["3.4.weight"])


def _norm(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], weights[f"{name}.gamma"], weights[f"{name}.beta"])


def _split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)
