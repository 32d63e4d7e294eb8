"""`python -m lapa space`: what a larger space of latent actions brings, at an equal budget.

    python -m lapa space --data cache/tabletop-128 --out runs/space --minutes 20 --write

The paper expects finer motion of more latent actions. Every cell is the preset `tabletop` with S
codes of K values, trained alike and measured on held-out episodes; `nested` is one model whose
every first n codes are a latent action of their own, measured at each length. A cell that was
measured is not run again, and one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import data_options, open_data, will_write
from lapa.commands.readme import OPEN
from lapa.files import update_json

if TYPE_CHECKING:
    from lapa.data import Cache, FramePairs
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.training.quantizer.recipe import QuantizeConfig

# among what the paper left open, in results.json
NAME = "latent-action-space"


@dataclass(frozen=True)
class Cell:
    """Held-out figures of one space of latent actions.

    codes: positions that are used, all S of the model's or, nested, the first of them. bits:
    log2 K for each. ratio to distinctness: as `checkup` has them, over all pairs; random_ratio
    with random codes. probe: R² of a line from the codes to the end-effector's move, the mean over
    embodiments; None where no actions are known. pairs: of the training, how many.
    """

    cell: str
    codes: int
    codebook_size: int
    bits: float
    ratio: float
    random_ratio: float
    delta_psnr: float
    distinctness: float
    perplexity: float
    probe: float | None
    pairs: int


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    data_options(options)
    options.add_argument("--out", type=Path, default=Path("runs/space"), help="(runs/space)")
    options.add_argument("--steps", type=int, help="optimiser steps a cell")
    options.add_argument("--minutes", type=float, help="minutes a cell, instead of steps")
    options.add_argument(
        "--only", action="append", default=[], help="this cell alone, as in 4x8; repeatable"
    )
    options.add_argument("--stride", type=int, default=4, help="measure every N-th pair (4)")
    options.add_argument("--write", action="store_true", help="keep the figures in results.json")
    options.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )


def command(options: argparse.Namespace) -> int:
    """Train and measure what is missing, and print the table; returns the exit code."""
    from lapa.presets.quantizers import SPACES

    unknown = [name for name in options.only if name not in SPACES]
    if unknown:
        raise ValueError(f"there is no cell {unknown[0]!r}; there are {', '.join(SPACES)}")
    if (options.steps is None) == (options.minutes is None):
        raise ValueError("give the budget of a cell, either --steps or --minutes")
    if options.steps is not None and options.steps < 1:
        raise ValueError(f"--steps is {options.steps}; accepted are 1 and more")
    if options.minutes is not None and not options.minutes > 0:
        raise ValueError(f"--minutes is {options.minutes}; accepted are more than 0")
    will_write(options.results if options.write else None)
    cache = open_data(options, next(iter(SPACES.values()))().model.image_size)
    found: list[Cell] = []
    for name in options.only or SPACES:
        found += list(cells(name, cache, options))
        if options.write:
            figures = {"command": f"python -m lapa {options.line}", "cells": [*map(asdict, found)]}
            update_json(options.results, {(OPEN, NAME): figures})
    print(as_markdown(found))
    return 0


def cells(name: str, cache: Cache, options: argparse.Namespace) -> Iterator[Cell]:
    """The figures of a cell, one for each of its lengths; trained and measured where they are not
    kept from before."""
    from lapa.files import write_json

    folder: Path = options.out / name
    budget = f"{options.steps}-steps" if options.steps else f"{options.minutes:g}-minutes"
    kept = folder / f"{budget}-{options.stride}.json"
    if not kept.exists():
        measured = _measured(name, cache, folder / budget, options)
        write_json(kept, [asdict(cell) for cell in measured])
    for cell in json.loads(kept.read_text(encoding="utf-8")):
        yield Cell(**cell)


def _measured(name: str, cache: Cache, run: Path, options: argparse.Namespace) -> list[Cell]:
    from lapa.data import FramePairs
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.training.quantizer.recipe import quantize

    config = _config(name, options)
    seen = 0
    for step in quantize(config, cache, run, resume=True):
        if step.event == "stopped":
            raise KeyboardInterrupt
        seen = step.step * config.loop.batch_size
        if step.event == "step" and step.step % 50 == 0:
            print(f"{name}: {step.line()}", file=sys.stderr, flush=True)
    model = LatentActionQuantizer.from_pretrained(run / "model")
    pairs = FramePairs(cache, config.model.gap_seconds, split="holdout")
    lengths = range(1, config.model.code_length + 1) if config.model.nested else [None]
    return [_cell(name, model, pairs, length, seen, options.stride) for length in lengths]


def _config(name: str, options: argparse.Namespace) -> QuantizeConfig:
    from lapa.presets.quantizers import SPACES

    config = SPACES[name]() if options.steps is None else SPACES[name](steps=options.steps)
    # a collapse is a result here, not an accident
    care = replace(config.codebook, grace=config.loop.steps)
    loop = replace(config.loop, minutes=options.minutes, preview_every=0)
    return replace(config, codebook=care, loop=loop)


def _cell(
    name: str,
    model: LatentActionQuantizer,
    pairs: FramePairs,
    length: int | None,
    seen: int,
    stride: int,
) -> Cell:
    from lapa.checkup.measures.codes import code_use
    from lapa.checkup.measures.control import control
    from lapa.checkup.measures.distinctness import distinctness
    from lapa.checkup.measures.probe import probe
    from lapa.checkup.measures.reconstruction import reconstruction
    from lapa.evaluation.prefix import Prefix
    from lapa.evaluation.table import measure

    quantizer = model if length is None else Prefix(model, length)
    table = measure(quantizer, pairs, stride=stride)
    rebuilt, read = reconstruction(table, draws=0).overall, probe(table, draws=0)
    r2 = math.nan if read is None else float(read.overall.codes)
    c = quantizer.config
    return Cell(
        cell=name,
        codes=c.code_length,
        codebook_size=c.codebook_size,
        bits=c.code_length * math.log2(c.codebook_size),
        ratio=float(rebuilt.ratio),
        random_ratio=float(rebuilt.random_ratio),
        delta_psnr=float(control(table, draws=0).overall.delta_psnr),
        distinctness=float(distinctness(quantizer, pairs, draws=0).overall.distinctness),
        perplexity=code_use(table).overall.least_perplexity,
        probe=r2 if math.isfinite(r2) else None,
        pairs=seen,
    )


def as_markdown(found: list[Cell]) -> str:
    """A row a cell."""
    heads = "| cell | codes | values | bits | ratio | random | ΔPSNR | distinct | perplexity | R² |"
    rows = [
        f"| {c.cell} | {c.codes} | {c.codebook_size} | {c.bits:.0f} | {c.ratio:.3f} "
        f"| {c.random_ratio:.2f} | {c.delta_psnr:.2f} dB | {c.distinctness:.2f} "
        f"| {c.perplexity:.1f} | {'–' if c.probe is None else f'{c.probe:.2f}'} |"
        for c in found
    ]
    return "\n".join([heads, "| --- " * 10 + "|", *rows])
