"""`python -m lapa finetune`: a policy learns a robot's own actions from few episodes (stage 3).

    python -m lapa finetune runs/policy --data data/tabletop --episodes 200 --out runs/acting

What latent pretraining is held against: `finetune runs/sight` is LAPA's Scratch, which knows
pictures and words but no latent action; with --scratch the same network starts from nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.console import checkpoint_folder, data_options, follow, open_data, run_options
from lapa.pretrain_command import seen


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("policy", type=Path, help="folder of a pretrained policy, or its run")
    options.add_argument("--preset", default="space", help="space or debug (space)")
    options.add_argument("--scratch", action="store_true", help="the same network from nothing")
    data_options(options, "video with actions, or a prepared cache")
    options.add_argument("--episodes", type=int, help="labelled episodes (all)")
    options.add_argument("--embodiment", help="only its episodes (all)")
    options.add_argument("--bins", type=int, default=256, help="bins a dimension (256)")
    run_options(options, "runs/acting")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.models.policy import LatentPolicy
    from lapa.stages import shortened, stages
    from lapa.training.policy import new_policy, train_policy, with_action_head
    from lapa.training.samples import action_samples

    start = LatentPolicy.from_pretrained(checkpoint_folder(options.policy))
    run = shortened(stages(options.preset).finetune, options.steps).on(start)
    cache = open_data(options.data, options.cache, options.size)
    body = options.embodiment
    train, bins = action_samples(
        cache, "train", episodes=options.episodes, count=options.bins, embodiment=body
    )
    held_out = None
    if any(
        each.split == "holdout" and each.action_dim and body in (None, each.embodiment)
        for each in cache.episodes
    ):
        held_out, _ = action_samples(cache, "holdout", bins=bins, embodiment=body)
    tokenizer, text = start.image_tokenizer, start.text.path
    if options.scratch:
        length = start.config.code_length
        policy = new_policy(run, tokenizer, text, code_length=length, latent=0, bins=bins)
    else:
        policy = with_action_head(start, bins, run.loop.seed)
    vision = seen(tokenizer, cache, options.out / "vision.npy")
    told = train_policy(run, policy, vision, train, held_out, options.out, resume=options.resume)
    print(follow(told, options.every))
    return 0
