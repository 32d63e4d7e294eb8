"""What a run was made with: its settings on disk, held against those it is resumed with, and which
models it used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from lapa.training.support import processes

# Differences that leave the losses as they are, so a resumed run may have them.
_HARMLESS = ("save_every", "evaluate_every", "preview_every", "keep", "workers", "trackers")


def remember(config: Any, folder: Path) -> None:
    """Write run.json, or check that the run there was made with the same settings.

    config: a dataclass.

    Raises:
        ValueError: the run there has other settings.
    """
    file, mine = folder / "run.json", json.loads(json.dumps(asdict(config)))
    if (folder / "checkpoints").is_dir() and file.exists():
        changed = _differences(mine, json.loads(file.read_text()))
        if changed:
            raise ValueError(f"{folder} holds a run with other settings ({'; '.join(changed)}).")
    if processes().is_main_process:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(mine, indent=1) + "\n")


def fingerprint(model: nn.Module) -> str:
    """Which model it is, by its weights."""
    found = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().numpy().tobytes())
    return found.hexdigest()[:32]


def _differences(mine: dict, theirs: dict, prefix: str = "") -> list[str]:
    """`loop.seed: 0 there, 1 here` for every setting that matters and differs."""
    found: list[str] = []
    for name in sorted(mine.keys() | theirs.keys()):
        here, there = mine.get(name), theirs.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            found += _differences(here, there, f"{prefix}{name}.")
        elif here != there and name not in _HARMLESS:
            found.append(f"{prefix}{name}: {there} there, {here} here")
    return found
