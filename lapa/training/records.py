"""Where a run's figures are kept: metrics.jsonl, always, and the trackers asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from lapa.training.progress import Progress


class Records:
    """One JSON object a line in `folder`/metrics.jsonl, and the same to accelerate's trackers.

    After a resume the lines beyond `step` are dropped: the file of a killed run would otherwise
    hold some steps twice. Only the main process writes. `settings` is shown by the trackers.
    """

    def __init__(
        self, accelerator: Accelerator, folder: Path, step: int, settings: Mapping[str, Any]
    ) -> None:
        self._accelerator = accelerator
        self._file = None
        if accelerator.is_main_process:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "metrics.jsonl"
            _drop_beyond(path, step)
            self._file = path.open("a", buffering=1)
        self._tracking = bool(accelerator.log_with)
        if self._tracking:
            accelerator.init_trackers("lapa", config=flat(settings))

    def write(self, progress: Progress) -> None:
        """Keep the record's metrics; a record without any leaves no line."""
        if not progress.metrics:
            return
        if self._file is not None:
            record = {"step": progress.step, "event": progress.event, "loss": progress.loss}
            record |= dict(progress.metrics)
            record["samples_per_second"] = round(progress.samples_per_second, 2)
            record["seconds_left"] = round(progress.seconds_left, 1)
            self._file.write(json.dumps(record) + "\n")
        if self._tracking:
            values = {"loss": progress.loss, **flat(progress.metrics)}
            self._accelerator.log(values, step=progress.step)

    def close(self) -> None:
        """End the file and the trackers."""
        if self._file is not None:
            self._file.close()
        if self._tracking:
            self._accelerator.end_training()


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as `name/0`, `name/1`, …: trackers take scalars only."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            result |= {f"{name}/{index}": item for index, item in enumerate(value)}
        else:
            result[name] = value
    return result


def read_metrics(folder: str | Path, event: str = "step") -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl of one kind of event, in order."""
    lines = (Path(folder) / "metrics.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["event"] == event]


def _drop_beyond(path: Path, step: int) -> None:
    lines = path.read_text().splitlines() if path.exists() else []
    draft = path.with_suffix(".writing")
    draft.write_text("".join(line + "\n" for line in lines if _step(line) <= step))
    os.replace(draft, path)


def _step(line: str) -> float:
    """The step of a line; one cut off by a kill counts as beyond every step."""
    try:
        return json.loads(line)["step"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return float("inf")
