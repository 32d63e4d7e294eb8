"""What commands share: clips opened for a model, and progress told on standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lapa.data import Cache, Report
    from lapa.training.progress import Progress


def open_data(
    data: Path | None, folder: Path | None, size: int, *, fps: float | None = None
) -> Cache:
    """A cache at `size` px from a prepared cache, or from video, or from the default video."""
    from lapa.data import Cache
    from lapa.presets import shared_data

    data = data or shared_data()
    if (data / "manifest.jsonl").exists():
        return Cache.open(data)
    return build(data, folder, size, fps=fps)


def checkpoint_folder(path: Path) -> Path:
    """The checkpoint meant by `path`; of a run's folder, the model in it."""
    inside = path / "model"
    # a policy has a folder of that name, too, beside its own config.json
    run = (inside / "config.json").exists() and not (path / "config.json").exists()
    return inside if run else path


def build(data: Path, folder: Path | None, size: int, *, fps: float | None = None) -> Cache:
    """Prepare `data` at `size` px unless that is done, telling progress on standard error."""
    from lapa.data import Cache, build_cache

    target = folder or Path("cache") / f"{data.resolve().name}-{size}"
    for told in build_cache(data, target, size, fps=fps, workers=2):
        left = f", {duration(told.seconds_left)} left" if told.done < told.total else ""
        line = f"preparing {told.done}/{told.total} {told.name}{left}"
        tell(line, last=told.done == told.total)
    cache = Cache.open(target)
    warn(cache.report)
    return cache


def warn(report: Report) -> None:
    """Name what was left out, on standard error."""
    if report.skipped:
        print(report.summary(), file=sys.stderr)


def tell(line: str, *, last: bool) -> None:
    """Progress on standard error: one line that changes on a terminal, else only the last."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(line, file=sys.stderr, flush=True)


def bar(done: int, total: int, width: int = 24) -> str:
    """A progress bar of `width` characters."""
    full = width * min(done, total) // max(total, 1)
    return "█" * full + "░" * (width - full)


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def data_options(options: argparse.ArgumentParser, data: str) -> None:
    """Where a training command finds its frames, as `open_data` takes it. data: help of --data."""
    options.add_argument("--data", type=Path, help=data)
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    options.add_argument("--size", type=int, default=128, help="frame side of that cache (128)")


def run_options(options: argparse.ArgumentParser, out: str) -> None:
    """What every training command takes. out: its run's folder unless told otherwise."""
    options.add_argument("--out", type=Path, default=Path(out), help=f"the run's folder ({out})")
    options.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    options.add_argument("--resume", action="store_true", help="go on where the run stopped")
    options.add_argument("--every", type=int, default=20, help="print every N-th step (20)")


def follow(run: Iterable[Progress], every: int) -> str:
    """Tell a run's progress on standard error (never if `every` is 0); returns the last line.

    Of several processes of one run the first one tells.
    """
    last, first = "", os.environ.get("RANK", "0") == "0"
    for progress in run:
        last = progress.line()
        if first and every and (progress.event != "step" or progress.step % every == 0):
            print(last, file=sys.stderr, flush=True)
    return last
