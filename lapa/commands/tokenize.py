"""`python -m lapa tokenize`: train an image tokenizer, the vision tokens of a policy.

python -m lapa tokenize --data data/tabletop --out runs/tokenizer
"""

from __future__ import annotations

import argparse

from lapa.commands.console import (
    data_options,
    follow,
    open_data,
    run_options,
)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument(
        "--preset", default="space", help="space (patches), vqgan or debug (space)"
    )
    data_options(options)
    run_options(options, "runs/tokenizer")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.presets.policies import changed, stages
    from lapa.training.tokenizer.patches import PatchesConfig, learn_patches
    from lapa.training.tokenizer.vqgan import tokenize

    config = stages(options.preset).tokenize
    cache = open_data(options, config.model.image_size)
    if isinstance(config, PatchesConfig):
        run = learn_patches(config, cache, options.out)
    else:
        config = changed(config, steps=options.steps, seed=options.seed)
        run = tokenize(config, cache, options.out, resume=options.resume)
    print(follow(run, options.every))
    return 0
