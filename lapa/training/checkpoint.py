"""Working checkpoints of a run: whole or absent, never half written, and without pickle.

A checkpoint is a folder `step-00001000` of safetensors files and one state.json. It is written
under another name and renamed when complete, so a kill at any moment leaves the previous one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

_NAME = re.compile(r"step-(\d{8,})")


def save_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, Mapping[str, Tensor]], state: dict, *, keep: int
) -> Path:
    """Write `tensors` (file name -> name -> tensor) and `state` (JSON) for `step`.

    Returns the new checkpoint's folder; the oldest beyond `keep` are deleted afterwards.
    """

    def write(draft: Path) -> None:
        for name, group in tensors.items():
            save_file(
                {k: v.detach().cpu().contiguous().clone() for k, v in group.items()},
                draft / f"{name}.safetensors",
            )
        (draft / "state.json").write_text(json.dumps({"step": step} | state, indent=1))

    target = folder / f"step-{step:08d}"
    replace_folder(target, write)
    for old in list_checkpoints(folder)[:-keep]:
        shutil.rmtree(old)
    return target


def replace_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a draft folder beside `target`, then put it in `target`'s place."""
    draft = target.with_name(f".{target.name}.writing")
    retired = target.with_name(f".{target.name}.old")
    for leftover in (draft, retired):
        shutil.rmtree(leftover, ignore_errors=True)
    draft.mkdir(parents=True)
    write(draft)
    if target.exists():
        os.rename(target, retired)
    os.rename(draft, target)
    shutil.rmtree(retired, ignore_errors=True)


def list_checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints under `folder`, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def load_checkpoint(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict]:
    """The tensors by file name, on the CPU, and the state of one checkpoint."""
    tensors = {file.stem: load_file(file) for file in sorted(path.glob("*.safetensors"))}
    return tensors, json.loads((path / "state.json").read_text())


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
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        name, entry = key.rsplit("/", 1)
        state.setdefault(indices[name], {})[entry] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _names(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    """Parameter names in the optimiser's own order, which is by group."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return [names[p] for group in optimizer.param_groups for p in group["params"]]
