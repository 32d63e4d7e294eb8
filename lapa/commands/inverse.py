"""`python -m lapa inverse`: learn which action led from one frame to the next (VPT, UniPi).

    python -m lapa inverse --data data/tabletop --embodiment cylinder --episodes 200 --bins 32

`python -m lapa label runs/inverse` then gives any video the actions that the model infers, and
`python -m lapa diffuse --inverse runs/inverse` acts out what it imagines.
"""

from __future__ import annotations

import argparse

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
    data_options(options, "video with actions, or a prepared cache")
    size_option(options)
    labelled_options(options)
    run_options(options, "runs/inverse")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.presets.policies import changed, stages
    from lapa.training.inverse_dynamics.recipe import train_inverse

    run = changed(stages(options.preset).inverse, steps=options.steps, seed=options.seed)
    cache = open_data(options, options.size)
    steps = train_inverse(
        run, cache, options.out, episodes=options.episodes, embodiment=options.embodiment,
        bins=options.bins, resume=options.resume,
    )  # fmt: skip
    print(follow(steps, options.every))
    return 0
