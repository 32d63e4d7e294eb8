"""`python -m lapa label`: the latent action of every frame pair of a data set.

    python -m lapa label runs/tabletop --data data/tabletop --out labels/tabletop

Of an inverse dynamics model (`lapa inverse`) the labels are the actions that it infers (VPT).
A run that is stopped goes on where it was. Several processes share the work with --workers,
machines with --shard or, as actors of a Ray cluster, with --ray; the one that ends last checks that
nothing is missing, and so does the command without --shard. docs/scale.md says what it costs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    bar,
    checkpoint_folder,
    data_options,
    duration,
    engine_of,
    from_anywhere,
    open_data,
    open_quantizer,
    scale_options,
    tell,
    warn,
)

if TYPE_CHECKING:
    from lapa.data import Cache
    from lapa.scale import Engine, Progress, Shard


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="quantizer or inverse dynamics, or its run")
    data_options(options)
    options.add_argument("--out", type=Path, default=Path("labels"), help="folder (labels)")
    options.add_argument("--batch-size", type=int, default=64, help="frame pairs at once (64)")
    scale_options(options, workers=1)


def command(options: argparse.Namespace) -> int:
    """Label, telling progress; returns the exit code."""
    from lapa.data.manifest import FILE as MANIFEST
    from lapa.models.binned import BINS
    from lapa.scale import Shard

    if options.batch_size < 1:
        raise ValueError(f"--batch-size is {options.batch_size}; accepted are 1 and more")
    shard, engine = Shard.parse(options.shard), engine_of(options)
    for name, used in (("--shard", shard.of > 1), ("--ray", options.ray)):
        if used and not (options.data and (options.data / MANIFEST).is_file()):
            raise ValueError(
                f"{name} shares a prepared cache: run `prepare`, and name it with --data"
            )
    folder = checkpoint_folder(options.checkpoint)
    make = _inferred if (folder / BINS).is_file() else _latent
    try:
        run, cache = make(options, folder, shard, engine)
    except _NoPair as error:
        print(f"lapa label: {error}", file=sys.stderr)
        return 1
    start, first, pairs = time.perf_counter(), None, 0
    for step in run:
        if step.note:
            print(f"lapa label: {step.note}", file=sys.stderr)
            continue
        first = step.done - step.fresh if first is None else first
        passed, pairs = time.perf_counter() - start, step.pairs
        left = passed * (step.total - step.done) / max(step.done - first, 1)
        line = f"{bar(step.done, step.total)} episode {step.done}/{step.total}"
        tell(f"{line}, {duration(left)} left", last=step.done == step.total)
    print(f"{options.out}: {pairs} new labels of {len(cache.episodes)} episodes")
    return 0


class _NoPair(Exception):
    """Of the video no frame pair can be labelled."""


def _latent(
    options: argparse.Namespace, folder: Path, shard: Shard, engine: Engine
) -> tuple[Iterator[Progress], Cache]:
    """Latent actions, by a quantizer."""
    from lapa.data import FramePairs
    from lapa.training.policy.label import label

    quantizer = open_quantizer(folder)
    cache = open_data(options, quantizer.config.image_size)
    try:
        warn(FramePairs(cache, quantizer.config.gap_seconds).report)
    except ValueError as error:
        raise _NoPair(str(error)) from error
    elsewhere = options.ray or options.workers > 1
    run = label(
        quantizer,
        cache,
        options.out,
        batch_size=options.batch_size,
        shard=shard,
        engine=engine,
        load=partial(open_quantizer, from_anywhere(folder)) if elsewhere else None,
    )
    return run, cache


def _inferred(
    options: argparse.Namespace, folder: Path, shard: Shard, engine: Engine
) -> tuple[Iterator[Progress], Cache]:
    """Actions, by an inverse dynamics model."""
    from lapa.models.inverse_dynamics import InverseDynamics
    from lapa.training.inverse_dynamics.label import label_actions

    model = InverseDynamics.from_pretrained(folder)
    cache = open_data(options, model.config.image_size)
    return label_actions(model, cache, options.out, shard=shard, engine=engine), cache
