"""The image tokenizer that LAPA takes from Large World Model: its parameters, which are a pickle.

A pickle may name any function to be called. Here only the few that make numpy arrays are known,
jax's are answered with numpy's, and every other name is refused before anything of it runs.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy._core.multiarray import _reconstruct
from torch import Tensor

# bytes; the released file has 0.4 GB
LARGEST = 2_000_000_000
PARTS = {"scale": "weight", "kernel": "weight", "bias": "bias"}
RESIDUAL = {
    "GroupNorm_0": "norm1", "Conv_0": "conv1", "GroupNorm_1": "norm2", "Conv_1": "conv2",
    "Conv_2": "skip",
}  # fmt: skip
WHOLE = {"quant_conv": "to_code", "post_quant_conv": "from_code"}
ENDS = {"Conv_0": "first", "Conv_1": "last", "GroupNorm_0": "norm"}
SCALE = re.compile(r"(?:Down|Up)samplingBlock_(\d+)")


def read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The ImageTokenizerConfig values and the tensors, under our names, of the official file.

    Raises:
        FileNotFoundError: nothing there. ValueError: one sentence that says what was refused.
    """
    size = path.stat().st_size
    if not 0 < size <= LARGEST:
        raise ValueError(f"{path.name} has {size} bytes; accepted are 1 to {LARGEST}")
    with path.open("rb") as file:
        try:
            params = Reader(file, path.name).load()
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(f"{path.name} is not a pickle of arrays ({error})") from error
    return from_official(flat(params))


def from_official(params: Mapping[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration values and renamed tensors of official parameters by path.

    Raises:
        ValueError: it is something else.
    """
    try:
        config = _infer(params)
        state = {our_name(path, config): _tensor(path, value) for path, value in params.items()}
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise ValueError(f"these are no parameters of LAPA's image tokenizer ({error})") from error
    return config, state


def flat(tree: Any, path: str = "") -> dict[str, np.ndarray]:
    """Nested dictionaries of arrays as one, keys joined by "/"; a root "params" is left out."""
    if not isinstance(tree, Mapping) or not tree:
        raise ValueError("the file does not hold a dictionary of arrays")
    if set(tree) == {"params"}:
        return flat(tree["params"], path)
    arrays: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        at = f"{path}/{name}" if path else str(name)
        if isinstance(value, Mapping):
            arrays.update(flat(value, at))
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            arrays[at] = value
        else:
            raise ValueError(f"{at} is no array of numbers")
    return arrays


def our_name(path: str, config: Mapping[str, Any]) -> str:
    """Our name of an official parameter. Raises KeyError for a path that is none."""
    whole, *rest = path.split("/")
    if whole == "quantize":
        return {"embeddings": "codebook"}[rest[0]]
    if whole in WHOLE:
        return f"{WHOLE[whole]}.{PARTS[rest[0]]}"
    {"encoder": 0, "decoder": 0}[whole]
    part, *inner = rest
    if part in ENDS:
        return f"{whole}.{ENDS[part]}.{PARTS[inner[0]]}"
    if part == "MidBlock_0":
        return f"{whole}.middle.{_block(inner)}"
    scale = SCALE.fullmatch(part)
    if scale is None:
        raise KeyError(part)
    number = scale[1]
    if inner[0] in ("Downsample_0", "Upsample_0"):
        after = config["blocks"] + (whole == "decoder")
        return f"{whole}.scales.{number}.{after}.conv.{PARTS[inner[-1]]}"
    return f"{whole}.scales.{number}.{_block(inner)}"


def _block(inner: list[str]) -> str:
    block, layer, part = inner
    return f"{block.removeprefix('ResnetBlock_')}.{RESIDUAL[layer]}.{PARTS[part]}"


def _tensor(path: str, value: np.ndarray) -> Tensor:
    """As PyTorch has it: convolutions (out, in, h, w) instead of (h, w, in, out)."""
    tensor = torch.from_numpy(np.array(value, np.float32))
    return tensor.permute(3, 2, 0, 1).contiguous() if path.endswith("kernel") else tensor


def _infer(params: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Sizes from shapes; LWM's images have 256 pixels, which no shape tells."""
    scales = sorted({int(match[1]) for path in params if (match := SCALE.search(path))})
    blocks = {
        path.split("/")[2] for path in params if path.startswith("encoder/DownsamplingBlock_0/R")
    }
    widths = [
        int(params[f"encoder/DownsamplingBlock_{n}/ResnetBlock_0/Conv_0/kernel"].shape[-1])
        for n in scales
    ]
    size, dim = params["quantize/embeddings"].shape
    return {
        "image_size": 256,
        "widths": widths,
        "blocks": len(blocks),
        "latent": int(params["encoder/Conv_1/kernel"].shape[-1]),
        "codebook_size": int(size),
        "code_dim": int(dim),
    }


class Reader(pickle.Unpickler):
    """Knows the names of arrays and dictionaries, and no other."""

    def __init__(self, file: Any, name: str) -> None:
        super().__init__(file)
        self._name = name

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for; ValueError for a name that no array needs."""
        known = _known(f"{module}.{name}")
        if known is None:
            raise ValueError(
                f"{self._name} asks for {module}.{name}, which no parameters need; it was refused"
            )
        return known

    def persistent_load(self, pid: Any) -> Any:
        """Always ValueError: parameters lie in one file."""
        raise ValueError(f"{self._name} points to objects outside of it; it was refused")


def _known(name: str) -> Callable[..., Any] | None:
    # numpy writes it into every pickle and leaves it out of its types
    from numpy._core.numeric import _frombuffer  # type: ignore[attr-defined]

    return {
        "numpy.core.multiarray._reconstruct": _reconstruct,
        "numpy._core.multiarray._reconstruct": _reconstruct,
        "numpy.core.numeric._frombuffer": _frombuffer,
        "numpy._core.numeric._frombuffer": _frombuffer,
        "numpy.dtype": np.dtype,
        "numpy.ndarray": np.ndarray,
        "jax._src.array._reconstruct_array": _from_jax,
        "flax.core.frozen_dict.FrozenDict": dict,
    }.get(name)


def _from_jax(make: Any, arguments: Any, state: Any, *_: Any) -> np.ndarray:
    """A jax array as the numpy array that it was pickled from."""
    if make is not _reconstruct:
        raise ValueError("a jax array is made by another function than numpy's; it was refused")
    array: np.ndarray = _reconstruct(*arguments)
    array.__setstate__(state)
    return array
