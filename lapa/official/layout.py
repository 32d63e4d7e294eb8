"""Every tensor of the official network by its official name, with the shape that a config gives it.

So that a file can be held against it before any memory is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = tuple[int, ...]
# S -> the kernels of the convolutions that reduce the patch grid to S codes
KERNELS = {
    1: ((3, 3), (4, 4)),
    2: ((3, 3), (3, 4)),
    4: ((3, 3), (3, 3)),
    16: ((3, 3), (3, 3)),
    64: ((3, 3),),
    256: ((3, 3),),
}
# S -> patches a side of the grid that they are made for
GRIDS = {1: 8, 2: 8, 4: 8, 16: 16, 64: 16, 256: 32}
# from 16 codes on every convolution halves the grid, below only the first
HALVING = 16
# learned key and value pairs of cross-attention
NULLS = 2


def shapes(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Official name -> shape, of all that the computation uses (not the idle tensors)."""
    dim, width = config["dim"], config["quant_dim"]
    pixels = 3 * config["patch_size"] ** 2
    return {
        **_position_bias(dim, config["heads"]),
        **_under("to_patch_emb_first_frame.1", _both(pixels)),
        **_under("to_patch_emb_first_frame.2", {"weight": (dim, pixels), "bias": (dim,)}),
        **_under("to_patch_emb_first_frame.3", _both(dim)),
        **_transformer("enc_spatial_transformer", config["spatial_depth"], config),
        **_transformer("enc_temporal_transformer", config["temporal_depth"], config),
        **_transformer("dec_spatial_transformer", config["decoder_depth"], config, cross=True),
        **_under("to_pixels_first_frame.0", {"weight": (pixels, dim), "bias": (pixels,)}),
        **_under("vq.project_in", {"weight": (width, dim), "bias": (width,)}),
        **_under("vq.project_out", {"weight": (dim, width), "bias": (dim,)}),
        **_convolutions(width, KERNELS[config["code_length"]]),
        "vq.codebooks": (config["codebook_size"], width),
    }


def codes_of(grid: int, length: int) -> int:
    """How many codes the convolutions made for `length` leave of grid × grid patches."""
    places = [(grid + 1) // 2] * 2
    for kernel in KERNELS[length][1:]:
        halved = length >= HALVING
        places = [
            (n + 1) // 2 if halved else max(n - k + 1, 0)
            for n, k in zip(places, kernel, strict=True)
        ]
    return places[0] * places[1]


def faults(state: Mapping[str, Any], expected: Mapping[str, Shape]) -> list[str]:
    """What is missing, unexpected or of another shape, in words; empty if all fits."""
    misfits = {
        "missing": sorted(set(expected) - set(state)),
        "unexpected": sorted(set(state) - set(expected)),
        "of another shape": sorted(
            f"{name} {tuple(state[name].shape)} instead of {shape}"
            for name, shape in expected.items()
            if name in state and tuple(state[name].shape) != shape
        ),
    }
    return [f"{what}: {_short(names)}" for what, names in misfits.items() if names]


def _transformer(
    name: str, depth: int, config: Mapping[str, Any], *, cross: bool = False
) -> dict[str, Shape]:
    dim = config["dim"]
    hidden = int(dim * 4 * 2 / 3)
    parts: dict[str, Shape] = _under("norm_out", _norm(dim))
    for layer in range(depth):
        inside = {
            **_under("0.dsconv", {"weight": (dim, 1, 3, 3, 3), "bias": (dim,)}),
            **_under("1", _attention(config)),
            **(_under("2", _attention(config, cross=True)) if cross else {}),
            **_under("3.0", _both(dim)),
            "3.1.weight": (2 * hidden, dim),
            "3.4.weight": (dim, hidden),
        }
        parts |= _under(f"layers.{layer}", inside)
    return _under(name, parts)


def _attention(config: Mapping[str, Any], *, cross: bool = False) -> dict[str, Shape]:
    dim, heads, head = config["dim"], config["heads"], config["dim_head"]
    inner = heads * head
    shapes: dict[str, Shape] = {
        "q_scale": (head,),
        "k_scale": (head,),
        **_under("norm", _norm(dim)),
        "to_q.weight": (inner, dim),
        "to_kv.weight": (2 * inner, dim),
        "to_out.weight": (dim, inner),
    }
    if cross:
        shapes |= {"null_kv": (heads, 2 * NULLS, head), **_under("context_norm", _norm(dim))}
    return shapes


def _position_bias(dim: int, heads: int) -> dict[str, Shape]:
    parts = {"0.0": (dim, 2), "1.0": (dim, dim), "2": (heads, dim)}
    return {
        f"spatial_rel_pos_bias.net.{name}.{kind}": shape if kind == "weight" else shape[:1]
        for name, shape in parts.items()
        for kind in ("weight", "bias")
    }


def _both(size: int) -> dict[str, Shape]:
    return {"weight": (size,), "bias": (size,)}


def _norm(size: int) -> dict[str, Shape]:
    return {"gamma": (size,), "beta": (size,)}


def _convolutions(width: int, kernels: tuple[Shape, ...]) -> dict[str, Shape]:
    """Those of the reduction, with an activation between two."""
    parts: dict[str, Shape] = {}
    for number, kernel in enumerate(kernels):
        shapes = {"weight": (width, width, *kernel), "bias": (width,)}
        parts |= _under(f"vq.cnn_encoder.{2 * number}", shapes)
    return parts


def _under(prefix: str, parts: Mapping[str, Shape]) -> dict[str, Shape]:
    return {f"{prefix}.{name}": shape for name, shape in parts.items()}


def _short(names: list[str], most: int = 3) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
