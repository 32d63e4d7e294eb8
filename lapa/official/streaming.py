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
# what sizes, types and nestings that nobody would write end in
_DAMAGE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError,
    MemoryError, RecursionError,
)  # fmt: skip
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
                entry = next(unpacker, None)
                if entry is None:
                    break
                name, packed = entry
                value = msgpack.unpackb(packed, ext_hook=_array, raw=False, max_bin_len=2**32 - 1,
                                        max_ext_len=2**32 - 1, strict_map_key=False)  # fmt: skip
                yield "/".join(map(str, name)), _whole(value)
            except (*_DAMAGE, msgpack.UnpackException) as error:
                raise _unreadable(path, entries, error) from error
            entries += 1
        if not entries or unpacker.tell() != path.stat().st_size:
            raise ValueError(f"{path.name} is empty or cut off after {entries} parameters")


def _unreadable(path: Path, entry: int, error: Exception) -> ValueError:
    told = str(error).split("\n")[0][:200] or type(error).__name__
    return ValueError(
        f"{path.name} is no parameter file of LAPA or LWM: entry {entry} cannot be read ({told})"
    )


def _array(kind: int, data: bytes) -> Any:
    import msgpack

    if kind != ARRAY:
        raise ValueError(f"an extension of kind {kind}")
    shape, name, contents = msgpack.unpackb(data, raw=False, max_bin_len=2**32 - 1)
    if name not in TYPES:
        raise ValueError(f"an array of {name}; accepted are {', '.join(TYPES)}")
    own = np.frombuffer(contents, np.uint8).copy()
    return torch.from_numpy(own).view(TYPES[name]).reshape(tuple(shape))


def _whole(value: Any) -> Tensor:
    """An array, put together if it came in chunks."""
    if isinstance(value, Tensor):
        return value
    if not isinstance(value, dict) or not value.get(CHUNKED):
        raise ValueError("it is no array")
    shape = _items(value["shape"])
    flat = torch.cat([part.reshape(-1) for part in _items(value["chunks"])])
    if flat.numel() != math.prod(shape):
        raise ValueError("its chunks do not make up its shape")
    return flat.reshape(tuple(shape))


def _items(value: Any) -> list[Any]:
    """flax writes a tuple as a map from "0", "1", … to its items."""
    return [value[str(place)] for place in range(len(value))] if isinstance(value, dict) else value
