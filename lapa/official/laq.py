"""LAPA's LAQ checkpoints (`laq_openx.pt`): read safely, infer the configuration, rename the keys.

Everything here is dictionaries in, dictionaries out; the network itself is
`lapa.models.quantizer`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lapa.official.layout import GRIDS, HALVING, KERNELS, codes_of, faults, shapes
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


# the side of the frames in LAPA's own training scripts
USUAL_SIZE = 256


def read(
    path: str | os.PathLike[str], *, image_size: int | None = None, code_length: int | None = None
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The LAQConfig values and the tensors, under our names, of an official `.pt` file.

    Bare or `module.`-prefixed (distributed run) keys; nothing in the file is executed, and its
    tensors stay mapped until the caller copies them (`lapa.official.tensors`).

    Args:
        image_size, code_length: decide where the shapes fit several networks; the rest follows
            from the shapes.

    Raises:
        ValueError: not a tensor file, not a LAQ state dict, or several networks that it can be.
    """
    return from_official(read_tensors(Path(path)), image_size=image_size, code_length=code_length)


def from_official(
    state: Mapping[str, Tensor], *, image_size: int | None = None, code_length: int | None = None
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration values and renamed tensors of an official state dict (no prefix).

    Raises:
        ValueError: it is something else, a tensor is missing, too much or of another shape, or
            image_size and code_length leave no network or several.
    """
    used = {name: value for name, value in state.items() if not IDLE.search(name)}
    try:
        config = _infer(used)
        kernels = _kernels(used)
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(
            f"this state dict is not a LAPA latent action quantizer: {error} does not fit"
        ) from error
    config |= _reading(config["patch_size"], kernels, image_size, code_length)
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
    """Sizes that follow from shapes; the frame's and the number of codes do not."""
    pixels = state["to_patch_emb_first_frame.2.weight"].shape[1]
    patch_size = math.isqrt(pixels // 3)
    inner = state["enc_spatial_transformer.layers.0.1.to_q.weight"].shape[0]
    dim_head = state["enc_spatial_transformer.layers.0.1.q_scale"].shape[0]
    codebook_size, quant_dim = state["vq.codebooks"].shape
    depths = {
        name: len({k.split(".")[2] for k in state if k.startswith(f"{prefix}.layers.")})
        for name, prefix in (
            ("spatial_depth", "enc_spatial_transformer"),
            ("temporal_depth", "enc_temporal_transformer"),
            ("decoder_depth", "dec_spatial_transformer"),
        )
    }
    return {
        "patch_size": patch_size,
        "dim": state["vq.project_in.weight"].shape[1],
        "heads": inner // dim_head,
        "dim_head": dim_head,
        "codebook_size": codebook_size,
        "quant_dim": quant_dim,
        **depths,
    }


def _kernels(state: Mapping[str, Tensor]) -> tuple[tuple[int, ...], ...]:
    """The kernels of the reduction, of which LAPA has some."""
    layers = sorted(k for k in state if re.fullmatch(r"vq\.cnn_encoder\.\d+\.weight", k))
    kernels = tuple(tuple(state[name].shape[2:]) for name in layers)
    if kernels not in KERNELS.values():
        raise ValueError(f"vq.cnn_encoder with kernels {kernels}")
    return kernels


class SeveralNetworks(ValueError):
    """Weights whose shapes fit several networks. readings: what each would be, as the arguments
    that decide: image_size in pixels and code_length."""

    def __init__(self, readings: Sequence[Mapping[str, int]]) -> None:
        self.readings = tuple(dict(each) for each in readings)
        told = " or ".join(f"{r['image_size']} px with {r['code_length']} codes" for r in readings)
        super().__init__(
            f"these weights can be of two networks, {told}: say which with image_size= or "
            f"code_length= (on the command line --image-size, --code-length)"
        )


def _reading(
    patch_size: int,
    kernels: tuple[tuple[int, ...], ...],
    image_size: int | None,
    code_length: int | None,
) -> dict[str, Any]:
    """image_size, code_length and the kind of reduction.

    Kernels of 3×3 make 4 codes of 8×8 patches and 16 codes of 16×16, and the file says neither.
    Frames of LAPA's usual size decide where they leave the fewest codes; otherwise the caller has
    to. Small networks of no usual size have the release's 8×8 patches.
    """
    lengths = [length for length, found in KERNELS.items() if found == kernels]
    sizes = {length: image_size or patch_size * GRIDS[length] for length in lengths}
    fits = [
        length
        for length, size in sizes.items()
        if code_length in (None, length)
        and size % patch_size == 0
        and codes_of(size // patch_size, length) == length
    ]
    told = " or ".join(f"{patch_size * GRIDS[s]} px with {s} codes" for s in lengths)
    if not fits:
        asked = {"image_size": image_size, "code_length": code_length}
        words = " and ".join(f"{name} {value!r}" for name, value in asked.items() if value)
        raise ValueError(
            f"{words} does not fit these weights of patches of {patch_size} px: {told}"
        )
    first = fits[0]
    usual = USUAL_SIZE in sizes.values()
    clear = sizes[first] == USUAL_SIZE or (not usual and GRIDS[first] == GRIDS[4])
    if len(fits) > 1 and not clear:
        raise SeveralNetworks(
            [{"image_size": patch_size * GRIDS[s], "code_length": s} for s in lengths]
        )
    kind = "halving" if first >= HALVING else "conv"
    return {"image_size": sizes[first], "code_length": first, "reduce": kind}
