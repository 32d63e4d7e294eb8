"""`python -m lapa quantize`: train a quantizer (stage 1); the model lies in RUN/model when it ends.

python -m lapa quantize --preset robots --out runs/robots --resume
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    data_options,
    follow,
    open_data,
    processes_of,
    processes_options,
    steps_of,
    toy_data,
    warn,
)

if TYPE_CHECKING:
    from lapa.training.quantizer.recipe import QuantizeConfig


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument(
        "--preset", default="robots",
        help="robots, tabletop, eight, drive, debug, official, official-recipe; openx, bridge, "
        "sthv2: the paper's sizes; space-nested, space-SxK (1 to 8 x 8 to 32) (robots)",
    )  # fmt: skip
    data_options(options)
    options.add_argument("--out", type=Path, help="folder of the run (default: runs/PRESET)")
    options.add_argument("--resume", action="store_true", help="go on where the run stopped")
    options.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    options.add_argument(
        "--minutes", type=float, help="end by the clock: the whole schedule fits this time"
    )
    options.add_argument("--gap", type=float, help="gap in seconds instead of the preset's")
    options.add_argument("--seed", type=int, help="of everything random")
    options.add_argument("--start-from", help="checkpoint whose weights to begin with")
    options.add_argument(
        "--keep-codes",
        action="store_true",
        help="keep network and codes of --start-from: its decoder alone learns on",
    )
    options.add_argument(
        "--track", action="append", default=[], help="trackio, wandb or tensorboard; repeatable"
    )
    options.add_argument("--every", type=int, default=20, help="print every N-th step (20)")
    processes_options(options, "frame pairs")


def command(options: argparse.Namespace) -> int:
    """The run, its progress, and how it ended; returns the exit code."""
    from lapa.checkup.examine import headline
    from lapa.training.parallel import processes
    from lapa.training.plan import plan_quantizer
    from lapa.training.quantizer.health import CodebookCollapse
    from lapa.training.quantizer.recipe import has_holdout, quantize

    out = options.out = options.out or Path("runs") / options.preset
    count, config = processes_of(options), config_of(options)
    if options.dry_run:
        print(plan_quantizer(config, count).text(rate=options.rate, tflops=options.tflops))
        return 0
    with processes().main_process_first():
        if options.data is None and options.preset == "debug":
            options.data = toy_data(out / "toy")
            options.cache = options.cache or out / "cache"
        cache = open_data(options, config.model.image_size)
    warn(config.pairs(cache, "train").report)
    if not has_holdout(cache):
        print(
            "No episode is held out (about a tenth is, by their names), so nothing is evaluated.",
            file=sys.stderr,
        )
    try:
        run = quantize(config, cache, out, resume=options.resume, judge=headline)
        last = follow(run, options.every)
        if last:
            print(last)
    except (CodebookCollapse, FloatingPointError) as error:
        kept = sorted((out / "checkpoints").glob("step-*"))
        where = f" Last checkpoint: {kept[-1]}." if kept else " No checkpoint was saved yet."
        print(f"lapa quantize: {error}{where}", file=sys.stderr)
        return 1
    return 0


def config_of(options: argparse.Namespace) -> QuantizeConfig:
    """The preset with what the command line changes. A run that is prolonged keeps the settings
    that followed from the steps it was begun with."""
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.presets.quantizers import preset
    from lapa.training.remember import steps_begun

    steps = steps_of(options)
    first = steps_begun(options.out) if options.resume else None
    config = preset(options.preset, steps=steps if first is None else first)
    overrides = {
        "steps": steps, "batch_size": options.batch_size, "seed": options.seed,
        "minutes": options.minutes,
    }  # fmt: skip
    changes = {name: value for name, value in overrides.items() if value is not None}
    loop = replace(config.loop, trackers=tuple(options.track), **changes)
    config = replace(config, loop=loop, start_from=options.start_from)
    if options.gap is not None:
        if options.keep_codes:
            raise ValueError("--gap changes what codes stand for, and --keep-codes keeps them")
        model = replace(config.model, gap_seconds=options.gap)
        config = replace(config, model=model, gap_seconds=None)
    if not options.keep_codes:
        return config
    if options.start_from is None:
        raise ValueError("--keep-codes keeps those of a checkpoint: name it with --start-from")
    model = LatentActionQuantizer.from_pretrained(options.start_from).config
    return replace(config, model=model, keep_codes=True)
