"""The part of a checkpoint that many processes write at once: tensors of which each holds a share.

torch.distributed.checkpoint with its safetensors storage: each process writes one file of its
shares with where they belong, and any number of processes, or one alone, read from them what they
need. There is no pickle in it.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.tensor import DTensor

from lapa.training import parallel

# of a checkpoint's folder
FOLDER = "shards"


def split(
    groups: Mapping[str, Mapping[str, Tensor]],
) -> tuple[dict[str, dict[str, Tensor]], dict[str, Tensor]]:
    """Of the tensors by group and name: those that are whole, likewise, and those in shards, as
    `group/name`."""
    held = {
        group: {name: t for name, t in tensors.items() if not isinstance(t, DTensor)}
        for group, tensors in groups.items()
    }
    shared: dict[str, Tensor] = {
        f"{group}/{name}": t
        for group, tensors in groups.items()
        for name, t in tensors.items()
        if isinstance(t, DTensor)
    }
    return held, shared


def write(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Every process writes its shares into `folder`; all must call it.

    Raises:
        OSError: one of them could not.
    """
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    try:
        with _quiet():
            writer = HuggingFaceStorageWriter(str(folder), save_distributed=True)
            save(dict(tensors), storage_writer=writer)
    except CheckpointException as error:
        raise OSError(f"the shares were not written to {folder} ({_first(error)})") from error


def read(folder: Path, model: torch.nn.Module | None) -> dict[str, dict[str, Tensor]]:
    """What `write` was given, by group and name.

    model: where a tensor is called as one of its parameters, or belongs to it in the optimiser, and
    has its shape, each process reads its shares alone, and all must call it; the rest, and with
    None everything, is read whole, on the CPU.

    Raises:
        ValueError: it is damaged.
    """
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.state_dict_loader import load

    try:
        with _quiet():
            reader = HuggingFaceStorageReader(str(folder))
            about = reader.read_metadata().state_dict_metadata
            state = {key: _room(key, each, model) for key, each in about.items()}
            load(state, storage_reader=reader, no_dist=model is None)
    except Exception as error:  # a cut file shows itself as one of many exceptions
        if isinstance(error, torch.distributed.DistError):
            raise
        raise ValueError(f"{folder.parent} is damaged ({_first(error)})") from error
    groups: dict[str, dict[str, Tensor]] = {}
    for key, tensor in state.items():
        group, name = key.split("/", 1)
        groups.setdefault(group, {})[name] = tensor
    return groups


def _room(key: str, about: object, model: torch.nn.Module | None) -> Tensor:
    """An empty tensor to read into: as the model's parameter is held, or whole."""
    size, dtype = about.size, about.properties.dtype  # type: ignore[attr-defined]
    group, name = key.split("/", 1)
    if group == "optimizer":
        name = name.rsplit("/", 1)[0]
    mine = None if model is None else dict(model.named_parameters()).get(name)
    if mine is not None and mine.shape == size:
        return torch.empty_like(mine, dtype=dtype, requires_grad=False)
    return torch.empty(size, dtype=dtype)


def _first(error: BaseException) -> str:
    """The reason itself, in a line, of an exception that has one for every process."""
    if isinstance(error, CheckpointException) and error.failures:
        cause = next(iter(error.failures.values()))[0]
        return f"{type(cause).__name__}: {cause}".splitlines()[0]
    return (str(error).splitlines() or [type(error).__name__])[0]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """torch tells on standard error that it works without a process group, which is meant."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def barrier() -> None:
    """Wait for all processes."""
    parallel.processes().wait_for_everyone()
