"""`python -m lapa fast`: a small head that acts at every tick between a slow policy's words.

    python -m lapa fast --labels labels/tabletop --data cache/tabletop-128 \\
        --embodiment cylinder --episodes 200 --bins 32

A word is a latent action: the labels are those of `lapa label` with the quantizer whose codes the
policy says. `lapa evaluate POLICY --fast runs/fast --delay 0.3` lets both act with a policy that
answers late, `lapa serve POLICY --fast runs/fast` offers both to robots.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.commands.console import (
    data_options,
    follow,
    labelled_options,
    open_data,
    run_options,
    size_option,
)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--preset", default="space", help="space or debug (space)")
    options.add_argument(
        "--labels", type=Path, default=Path("labels"), help="words of the video (labels)"
    )
    data_options(options, "the video or cache that was labelled")
    size_option(options)
    labelled_options(options)
    run_options(options, "runs/fast")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.data.labels import Labels
    from lapa.presets.policies import changed, stages
    from lapa.training.fast_head.recipe import train_fast

    run = changed(stages(options.preset).fast, steps=options.steps, seed=options.seed)
    labels = Labels.open(options.labels)
    cache = open_data(options, options.size)
    steps = train_fast(
        run, cache, labels, options.out, episodes=options.episodes, embodiment=options.embodiment,
        bins=options.bins, resume=options.resume,
    )  # fmt: skip
    print(follow(steps, options.every))
    return 0
