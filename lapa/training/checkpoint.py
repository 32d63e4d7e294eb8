"""Working checkpoints of a run: whole or absent, never half written, and without pickle.

A checkpoint is a folder `step-00001000` of safetensors files and one state.json. It is written
under another name and renamed when complete, so a kill at any moment leaves the previous one.
The first process writes what every process holds, and each its shares of the rest (shards.py).
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lapa.files import read_json, save_tensors, write_text
from lapa.training import parallel, shards

log = logging.getLogger(__name__)
State = dict[str, Any]
_NAME = re.compile(r"step-(\d{8,})")
# what the loop keeps in a checkpoint
_GROUPS = {"model", "average", "optimizer", "recipe"}


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, Mapping[str, Tensor]], state: State, *, keep: int
) -> Path:
    """Write `tensors` (file name -> name -> tensor) and `state` (JSON) for `step`.

    Returns the new checkpoint's folder; the oldest beyond `keep` are deleted afterwards. All
    processes must call it.
    """
    held, shared = shards.split(tensors)
    target = folder / f"step-{step:08d}"

    def write(draft: Path) -> None:
        if shared:
            shards.barrier()  # the draft is there
            shards.write(draft / shards.FOLDER, shared)
        for name, group in held.items():
            save_tensors(
                draft / f"{name}.safetensors",
                {k: v.detach().cpu().contiguous().clone() for k, v in group.items()},
            )
        write_text(draft / "state.json", json.dumps({"step": step} | state, indent=1))

    if parallel.processes().is_main_process:
        replace_folder(target, write)
        for old in list_checkpoints(folder)[:-keep]:
            shutil.rmtree(old)
    elif shared:
        shards.barrier()
        shards.write(_draft(target) / shards.FOLDER, shared)
    return target


def replace_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a draft folder beside `target`, then put it in `target`'s place.

    Where `write` fails, the draft gives its room back and `target` stays as it was.
    """
    draft = _draft(target)
    retired = target.with_name(f".{target.name}.old")
    for leftover in (draft, retired):
        shutil.rmtree(leftover, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        write(draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if target.exists():
        os.rename(target, retired)
    os.rename(draft, target)
    shutil.rmtree(retired, ignore_errors=True)


def _draft(target: Path) -> Path:
    return target.with_name(f".{target.name}.writing")


def list_checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints under `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def load_checkpoint(
    path: Path, model: nn.Module | None = None
) -> tuple[dict[str, dict[str, Tensor]], State]:
    """The tensors by file name, on the CPU, and the state of one checkpoint.

    model: one in shards, of which each process then reads its own; all must call it.

    Raises:
        ValueError: a file of it is damaged.
    """
    try:
        tensors = {file.stem: load_file(file) for file in sorted(path.glob("*.safetensors"))}
        state = dict(read_json(path / "state.json"))
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    if (path / shards.FOLDER).is_dir():
        for group, shared in shards.read(path / shards.FOLDER, model).items():
            tensors.setdefault(group, {}).update(shared)
    return tensors, state


def newest_whole(
    checkpoints: list[Path], model: nn.Module | None = None
) -> tuple[dict[str, dict[str, Tensor]], State]:
    """The newest of a run's checkpoints, oldest first, that can be read; those passed over are
    logged. model: as for `load_checkpoint`.

    Raises:
        ValueError: none can.
    """
    problem: ValueError | None = None
    for path in reversed(checkpoints):
        try:
            tensors, state = load_checkpoint(path, model)
            if not (tensors.keys() >= _GROUPS and state.keys() >= {"step", "loss"}):
                raise ValueError(f"{path} is damaged (a part of it is missing)")
        except ValueError as error:
            log.warning("%s; the one before is used", error)
            problem = error
        else:
            return tensors, state
    raise ValueError(f"no checkpoint of the run can be read: {problem}")


def check_fits(tensors: Mapping[str, Tensor], model: nn.Module, folder: Path) -> None:
    """Raises ValueError, naming the first difference, for the weights of another model."""
    theirs = {name: tuple(value.shape) for name, value in tensors.items()}
    mine = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    different = sorted(k for k in theirs.keys() | mine.keys() if theirs.get(k) != mine.get(k))
    if different:
        name = different[0]
        there, here = (
            f"has {name} of shape {each[name]}" if name in each else f"has no {name}"
            for each in (theirs, mine)
        )
        raise ValueError(
            f"the checkpoint in {folder} is of another model: it {there}, this one {here}"
        )


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as flat tensors named `<parameter>/<entry>`."""
    names = _names(model, optimizer)
    return {
        f"{names[index]}/{entry}": torch.as_tensor(value)
        for index, entries in optimizer.state_dict()["state"].items()
        for entry, value in entries.items()
    }


def load_optimizer_tensors(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what `optimizer_tensors` gave; the learning rates and groups stay as they are."""
    indices = {name: index for index, name in enumerate(_names(model, optimizer))}
    parameters = dict(model.named_parameters())
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        name, entry = key.rsplit("/", 1)
        own = parameters[name]
        whole = value.shape != own.shape
        state.setdefault(indices[name], {})[entry] = value if whole else parallel.like(value, own)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _names(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    """Parameter names in the optimiser's own order, which is by group."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return [names[p] for group in optimizer.param_groups for p in group["params"]]
