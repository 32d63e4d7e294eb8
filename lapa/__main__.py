"""The command line: python -m lapa prepare | quantize | checkup | ablate | bench.

Results go to standard output, progress to standard error. What the user got wrong ends in one
sentence and exit code 2, a run that went wrong (collapse, divergence) in advice and exit code 1.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lapa.data import Cache, Report
    from lapa.evaluation.table import PairTable
    from lapa.training.progress import Progress
    from lapa.training.quantize import QuantizeConfig

# commands whose options live with them: name -> (module, what it is for)
ASIDE = {
    "ablate": ("lapa.ablation", "Measure what each choice of the shipped network is worth."),
    "bench": ("lapa.bench", "Time pressing a code and sweeping against the official call."),
}
DESCRIPTION = "Train, measure and time latent action quantizers."
EXAMPLES = """examples:
  python -m lapa prepare ../shared/robots --out cache/robots-128
  python -m lapa quantize --preset robots --out runs/robots --resume
  python -m lapa checkup runs/robots --data assets/clips
  python -m lapa bench"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in ASIDE:
        return aside(arguments[0], arguments[1:])
    options = parser().parse_args(arguments, argparse.Namespace(arguments=arguments))
    try:
        return options.run(options)
    except (ValueError, FileNotFoundError, NotADirectoryError, PermissionError) as error:
        print(f"lapa {options.command}: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m lapa",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _prepare_options(commands.add_parser("prepare", help="decode video once into a cache"))
    _quantize_options(commands.add_parser("quantize", help="train a quantizer"))
    _checkup_options(commands.add_parser("checkup", help="measure a quantizer on held-out video"))
    for name, (_, purpose) in ASIDE.items():
        commands.add_parser(name, help=purpose[0].lower() + purpose[1:-1])
    return top


def _prepare_options(command: argparse.ArgumentParser) -> None:
    command.description = "Decode a folder of video into a memory-mapped cache; can be resumed."
    command.add_argument("data", type=Path, help="robots set, folder of videos or of frame folders")
    command.add_argument("--out", type=Path, help="cache folder (default: cache/NAME-SIZE)")
    command.add_argument("--size", type=int, default=128, help="frame side in pixels (128)")
    command.add_argument("--fps", type=float, help="frames a second, for frame folders only")
    command.set_defaults(run=prepare)


def _quantize_options(command: argparse.ArgumentParser) -> None:
    command.description = "Train a quantizer; the model lies in RUN/model when it ends."
    command.add_argument("--preset", default="robots", help="robots, debug or official (robots)")
    command.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    command.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    command.add_argument("--out", type=Path, help="folder of the run (default: runs/PRESET)")
    command.add_argument("--resume", action="store_true", help="go on where the run stopped")
    command.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    command.add_argument("--batch-size", type=int, help="frame pairs per step and process")
    command.add_argument("--seed", type=int, help="of everything random")
    command.add_argument("--start-from", help="checkpoint whose weights to begin with")
    command.add_argument(
        "--track", action="append", default=[], help="trackio, wandb or tensorboard; repeatable"
    )
    command.add_argument("--every", type=int, default=20, help="print every N-th step (20)")
    command.set_defaults(run=run_quantize)


def _checkup_options(command: argparse.ArgumentParser) -> None:
    command.description = "Print closer-to-the-future, ΔPSNR and code use on held-out episodes."
    command.add_argument("checkpoint", type=Path, help="checkpoint, run folder or official .pt")
    command.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    command.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    command.add_argument("--split", default="holdout", choices=("holdout", "train", "all"))
    command.add_argument("--stride", type=int, default=1, help="every N-th frame (1)")
    command.add_argument("--gap", type=float, help="gap in seconds (the model's own)")
    command.add_argument("--json", type=Path, help="also write the figures to this file")
    command.add_argument(
        "--write", action="store_true", help="update usage.json, the model card and results.json"
    )
    command.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )
    command.set_defaults(run=run_checkup)


def aside(name: str, arguments: Sequence[str]) -> int:
    """A command of ASIDE: its module is read only when it is asked for."""
    module, purpose = ASIDE[name]
    chosen = importlib.import_module(module)
    options = argparse.ArgumentParser(prog=f"python -m lapa {name}", description=purpose)
    chosen.add_arguments(options)
    return chosen.command(options.parse_args(arguments))


def prepare(options: argparse.Namespace) -> int:
    """python -m lapa prepare: build a cache and say what was skipped."""
    cache = build(options.data, options.out, options.size, fps=options.fps)
    print(f"{cache.folder}: {len(cache.episodes)} episodes, {len(cache.frames)} frames")
    return 0


def build(data: Path, folder: Path | None, size: int, *, fps: float | None = None) -> Cache:
    """Prepare `data` at `size` px unless that is done, telling progress on standard error."""
    from lapa.data import Cache, build_cache

    target = folder or Path("cache") / f"{data.resolve().name}-{size}"
    for told in build_cache(data, target, size, fps=fps, workers=2):
        tell(f"preparing {told.done}/{told.total} {told.name}", last=told.done == told.total)
    cache = Cache.open(target)
    warn(cache.report)
    return cache


def warn(report: Report) -> None:
    """Name what was left out, on standard error."""
    if report.skipped:
        print(report.summary(), file=sys.stderr)


def open_data(data: Path | None, folder: Path | None, size: int) -> Cache:
    """A cache at `size` px from a prepared cache, or from video, or from the default video."""
    from lapa.data import Cache
    from lapa.presets import shared_data

    data = data or shared_data()
    return Cache.open(data) if (data / "manifest.jsonl").exists() else build(data, folder, size)


def run_quantize(options: argparse.Namespace) -> int:
    """python -m lapa quantize: the run, its progress, and how it ended."""
    from lapa.evaluation.checkup import headline
    from lapa.presets import toy_data
    from lapa.training.health import CodebookCollapse
    from lapa.training.quantize import has_holdout, quantize
    from lapa.training.support import processes

    config = configured(options)
    out = options.out or Path("runs") / options.preset
    with processes().main_process_first():
        data, folder = options.data, options.cache
        if data is None and options.preset == "debug":
            data, folder = toy_data(out / "toy"), folder or out / "cache"
        cache = open_data(data, folder, config.model.image_size)
    warn(config.pairs(cache, "train").report)
    if not has_holdout(cache):
        print("No episode is held out (every tenth is), so nothing is evaluated.", file=sys.stderr)
    try:
        run = quantize(config, cache, out, resume=options.resume, judge=headline)
        print(follow(run, options.every if processes().is_main_process else 0))
    except (CodebookCollapse, FloatingPointError) as error:
        kept = sorted((out / "checkpoints").glob("step-*"))
        where = f" Last checkpoint: {kept[-1]}." if kept else " No checkpoint was saved yet."
        print(f"lapa quantize: {error}{where}", file=sys.stderr)
        return 1
    return 0


def configured(options: argparse.Namespace) -> QuantizeConfig:
    """The preset with what the command line changes."""
    from lapa.presets import preset

    config = preset(options.preset, steps=options.steps)
    named = {"batch_size": options.batch_size, "seed": options.seed}
    changes = {name: value for name, value in named.items() if value is not None}
    loop = replace(config.loop, trackers=tuple(options.track), **changes)
    return replace(config, loop=loop, start_from=options.start_from)


def follow(run: Iterable[Progress], every: int) -> str:
    """Tell a run's progress on standard error (never if `every` is 0); returns the last line."""
    last = ""
    for progress in run:
        last = progress.line()
        if every and (progress.event != "step" or progress.step % every == 0):
            print(last, file=sys.stderr, flush=True)
    return last


def run_checkup(options: argparse.Namespace) -> int:
    """python -m lapa checkup: the held-out table, and the files asked for."""
    from lapa.evaluation import publish
    from lapa.evaluation.checkup import as_json, as_text, checkup

    folder = checkpoint_folder(options.checkpoint)
    if options.write and not folder.is_dir():
        raise ValueError(f"--write needs a checkpoint folder to write into; {folder} is a file.")
    report = checkup(measured(options, folder))
    print(as_text(report))
    if options.json:
        publish.write_json(options.json, as_json(report))
    if options.write:
        name = options.checkpoint.resolve().name
        command = f"python -m lapa {shlex.join(options.arguments)}"
        publish.write_usage(folder, report)
        publish.write_card(folder, name, report, command)
        publish.write_results(options.results, name, report, command)
    return 0


def measured(options: argparse.Namespace, folder: Path) -> PairTable:
    """The measurement table of a checkpoint on the frame pairs that the options name."""
    import torch

    from lapa.data import FramePairs
    from lapa.evaluation.table import PairTable, measure_batches
    from lapa.models.quantizer import LatentActionQuantizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    quantizer = LatentActionQuantizer.from_pretrained(folder, device=device)
    config = quantizer.config
    cache = open_data(options.data, options.cache, config.image_size)
    gap = config.gap_seconds if options.gap is None else options.gap
    pairs = FramePairs(cache, gap, split=None if options.split == "all" else options.split)
    warn(pairs.report)
    total, tables = len(pairs.all(stride=options.stride)), []
    for table in measure_batches(quantizer, pairs, stride=options.stride):
        tables.append(table)
        done = sum(map(len, tables))
        tell(f"measuring {done}/{total} frame pairs", last=done == total)
    return PairTable.join(tables)


def checkpoint_folder(path: Path) -> Path:
    """The checkpoint meant by `path`; of a run's folder, the model in it."""
    return path / "model" if (path / "model" / "config.json").exists() else path


def tell(line: str, *, last: bool) -> None:
    """Progress on standard error: one line that changes on a terminal, else only the last."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
