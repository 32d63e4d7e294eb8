"""A checkpoint folder of unknown origin, held against its own configuration before it is loaded.

`from_pretrained` builds whatever network config.json asks for and reads whatever model.safetensors
holds. Here both are only looked at: the sizes asked for must be sensible, and the header of the
weights must name exactly the tensors of that network, in the bytes that the file has.
"""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch

from lapa.files import parsed, read_json
from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.pretrained import CONFIG, WEIGHTS

# far beyond any quantizer that was published, and still harmless to build
LARGEST = {
    "image_size": 512,
    "patch_size": 512,
    "dim": 4096,
    "heads": 64,
    "dim_head": 512,
    "spatial_depth": 64,
    "temporal_depth": 64,
    "decoder_depth": 64,
    "code_length": 256,
    "codebook_size": 65536,
    "quant_dim": 4096,
    "gap_seconds": 60,
}
# patches a side, channels
WIDEST_GRID, WIDEST_STEM = 32, 2048
# bytes
LARGEST_CONFIG, LARGEST_HEADER = 1_000_000, 8_000_000
# of a number, by the names of safetensors
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
BYTES["BOOL"] = 1
Shape = tuple[int, ...]


def check_folder(folder: Path) -> LAQConfig:
    """The configuration of a checkpoint folder whose two files fit each other.

    Takes no more memory than the two headers.

    Raises:
        ValueError: one sentence that says what is wrong with which file.
    """
    config = read_config(folder / CONFIG)
    header, network = read_header(folder / WEIGHTS), shapes(config)
    faults = {
        "missing": sorted(set(network) - set(header)),
        "unexpected": sorted(set(header) - set(network)),
        "of another shape": sorted(
            name for name in set(header) & set(network) if header[name] != network[name]
        ),
    }
    misfits = [f"{what}: {_few(names)}" for what, names in faults.items() if names]
    if misfits:
        raise ValueError(f"{WEIGHTS} does not fit {CONFIG}; {'; '.join(misfits)}")
    return config


def read_config(path: Path) -> LAQConfig:
    """The configuration in config.json. Raises ValueError where a size is not to be built."""
    if path.stat().st_size > LARGEST_CONFIG:
        raise ValueError(f"{CONFIG} is far too large for a configuration")
    try:
        values = read_json(path)
    except ValueError as error:
        raise ValueError(f"{CONFIG} is not valid JSON") from error
    if not isinstance(values, dict):
        raise ValueError(f"{CONFIG} holds a {type(values).__name__}, not an object")
    try:
        check_sizes(values)
        return LAQConfig.from_dict(values)
    except (TypeError, KeyError, OverflowError, ZeroDivisionError) as error:
        raise ValueError(f"{CONFIG} is not the configuration of a quantizer") from error


def shapes(config: LAQConfig) -> dict[str, Shape]:
    """The tensors of the network that a configuration asks for, without building it."""
    with torch.device("meta"):
        state = LatentActionQuantizer(config).state_dict()
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def read_header(path: Path) -> dict[str, Shape]:
    """Names and shapes of the tensors in a safetensors file; their bytes are not read.

    Raises:
        ValueError: it is no such file, or its tensors do not take exactly the bytes it has.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(LARGEST_HEADER, size - 8):
            raise _no_weights("it does not begin like one")
        text = file.read(length)
    try:
        header = parsed(text)
        header.pop("__metadata__", None)
        ranges = sorted(_range(each) for each in header.values())
        tensors = {str(name): tuple(each["shape"]) for name, each in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_weights("its header is damaged") from error
    at = 0
    for start, end in ranges:
        if start != at:
            raise _no_weights("its tensors overlap or leave gaps")
        at = end
    if at != size - 8 - length:
        raise _no_weights(f"its tensors take {at} bytes, and it has {size - 8 - length} for them")
    return tensors


def _range(entry: dict[str, Any]) -> tuple[int, int]:
    """Where a tensor's bytes lie. Raises ValueError where they are not as many as it needs."""
    start, end = entry["data_offsets"]
    whole = all(type(n) is int and n >= 0 for n in (start, end, *entry["shape"]))
    if not whole or end - start != math.prod(entry["shape"]) * BYTES[entry["dtype"]]:
        raise ValueError("a tensor that does not fill its bytes")
    return start, end


def check_sizes(values: dict[str, Any]) -> None:
    """Raises ValueError where a configuration asks for more than any quantizer needs."""
    unknown = sorted(set(values) - {field.name for field in fields(LAQConfig)})
    if unknown:
        raise ValueError(f"{CONFIG} is not that of a quantizer; unknown: {_few(unknown)}")
    for name, most in LARGEST.items():
        if not values.get(name, 1) <= most:
            raise ValueError(f"{CONFIG} asks for {name} {values[name]!r:.20}; at most {most}")
    widths = values.get("stem_widths", ())
    if len(widths) > 8 or any(not 1 <= width <= WIDEST_STEM for width in widths):
        raise ValueError(f"{CONFIG} asks for stem_widths {widths!r:.40}")
    grid = values.get("image_size", 256) / values.get("patch_size", 32)
    if grid > WIDEST_GRID:
        raise ValueError(
            f"{CONFIG} asks for {grid:.0f} patches a side; at most {WIDEST_GRID} are accepted"
        )


def _no_weights(why: str) -> ValueError:
    return ValueError(f"{WEIGHTS} is not a readable safetensors file: {why}")


def _few(names: list[str], most: int = 3) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(name[:60] for name in names[:most]) + rest
