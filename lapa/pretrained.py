"""Checkpoint folders: config.json + model.safetensors, on disk or on the Hugging Face Hub.

Also the strict loading that names what differs. Nothing here unpickles.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

CONFIG, WEIGHTS = "config.json", "model.safetensors"
Config = TypeVar("Config")
INDEX, SHARD_BYTES = "model.safetensors.index.json", 2_000_000_000


def resolve(source: str | os.PathLike) -> Path:
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
        return Path(snapshot_download(repo_id, allow_patterns=["*.safetensors", "*.json"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise FileNotFoundError(
            f"{repo_id!r} is neither a local folder nor a Hub checkpoint that can be reached "
            f"({type(error).__name__})"
        ) from error


def save(folder: str | os.PathLike, config: dict[str, Any], state: dict[str, Tensor]) -> None:
    """Write config.json and model.safetensors into `folder`, made if needed."""
    folder = Path(folder)
    save_config(folder, config)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    # safetensors writes for the owner alone; a checkpoint is read by whoever may read its config
    (folder / WEIGHTS).chmod((folder / CONFIG).stat().st_mode & 0o777)


def save_config(folder: Path, config: dict[str, Any]) -> None:
    """Write config.json into `folder`, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")


def save_sharded(
    folder: Path, tensors: Iterable[tuple[str, Tensor]], *, shard_bytes: int = SHARD_BYTES
) -> None:
    """Write tensors as they come into files of about `shard_bytes`, and an index of them, as
    transformers names both. Memory holds one shard."""
    folder.mkdir(parents=True, exist_ok=True)
    shard: dict[str, Tensor] = {}
    where: dict[str, str] = {}
    number = total = held = 0

    def flush() -> None:
        nonlocal shard, number, held
        number += 1
        name = f"model-{number:05d}.safetensors"
        save_file(shard, folder / name, metadata={"format": "pt"})
        where.update(dict.fromkeys(shard, name))
        shard, held = {}, 0

    for name, tensor in tensors:
        if shard and held + tensor.nbytes > shard_bytes:
            flush()
        shard[name] = tensor.detach().cpu().contiguous().clone()
        held, total = held + tensor.nbytes, total + tensor.nbytes
    flush()
    told = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / INDEX).write_text(json.dumps(told, indent=2) + "\n")


def load_config(folder: Path) -> dict[str, Any]:
    """The values of config.json.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        config = json.loads((folder / CONFIG).read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{folder / CONFIG} is not valid JSON ({error})") from error
    if not isinstance(config, dict):
        raise ValueError(f"{folder / CONFIG} holds a {type(config).__name__}, not an object")
    return config


def config_of(cls: type[Config], values: dict[str, Any], what: str) -> Config:
    """A config dataclass from plain values.

    Raises:
        ValueError: an unknown field, by name; what: whose fields they are.
    """
    unknown = sorted(set(values) - set(cls.__dataclass_fields__))
    if unknown:
        raise ValueError(f"unknown fields of {what}: {', '.join(unknown)}")
    return cls(**values)


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
        ValueError: a file cannot be read.
    """
    try:
        for file in _weights(folder):
            with safe_open(file, "pt") as opened:
                for name in opened.keys():  # noqa: SIM118
                    yield name, opened.get_tensor(name)
    except (SafetensorError, OSError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{folder / WEIGHTS} is not a readable safetensors file ({error})"
        ) from error


def _weights(folder: Path) -> list[Path]:
    """The files of weights, one or several."""
    if not (folder / INDEX).is_file():
        return [folder / WEIGHTS]
    names = json.loads((folder / INDEX).read_text())["weight_map"].values()
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
    told = [f"{what}: {_short(keys)}" for what, keys in faults.items() if keys]
    if told:
        raise ValueError(f"the weights of {name} do not fit its configuration; " + "; ".join(told))
    odd = {key: _odd_numbers(value) for key, value in state.items()}
    broken = [f"{key} ({count} of {state[key].numel()})" for key, count in odd.items() if count]
    if broken:
        raise ValueError(f"the weights of {name} hold NaN or infinity: {_short(broken)}")
    with torch.no_grad():
        module.load_state_dict(state, strict=True)


def _odd_numbers(value: Tensor) -> int:
    """How many numbers of a tensor are NaN or infinite."""
    return int((~value.isfinite()).sum()) if value.is_floating_point() else 0


def _short(keys: list[str], most: int = 6) -> str:
    rest = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + rest
