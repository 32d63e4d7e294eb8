"""`python -m lapa diffuse`: learn to imagine the video of an instruction (UniPi).

    python -m lapa diffuse --policy runs/sight --data data/tabletop --out runs/video
    python -m lapa diffuse --start-from runs/video --data data/tabletop --episodes 200 \\
        --inverse runs/inverse --out runs/unipi

The second goes on with labelled episodes and makes a policy of it, which `evaluate` lets act.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from lapa.commands.console import (
    checkpoint_folder,
    data_options,
    follow,
    open_data,
    run_options,
    share_option,
    size_option,
)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--preset", default="space", help="space or debug (space)")
    data_options(options, "video with instructions, or a prepared cache")
    size_option(options)
    share_option(options)
    options.add_argument("--policy", type=Path, help="a policy whose words are used, or its run")
    options.add_argument("--start-from", type=Path, help="a video diffusion run that goes on")
    options.add_argument("--episodes", type=int, help="labelled episodes alone, so many")
    options.add_argument("--embodiment", help="with --episodes, of this one (all)")
    options.add_argument("--inverse", type=Path, help="inverse dynamics, so that it can act")
    run_options(options, "runs/video")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.models.inverse_dynamics import InverseDynamics
    from lapa.models.policy import TEXT
    from lapa.models.video_diffusion import VideoDiffusion
    from lapa.presets.policies import changed, stages
    from lapa.training.policy.samples import first_share, labelled_episodes
    from lapa.training.video_diffusion.recipe import new_diffusion, train_video

    run = stages(options.preset).video
    if options.episodes is not None:
        run = replace(run, loop=run.finetune)
    run = changed(run, steps=options.steps, seed=options.seed)
    if options.start_from:
        model = VideoDiffusion.from_pretrained(checkpoint_folder(options.start_from))
    elif options.policy:
        model = new_diffusion(run, checkpoint_folder(options.policy) / TEXT)
    else:
        raise ValueError("name a policy whose words are used with --policy, or a --start-from")
    cache = open_data(options, options.size)
    if options.episodes is None:
        chosen = [at for at, e in enumerate(cache.episodes) if e.split == "train" and e.instruction]
        chosen = first_share(chosen, options.share)
    else:
        chosen = labelled_episodes(
            cache, "train", episodes=options.episodes, embodiment=options.embodiment
        )
    inverse = None
    if options.inverse:
        inverse = InverseDynamics.from_pretrained(checkpoint_folder(options.inverse))
    steps = train_video(
        run, model, cache, chosen, options.out, inverse=inverse, resume=options.resume
    )
    print(follow(steps, options.every))
    return 0
