"""LAPA's LAQ checkpoints (`laq_openx.pt`): read safely, infer the configuration, rename the keys.

Everything here is dictionaries in, dictionaries out; the network itself is
`lapa.models.quantizer`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lapa.official.layout import KERNELS, faults, shapes
from lapa.official.tensors import read_tensors

Names = tuple[tuple[str, str], ...]
# (official name, ours) of whole modules, and of the parts of a transformer's layer
MODULES = (
    ("spatial_rel_pos_bias", "position_bias"),
    ("to_patch_emb_first_frame.1", "stem.net.0"),
    ("to_patch_emb_first_frame.2", "stem.net.1"),
    ("to_patch_emb_first_frame.3", "stem.net.2"),
    ("enc_spatial_transformer", "spatial"),
    ("enc_temporal_transformer", "temporal"),
    ("dec_spatial_transformer", "decoder"),
    ("to_pixels_first_frame.0", "head.project"),
    ("vq.project_in", "reduce.project"),
    ("vq.cnn_encoder", "reduce.convolutions"),
    ("vq.project_out", "to_context"),
    ("vq.codebooks", "codebook.vectors"),
)
LAYER_PARTS = (
    ("0.dsconv", "peg.conv"),
    ("1", "self_attention"),
    ("2", "cross_attention"),
    ("3.4", "feed_forward.3"),
    ("3", "feed_forward"),
)
LAYER = re.compile(r"(.+\.layers\.\d+)\.(.+)")
# in every official file, used by no computation: empty null tokens and an idle norm
IDLE = re.compile(r"\.layers\.\d+\.1\.(null_kv|context_norm\.(gamma|beta))$")


def read(path: str | os.PathLike) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The LAQConfig values and the tensors, under our names, of an official `.pt` file.

    Bare or `module.`-prefixed (distributed run) keys; nothing in the file is executed, and its
    tensors stay mapped until the caller copies them (`lapa.official.tensors`). `image_size`,
    `patch_size` and the rest follow from the shapes.

    Raises:
        ValueError: not a tensor file, or not a LAQ state dict.
    """
    return from_official(read_tensors(Path(path)))


def from_official(state: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration values and renamed tensors of an official state dict (no prefix).

    Raises:
        ValueError: it is something else, or a tensor is missing, too much or of another shape.
    """
    used = {name: value for name, value in state.items() if not IDLE.search(name)}
    try:
        config = _infer(used)
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(
            f"this state dict is not a LAPA latent action quantizer: {error} does not fit"
        ) from error
    wrong = faults(used, shapes(config))
    if wrong:
        raise ValueError(
            f"this state dict is not a whole LAPA latent action quantizer; {'; '.join(wrong)}"
        )
    ours = {our_name(key): value for key, value in used.items()}
    ours["codebook.vectors"] = ours["codebook.vectors"][None]
    # the official code does not save its usage counts
    ours.setdefault("codebook.usage", torch.zeros(1, config["codebook_size"], dtype=torch.int64))
    return config, ours


def to_official(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors of an official-layout network under the official names (idle ones left out)."""
    official = {official_name(k): v for k, v in state.items() if k != "codebook.usage"}
    official["vq.codebooks"] = official["vq.codebooks"][0]
    return official


def our_name(name: str) -> str:
    """Our name of an official parameter."""
    return _renamed(name, MODULES, LAYER_PARTS)


def official_name(name: str) -> str:
    """The official name of one of our parameters."""
    back = [tuple((ours, theirs) for theirs, ours in table) for table in (MODULES, LAYER_PARTS)]
    return _renamed(name, *back)


def _renamed(name: str, modules: Names, parts: Names) -> str:
    inside = LAYER.fullmatch(name)
    if inside is None:
        return _replaced(name, modules)
    return f"{_replaced(inside[1], modules)}.{_replaced(inside[2], parts)}"


def _replaced(name: str, names: Names) -> str:
    for old, new in names:
        if f"{name}.".startswith(f"{old}."):
            return new + name[len(old) :]
    return name


def _infer(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Sizes from shapes. The grid follows from the last reducing kernel, LAPA's is always 8×8."""
    pixels = state["to_patch_emb_first_frame.2.weight"].shape[1]
    patch_size = math.isqrt(pixels // 3)
    inner = state["enc_spatial_transformer.layers.0.1.to_q.weight"].shape[0]
    dim_head = state["enc_spatial_transformer.layers.0.1.q_scale"].shape[0]
    codebook_size, quant_dim = state["vq.codebooks"].shape
    kernel = tuple(state["vq.cnn_encoder.2.weight"].shape[2:])
    lengths = {shape: length for length, shape in KERNELS.items()}
    if kernel not in lengths:
        raise ValueError(f"vq.cnn_encoder.2.weight with kernel {kernel}")
    depths = {
        name: len({k.split(".")[2] for k in state if k.startswith(f"{prefix}.layers.")})
        for name, prefix in (
            ("spatial_depth", "enc_spatial_transformer"),
            ("temporal_depth", "enc_temporal_transformer"),
            ("decoder_depth", "dec_spatial_transformer"),
        )
    }
    return {
        "image_size": patch_size * 8,
        "patch_size": patch_size,
        "dim": state["vq.project_in.weight"].shape[1],
        "heads": inner // dim_head,
        "dim_head": dim_head,
        "code_length": lengths[kernel],
        "codebook_size": codebook_size,
        "quant_dim": quant_dim,
        **depths,
    }
