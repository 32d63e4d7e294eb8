"""`python -m lapa tokenize`: train an image tokenizer, the vision tokens of a policy.

python -m lapa tokenize --data data/tabletop --out runs/tokenizer
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.console import follow, open_data, run_options


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument(
        "--preset", default="space", help="space (patches), vqgan or debug (space)"
    )
    options.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    run_options(options, "runs/tokenizer")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.stages import shortened, stages
    from lapa.training.patches import PatchesConfig, learn_patches
    from lapa.training.tokenize import tokenize

    config = stages(options.preset).tokenize
    cache = open_data(options.data, options.cache, config.model.image_size)
    if isinstance(config, PatchesConfig):
        run = learn_patches(config, cache, options.out)
    else:
        config = shortened(config, options.steps)
        run = tokenize(config, cache, options.out, resume=options.resume)
    print(follow(run, options.every))
    return 0
