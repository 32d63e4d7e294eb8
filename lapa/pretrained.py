"""Checkpoint folders: config.json + model.safetensors, on disk or on the Hugging Face Hub.

SHA256SUMS beside the weights tells when they were damaged on the way. Also the strict loading that
names what differs. Nothing here unpickles.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from lapa.files import SUMS, check_sums, read_json, save_tensors, write_sums, write_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CONFIG, WEIGHTS = "config.json", "model.safetensors"
# of a Hub repository: weights, configurations, a policy's words and bins; no pickles
FETCHED = ["*.safetensors", "*.json", "*.model", "*.csv", SUMS]
# how a field is annotated -> what its values are
NUMBERS: dict[Any, tuple[type, ...]] = {"int": (int,), "float": (int, float)}
Config = TypeVar("Config", bound="DataclassInstance")
Network = TypeVar("Network", bound=nn.Module)
# of weights in several files; memory holds one of them while it is written
INDEX, SHARD_BYTES = "model.safetensors.index.json", 2_000_000_000


def resolve(source: str | os.PathLike[str]) -> Path:
    """The local folder or file behind `source`; a Hub id ("owner/name") is downloaded.

    Raises:
        FileNotFoundError: nothing is there, locally or on the Hub.
    """
    path = Path(source)
    if path.exists():
        return path
    text = str(source)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _download(text)
    raise FileNotFoundError(
        f"no checkpoint at {text!r}: give a folder with {CONFIG} and {WEIGHTS}, "
        'an official .pt file, or a Hub id such as "owner/name"'
    )


def _download(repo_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo_id, allow_patterns=FETCHED))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise FileNotFoundError(
            f"{repo_id!r} is neither a local folder nor a Hub checkpoint that can be reached "
            f"({type(error).__name__})"
        ) from error


def save(folder: str | os.PathLike[str], config: dict[str, Any], state: dict[str, Tensor]) -> None:
    """Write config.json, model.safetensors and its checksum into `folder`, made if needed.

    Raises:
        OSError: the disk is full or not to be written to.
    """
    folder = Path(folder)
    save_config(folder, config)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    (folder / SUMS).unlink(missing_ok=True)
    save_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
    # safetensors writes for the owner alone; a checkpoint is read by whoever may read its config
    (folder / WEIGHTS).chmod((folder / CONFIG).stat().st_mode & 0o777)
    write_sums(folder, [WEIGHTS])


def save_config(folder: Path, config: dict[str, Any]) -> None:
    """Write config.json into `folder`, made if needed."""
    write_text(folder / CONFIG, json.dumps(config, indent=2) + "\n")


def save_sharded(
    folder: Path, tensors: Iterable[tuple[str, Tensor]], *, shard_bytes: int = SHARD_BYTES
) -> None:
    """Write tensors as they come into files of about `shard_bytes`, and an index of them, as
    transformers names both. Memory holds one shard."""
    (folder / SUMS).unlink(missing_ok=True)
    shard: dict[str, Tensor] = {}
    where: dict[str, str] = {}
    number = total = held = 0

    def flush() -> None:
        nonlocal shard, number, held
        number += 1
        name = f"model-{number:05d}.safetensors"
        save_tensors(folder / name, shard, {"format": "pt"})
        where.update(dict.fromkeys(shard, name))
        shard, held = {}, 0

    for name, tensor in tensors:
        if shard and held + tensor.nbytes > shard_bytes:
            flush()
        shard[name] = tensor.detach().cpu().contiguous().clone()
        held, total = held + tensor.nbytes, total + tensor.nbytes
    flush()
    index = {"metadata": {"total_size": total}, "weight_map": where}
    write_text(folder / INDEX, json.dumps(index, indent=2) + "\n")
    write_sums(folder, list(dict.fromkeys(where.values())))


def load_config(folder: Path) -> dict[str, Any]:
    """The values of config.json.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        config = read_json(folder / CONFIG)
    except ValueError as error:
        raise ValueError(f"{folder / CONFIG} is not valid JSON ({error})") from error
    if not isinstance(config, dict):
        raise ValueError(f"{folder / CONFIG} holds a {type(config).__name__}, not an object")
    return config


def config_of(cls: type[Config], values: dict[str, Any], what: str) -> Config:
    """A config dataclass from plain values.

    Raises:
        ValueError: an unknown field, by name, or a value of another type; what: whose fields they
            are.
    """
    unknown = sorted(set(values) - {field.name for field in fields(cls)})
    if unknown:
        raise ValueError(f"unknown fields of {what}: {', '.join(unknown)}")
    for field in fields(cls):
        kinds = NUMBERS.get(str(field.type))
        if field.name in values and kinds is not None:
            value: Any = values[field.name]
            number = isinstance(value, kinds) and not isinstance(value, bool)
            if not number or not math.isfinite(value):
                raise ValueError(f"{field.name} of {what} is {value!r:.40}, no {field.type}")
    try:
        return cls(**values)
    except (TypeError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"these are not the fields of {what}: {error}") from error


def built(make: Callable[[], Network], name: str) -> Network:
    """The network that `make` makes of a configuration; name: of its source, for what is said.

    Raises:
        ValueError: its sizes are none that a network can have here.
    """
    try:
        return make()
    except (TypeError, RuntimeError, MemoryError, OverflowError, ZeroDivisionError) as error:
        told = str(error).split("\n")[0][:160]
        raise ValueError(
            f"the configuration of {name} asks for a network that cannot be built ({told})"
        ) from error


def load_config_of(folder: Path) -> dict[str, Any]:
    """The config values of a checkpoint folder.

    Raises:
        FileNotFoundError: a file of it is missing. ValueError: config.json cannot be read.
    """
    sharded = (folder / INDEX).is_file()
    for name in (CONFIG, INDEX if sharded else WEIGHTS):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder} is not a checkpoint folder: it has no {name} "
                f"(needed: {CONFIG} and {WEIGHTS})"
            )
    return load_config(folder)


def tensors(folder: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a checkpoint folder, one at a time.

    Raises:
        ValueError: a file cannot be read, or is not the one that was saved.
    """
    try:
        for file in _weights(folder):
            with safe_open(file, "pt"):
                pass
        check_sums(folder)
        for file in _weights(folder):
            with safe_open(file, "pt") as opened:
                for name in opened.keys():  # noqa: SIM118
                    yield name, opened.get_tensor(name)
    except (
        SafetensorError,
        OSError,
        KeyError,
        TypeError,
        AttributeError,
        json.JSONDecodeError,
    ) as error:
        raise ValueError(
            f"{folder / WEIGHTS} is not a readable safetensors file ({error})"
        ) from error


def _weights(folder: Path) -> list[Path]:
    """The files of weights, one or several."""
    if not (folder / INDEX).is_file():
        return [folder / WEIGHTS]
    index = read_json(folder / INDEX)
    names = index["weight_map"].values()
    # a name out of the folder is none that was written here
    return [folder / Path(name).name for name in dict.fromkeys(names)]


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config values and the tensors of a checkpoint folder.

    Raises:
        FileNotFoundError: a file is missing. ValueError: a file cannot be read.
    """
    config = load_config_of(folder)
    return config, dict(tensors(folder))


def load_strictly(module: nn.Module, state: dict[str, Tensor], name: str) -> None:
    """Load `state` into `module`; every key and shape must agree, and every number be one.

    Raises:
        ValueError: naming the missing, the unexpected and the misshapen keys, or the tensors that
            hold NaN or infinity.
    """
    own = module.state_dict()
    faults = {
        "missing": sorted(set(own) - set(state)),
        "unexpected": sorted(set(state) - set(own)),
        "of another shape": sorted(
            f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
            for key in set(own) & set(state)
            if own[key].shape != state[key].shape
        ),
    }
    misfits = [f"{what}: {_short(keys)}" for what, keys in faults.items() if keys]
    if misfits:
        raise ValueError(
            f"the weights of {name} do not fit its configuration; {'; '.join(misfits)}"
        )
    check_numbers(state, name, own)
    with torch.no_grad():
        module.load_state_dict(state, strict=True)


def check_numbers(
    state: Mapping[str, Tensor], name: str, wanted: Mapping[str, Tensor] | None = None
) -> None:
    """Raises ValueError where weights are NaN or infinite, also once they are of the type of
    `wanted`; name: of the source, for what is said."""
    types = {key: value.dtype for key, value in (wanted or state).items()}
    odd = {key: _odd_numbers(value, types.get(key, value.dtype)) for key, value in state.items()}
    broken = [f"{key} ({count} of {state[key].numel()})" for key, count in odd.items() if count]
    if broken:
        raise ValueError(f"the weights of {name} hold NaN or infinity: {_short(broken)}")


def _odd_numbers(value: Tensor, dtype: torch.dtype) -> int:
    """How many numbers of a tensor are NaN or infinite, as they are or as `dtype`."""
    if not (value.is_floating_point() or value.is_complex()):
        return 0
    finite = value.float().isfinite() if value.element_size() == 1 else value.isfinite()
    if dtype.is_floating_point:
        finite = finite & value.to(dtype).float().isfinite()
    return int((~finite).sum())


def _short(keys: list[str], most: int = 6) -> str:
    rest = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + rest
