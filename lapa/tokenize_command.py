"""`python -m lapa tokenize`: train an image tokenizer, the vision tokens of a policy.

python -m lapa tokenize --data data/tabletop --out runs/tokenizer
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from lapa.console import follow, open_data


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument(
        "--preset", default="space", help="space (patches), vqgan or debug (space)"
    )
    options.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    options.add_argument(
        "--out", type=Path, default=Path("runs/tokenizer"), help="the run's folder"
    )
    options.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    options.add_argument("--resume", action="store_true", help="go on where the run stopped")
    options.add_argument("--every", type=int, default=20, help="print every N-th step (20)")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.stages import stages
    from lapa.training.patches import PatchesConfig, learn_patches
    from lapa.training.tokenize import tokenize

    config = stages(options.preset).tokenize
    cache = open_data(options.data, options.cache, config.model.image_size)
    if isinstance(config, PatchesConfig):
        run = learn_patches(config, cache, options.out)
    else:
        if options.steps is not None:
            config = replace(config, loop=replace(config.loop, steps=options.steps))
        run = tokenize(config, cache, options.out, resume=options.resume)
    print(follow(run, options.every))
    return 0
