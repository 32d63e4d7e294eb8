"""`python -m lapa finetune`: a policy learns a robot's own actions from few episodes (stage 3).

    python -m lapa finetune runs/policy --data data/tabletop --episodes 200 --out runs/acting

What latent pretraining is held against: `finetune runs/sight` is LAPA's Scratch, which knows
pictures and words but no latent action; with --scratch the same network starts from nothing. A
policy that acts already (VPT, ActionVLA: `pretrain` on actions) goes on with its own head and bins.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    checkpoint_folder,
    data_options,
    follow,
    labelled_options,
    open_data,
    policy_options,
    policy_run,
    processes_of,
    processes_options,
    run_options,
    size_option,
    tokens_option,
    vision_tokens,
)

if TYPE_CHECKING:
    from lapa.data import Cache
    from lapa.models.policy import LatentPolicy
    from lapa.training.policy.recipe import PolicyRun
    from lapa.training.policy.samples import Samples


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("policy", type=Path, help="folder of a pretrained policy, or its run")
    policy_options(options)
    options.add_argument("--scratch", action="store_true", help="the same network from nothing")
    data_options(options, "video with actions, or a prepared cache")
    size_option(options)
    labelled_options(options)
    tokens_option(options)
    options.add_argument("--mean", action="store_true", help="act by the mean of the bins")
    options.add_argument("--chunk", type=int, default=1, help="actions predicted at once (1)")
    options.add_argument(
        "--direction", action="store_true", help="say a direction before the action (RT-H)"
    )
    options.add_argument(
        "--head-first", type=float, default=0.0, metavar="SHARE",
        help="of the steps, in which the head learns alone (0)",
    )  # fmt: skip
    run_options(options, "runs/acting")
    processes_options(options, "frames")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.presets.policies import policies
    from lapa.training.parallel import processes
    from lapa.training.plan import plan_policy
    from lapa.training.policy.recipe import train_policy

    count = processes_of(options)
    run = policy_run(options, policies(options.preset).finetune)
    if options.dry_run:
        plan = plan_policy(run, count, kind="action", start=checkpoint_folder(options.policy))
        print(plan.text(rate=options.rate, tflops=options.tflops))
        return 0
    # what the first process makes, the others find
    with processes().main_process_first():
        run, policy, train, held_out, cache = _begun(options, run)
        tokens = options.tokens or options.out / "vision.npy"
        vision = vision_tokens(policy.image_tokenizer, cache, tokens)
    steps = train_policy(run, policy, vision, train, held_out, options.out, resume=options.resume)
    last = follow(steps, options.every)
    if last:
        print(last)
    return 0


def _begun(
    options: argparse.Namespace, run: PolicyRun
) -> tuple[PolicyRun, LatentPolicy, Samples, Samples | None, Cache]:
    """The run with the policy's network, the policy that learns, and what it learns from."""
    from lapa.models.policy import LatentPolicy, acting_on, with_action_head
    from lapa.training.policy.recipe import new_policy
    from lapa.training.policy.samples import action_samples

    start = LatentPolicy.from_pretrained(checkpoint_folder(options.policy))
    run = replace(
        run.on(start), mean=options.mean, chunk=options.chunk, direction=options.direction,
        head_first=options.head_first,
    )  # fmt: skip
    cache = open_data(options, options.size)
    body = options.embodiment
    goes_on = start.bins is not None and not options.scratch
    if goes_on and run.layout != start.config.layout:
        raise ValueError(
            f"{options.policy} predicts {start.config.layout}, and its head cannot learn "
            f"{run.layout}"
        )
    train, bins = action_samples(
        cache, "train", episodes=options.episodes, count=options.bins, embodiment=body,
        layout=run.layout, bins=start.bins if goes_on else None,
    )  # fmt: skip
    held_out = None
    if any(
        each.split == "holdout" and each.action_dim and body in (None, each.embodiment)
        for each in cache.episodes
    ):
        held_out, _ = action_samples(
            cache, "holdout", bins=bins, embodiment=body, layout=run.layout
        )
    tokenizer, text = start.image_tokenizer, start.text.path
    if options.scratch:
        length = start.config.code_length
        policy = new_policy(run, tokenizer, text, code_length=length, latent=0, bins=bins)
    elif goes_on:
        policy = acting_on(start, mean=run.mean)
    else:
        policy = with_action_head(start, bins, run.loop.seed, layout=run.layout, mean=run.mean)
    return run, policy, train, held_out, cache
