"""`python -m lapa pretrain`: a policy learns to predict latent actions (stage 2), or actions.

    python -m lapa pretrain --labels labels/tabletop --data data/tabletop \\
        --policy runs/sight --out runs/policy

What latent actions are held against: where the labels are actions that an inverse dynamics model
inferred (`label runs/inverse`) this is VPT, and with --actions in place of --labels, the true
actions of the same video, ActionVLA.

With --tokenizer in place of --policy the network starts from nothing, and hardly learns to see.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    checkpoint_folder,
    data_options,
    follow,
    load_start,
    open_data,
    policy_options,
    policy_run,
    processes_of,
    processes_options,
    run_options,
    share_option,
    size_option,
    start_options,
    tokens_option,
    vision_tokens,
)

if TYPE_CHECKING:
    from lapa.data import Cache
    from lapa.data.bins import ActionBins
    from lapa.models.policy import LatentPolicy
    from lapa.training.policy.recipe import PolicyRun
    from lapa.training.policy.samples import Samples


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    policy_options(options)
    options.add_argument("--labels", type=Path, help="folder that label wrote")
    options.add_argument("--actions", action="store_true", help="the video's own actions instead")
    options.add_argument("--bins", type=int, default=256, help="a dimension, with --actions (256)")
    data_options(options, "the video or cache that was labelled")
    size_option(options)
    share_option(options)
    tokens_option(options)
    start_options(options)
    run_options(options, "runs/policy")
    processes_options(options, "frames")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.presets.policies import policies
    from lapa.training.parallel import processes
    from lapa.training.plan import plan_policy
    from lapa.training.policy.recipe import train_policy

    count = processes_of(options)
    run = policy_run(options, policies(options.preset).pretrain)
    if options.dry_run:
        plan = plan_policy(run, count, start=options.policy and checkpoint_folder(options.policy))
        print(plan.text(rate=options.rate, tflops=options.tflops))
        return 0
    if bool(options.labels) == options.actions:
        raise ValueError("name the labels with --labels, or ask for the video's own --actions")
    # what the first process makes, the others find
    with processes().main_process_first():
        run, policy, lessons = _begun(options, run)
        tokens = options.tokens or options.out / "vision.npy"
        vision = vision_tokens(policy.image_tokenizer, lessons.cache, tokens)
    steps = train_policy(
        run, policy, vision, lessons.train, lessons.held_out, options.out, resume=options.resume
    )
    last = follow(steps, options.every)
    if last:
        print(last)
    return 0


def _begun(options: argparse.Namespace, run: PolicyRun) -> tuple[PolicyRun, LatentPolicy, _Lessons]:
    """The policy that learns, the run with its network, and what it learns from."""
    from lapa.models.policy import with_action_head, with_latent_head
    from lapa.training.policy.recipe import new_policy
    from lapa.training.policy.text import learn_text

    lessons = _lessons(options)
    start, tokenizer = load_start(options)
    if start and lessons.bins:
        run = run.on(start)
        policy = with_action_head(start, lessons.bins, run.loop.seed)
    elif start:
        run = run.on(start)
        policy = with_latent_head(
            start, code_length=lessons.length, latent=lessons.size, seed=run.loop.seed
        )
    else:
        text = options.out / "tokenizer.model"
        if not text.exists():
            learn_text(lessons.train.instruction, text)
        latent = 0 if lessons.bins else lessons.size
        policy = new_policy(
            run, tokenizer, text, code_length=lessons.length, latent=latent, bins=lessons.bins
        )
    return run, policy, lessons


@dataclass(frozen=True)
class _Lessons:
    """length, size: of a code. bins: where actions are learned in place of codes."""

    cache: Cache
    train: Samples
    held_out: Samples | None
    length: int
    size: int
    bins: ActionBins | None


def _lessons(options: argparse.Namespace) -> _Lessons:
    from lapa.data.labels import Labels
    from lapa.training.inverse_dynamics.label import bins_of
    from lapa.training.policy.samples import action_samples, latent_samples

    cache = open_data(options, options.size)
    aside = any(episode.split == "holdout" for episode in cache.episodes)
    if options.actions:
        train, bins = action_samples(cache, "train", count=options.bins)
        held_out = action_samples(cache, "holdout", bins=bins)[0] if aside else None
        length, size = len(bins), max(bins.counts)
        return _Lessons(
            cache, train.of_episodes(cache, options.share), held_out, length, size, bins
        )
    labels = Labels.open(options.labels)
    train = latent_samples(cache, labels, "train").of_episodes(cache, options.share)
    held_out = latent_samples(cache, labels, "holdout") if aside else None
    length, size = labels.about["code_length"], labels.about["codebook_size"]
    return _Lessons(cache, train, held_out, length, size, bins_of(labels))
