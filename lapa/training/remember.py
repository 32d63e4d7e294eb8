"""What a run was made with: its settings on disk, held against those it is resumed with, and which
models it used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from lapa.files import read_json, write_text
from lapa.training.checkpoint import list_checkpoints
from lapa.training.parallel import processes

FILE = "run.json"
_LENGTH = ("steps", "minutes")
Settings = dict[str, Any]
# Differences that leave the losses as they are, so a resumed run may have them.
_HARMLESS = (
    "save_every", "evaluate_every", "preview_every", "keep", "workers", "trackers",
    "gradient_checkpointing",
)  # fmt: skip


def remember(config: Any, folder: Path) -> None:
    """Write run.json, or check that the run there was made with the same settings.

    A run may be prolonged: more steps, or minutes, than it was begun with.

    config: a dataclass.

    Raises:
        ValueError: the run there has other settings.
    """
    file, mine = folder / FILE, json.loads(json.dumps(asdict(config)))
    if (folder / "checkpoints").is_dir() and file.exists():
        changed = _differences(mine, read_json(file))
        if changed:
            raise ValueError(f"{folder} holds a run with other settings ({'; '.join(changed)}).")
    if processes().is_main_process:
        write_text(file, json.dumps(mine, indent=1) + "\n")


def steps_begun(folder: Path) -> int | None:
    """How many steps the run in a folder was to have; None where none is."""
    try:
        steps = read_json(folder / FILE)["loop"]["steps"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return steps if isinstance(steps, int) else None


def finished(folder: Path) -> bool:
    """Whether the run in a folder has done all its steps; true of one that counts none."""
    steps, checkpoints = steps_begun(folder), list_checkpoints(folder / "checkpoints")
    if steps is None:
        return True
    return bool(checkpoints) and int(checkpoints[-1].name.removeprefix("step-")) >= steps


def fingerprint(model: nn.Module) -> str:
    """Which model it is, by its weights."""
    weights = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        weights.update(name.encode())
        weights.update(value.detach().cpu().numpy().tobytes())
    return weights.hexdigest()[:32]


def _differences(mine: Settings, theirs: Settings, prefix: str = "") -> list[str]:
    """`loop.seed: 0 there, 1 here` for every setting that matters and differs."""
    differences: list[str] = []
    for name in sorted(mine.keys() | theirs.keys()):
        here, there = mine.get(name), theirs.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            differences += _differences(here, there, f"{prefix}{name}.")
        elif name in _LENGTH and prefix == "loop." and here and there and here > there:
            continue
        elif here != there and name not in _HARMLESS:
            differences.append(f"{prefix}{name}: {there} there, {here} here")
    return differences
