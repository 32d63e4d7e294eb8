"""LAPA-7B's and LWM's parameters under our names: dictionaries in, dictionaries out.

Official kernels are (in, out) and their rotary pairs lie beside each other; PyTorch's linear layers
are (out, in) and transformers' Llama keeps the first of every pair in the first half of a head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lapa.official.streaming import read_params

TABLES = {"wte": "text", "vte": "vision", "dte": "latent", "ate": "action"}
HEADS = {
    "lm_head": "text", "vision_head": "vision", "delta_head": "latent", "action_head": "action",
}  # fmt: skip
LAYER = {
    "attention/wq/kernel": "self_attn.q_proj.weight",
    "attention/wk/kernel": "self_attn.k_proj.weight",
    "attention/wv/kernel": "self_attn.v_proj.weight",
    "attention/wo/kernel": "self_attn.o_proj.weight",
    "feed_forward/w1/kernel": "mlp.gate_proj.weight",
    "feed_forward/w2/kernel": "mlp.down_proj.weight",
    "feed_forward/w3/kernel": "mlp.up_proj.weight",
    "attention_norm/kernel": "input_layernorm.weight",
    "ffn_norm/kernel": "post_attention_layernorm.weight",
}
ONE = re.compile(r"transformer/h/(\d+|scan_decoder)/(.+)")
# numbers of a head in LLaMA of every size, and of the small models of the tests
HEAD_DIM = 128


def config(path: Path, *, heads: int | None = None) -> dict[str, Any]:
    """Configuration values of an official file, which is read through for them.

    heads: attention heads, which no shape tells; by default as many as 128 numbers each make up.

    Raises:
        ValueError: it is something else.
    """
    shapes = {
        name: torch.empty(value.shape, device="meta") for name, value in tensors(path, heads=heads)
    }
    return config_of(shapes, heads)


def tensors(path: Path, *, heads: int | None = None) -> Iterator[tuple[str, Tensor]]:
    """The parameters of an official file under our names, one at a time."""
    return renamed(read_params(path), heads)


def renamed(
    params: Iterable[tuple[str, Tensor]], heads: int | None
) -> Iterator[tuple[str, Tensor]]:
    """Our names and layout, one after the other; stacked layers are taken apart.

    Raises:
        ValueError: naming a parameter that no such model has.
    """
    for path, value in params:
        path = path.removeprefix("params/")
        whole, _, rest = path.partition("/")
        match = ONE.fullmatch(path)
        stacked = match is not None and match[1] == "scan_decoder"
        _check_shape(path, value, stacked=stacked)
        if match and match[2] in LAYER:
            parts = value.unbind(0) if stacked else [value]
            first = 0 if stacked else int(match[1])
            for number, part in enumerate(parts, start=first):
                yield f"trunk.layers.{number}.{LAYER[match[2]]}", _transposed(part, match[2], heads)
        elif whole in HEADS and rest == "kernel":
            yield f"heads.{HEADS[whole]}.weight", value.T.contiguous()
        elif path == "transformer/ln_f/kernel":
            yield "trunk.norm.weight", value
        elif whole == "transformer" and rest.removesuffix("/embedding") in TABLES:
            yield f"embeddings.{TABLES[rest.removesuffix('/embedding')]}.weight", value
        else:
            raise ValueError(f"{path} is no parameter of LAPA's vision-language model")


def _check_shape(path: str, value: Tensor, *, stacked: bool) -> None:
    """Raise ValueError unless a norm is a vector and all else a matrix, or a stack of them."""
    wanted = 1 if path.rpartition("/")[0].endswith(("norm", "ln_f")) else 2
    if value.ndim != wanted + stacked or not value.numel():
        raise ValueError(f"{path} has the shape {tuple(value.shape)}, which no such model has")


def _transposed(value: Tensor, kind: str, heads: int | None) -> Tensor:
    if value.ndim == 1:
        return value
    if kind.startswith(("attention/wq", "attention/wk")):
        width = value.shape[1]
        number = heads or _heads(width)
        if width % (2 * number):
            raise ValueError(f"{kind} is {width} wide, which {number} heads cannot share")
        # (…, pair, first or second) -> (…, first or second, pair)
        paired = value.T.reshape(number, width // number // 2, 2, value.shape[0])
        return paired.transpose(1, 2).reshape(width, value.shape[0]).contiguous()
    return value.T.contiguous()


def _heads(width: int) -> int:
    if width % HEAD_DIM:
        raise ValueError(
            f"the attention is {width} wide, which is no multiple of {HEAD_DIM}; give `heads`"
        )
    return width // HEAD_DIM


def config_of(state: Mapping[str, Tensor], heads: int | None) -> dict[str, Any]:
    """Configuration values from tensors under our names, which may be empty shapes.

    Raises:
        ValueError: something is missing.
    """
    try:
        numbers = {int(name.split(".")[2]) for name in state if name.startswith("trunk.layers.")}
        dim = state["trunk.norm.weight"].shape[0]
        kinds = ("text", "vision", "latent")
        sizes = {kind: state[f"heads.{kind}.weight"].shape[0] for kind in kinds}
        action = state.get("heads.action.weight", torch.empty(0)).shape[0]
        hidden = state["trunk.layers.0.mlp.gate_proj.weight"].shape[0]
    except KeyError as error:
        raise ValueError(f"the file lacks {error}") from error
    if numbers != set(range(len(numbers))):
        raise ValueError(f"the file lacks layers: it has {sorted(numbers)}")
    return {
        "dim": dim, "layers": len(numbers), "heads": heads or _heads(dim), "hidden": hidden,
        **sizes, "action": action,
    }  # fmt: skip
