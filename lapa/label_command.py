"""`python -m lapa label`: the latent action of every frame pair of a data set.

    python -m lapa label runs/tabletop --data data/tabletop --out labels/tabletop

A run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from lapa.console import bar, checkpoint_folder, duration, open_data, tell, warn


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a quantizer, or of a run")
    options.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    options.add_argument("--out", type=Path, default=Path("labels"), help="folder (labels)")
    options.add_argument("--batch-size", type=int, default=64, help="frame pairs at once (64)")


def command(options: argparse.Namespace) -> int:
    """Label, telling progress; returns the exit code."""
    from lapa.data import FramePairs
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.training.label import label

    if options.batch_size < 1:
        raise ValueError(f"--batch-size is {options.batch_size}; accepted are 1 and more")
    quantizer = LatentActionQuantizer.from_pretrained(checkpoint_folder(options.checkpoint))
    cache = open_data(options.data, options.cache, quantizer.config.image_size)
    try:
        warn(FramePairs(cache, quantizer.config.gap_seconds).report)
    except ValueError as error:
        print(f"lapa label: {error}", file=sys.stderr)
        return 1
    start, first, pairs = time.perf_counter(), None, 0
    for told in label(quantizer, cache, options.out, batch_size=options.batch_size):
        first = told.done - told.fresh if first is None else first
        passed, pairs = time.perf_counter() - start, told.pairs
        left = passed * (told.total - told.done) / max(told.done - first, 1)
        line = f"{bar(told.done, told.total)} episode {told.done}/{told.total}"
        tell(f"{line}, {duration(left)} left", last=told.done == told.total)
    print(f"{options.out}: {pairs} new labels of {len(cache.episodes)} episodes")
    return 0
