"""LAPA's and LWM's parameter files: a stream of msgpack entries, read one array at a time.

An entry is [path, bytes]; the bytes are an array as flax writes it (shape, type, contents), in one
piece or in chunks. msgpack holds data only, so nothing in a file is executed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

# flax's number for an array among msgpack's extensions
ARRAY = 1
CHUNKED = "__msgpack_chunked_array__"
TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def read_params(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Every parameter as (path joined by "/", tensor), in the order of the file.

    Memory holds one array at a time, twice while it is unpacked.

    Raises:
        FileNotFoundError: nothing there. ValueError: not such a file, or cut off.
    """
    import msgpack

    entries = 0
    with path.open("rb") as file:
        unpacker = msgpack.Unpacker(file, raw=False, max_buffer_size=0, read_size=1 << 20)
        while True:
            try:
                found = next(unpacker, None)
                if found is None:
                    break
                name, told = found
                value = msgpack.unpackb(told, ext_hook=_array, raw=False, max_bin_len=2**32 - 1,
                                        max_ext_len=2**32 - 1, strict_map_key=False)  # fmt: skip
                yield "/".join(map(str, name)), _whole(value)
            except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
                raise ValueError(
                    f"{path.name} is no parameter file of LAPA or LWM: entry {entries} cannot be "
                    f"read ({error})"
                ) from error
            entries += 1
        if not entries or unpacker.tell() != path.stat().st_size:
            raise ValueError(f"{path.name} is empty or cut off after {entries} parameters")


def _array(kind: int, data: bytes) -> Any:
    import msgpack

    if kind != ARRAY:
        raise ValueError(f"an extension of kind {kind}")
    shape, name, contents = msgpack.unpackb(data, raw=False, max_bin_len=2**32 - 1)
    if name not in TYPES:
        raise ValueError(f"an array of {name}; accepted are {', '.join(TYPES)}")
    kept = np.frombuffer(contents, np.uint8).copy()
    return torch.from_numpy(kept).view(TYPES[name]).reshape(tuple(shape))


def _whole(value: Any) -> Tensor:
    """An array, put together if it came in chunks."""
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, dict) or not value.get(CHUNKED):
        raise ValueError("it is no array")
    shape = _listed(value["shape"])
    flat = torch.cat([part.reshape(-1) for part in _listed(value["chunks"])])
    if flat.numel() != math.prod(shape):
        raise ValueError("its chunks do not make up its shape")
    return flat.reshape(tuple(shape))


def _listed(value: Any) -> list[Any]:
    """flax writes a tuple as a map from "0", "1", … to its items."""
    return [value[str(place)] for place in range(len(value))] if isinstance(value, dict) else value
