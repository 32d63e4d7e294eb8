"""`python -m lapa ground`: a policy learns to see, before it learns to act.

    python -m lapa ground --captions data/captions --data cache/tabletop-128 \\
        --tokenizer runs/tokenizer --out runs/sight

`python -m lapa pretrain --policy runs/sight` goes on from there. With --policy in place of
--tokenizer a policy that can see already learns on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.commands.console import (
    data_options,
    follow,
    load_start,
    open_data,
    run_options,
    size_option,
    start_options,
    vision_tokens,
)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--preset", default="space", help="space or debug (space)")
    options.add_argument("--captions", type=Path, required=True, help="folder that caption wrote")
    data_options(options, "video whose instructions it will read")
    size_option(options)
    start_options(options)
    run_options(options, "runs/sight")
    options.add_argument(
        "--batch-size", type=int, help="pictures a step, of all processes together"
    )


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.data.captions import Captions
    from lapa.presets.policies import changed, stages
    from lapa.training.policy.grounding import LOCATIONS, ground
    from lapa.training.policy.recipe import new_policy
    from lapa.training.policy.text import learn_text

    run = changed(
        stages(options.preset).ground, steps=options.steps, seed=options.seed,
        batch_size=options.batch_size,
    )  # fmt: skip
    captions = Captions.open(options.captions)
    policy, tokenizer = load_start(options)
    if policy:
        run = run.on(policy)
    else:
        text = options.out / "tokenizer.model"
        if not text.exists():
            cache = open_data(options, options.size)
            train = [each.instruction for each in cache.episodes if each.split == "train"]
            learn_text([*captions.vocabulary, *filter(None, train)], text, symbols=LOCATIONS)
        policy = new_policy(run, tokenizer, text, code_length=0, latent=0)
    vision = vision_tokens(tokenizer, captions, options.out / "vision.npy")
    steps = ground(run, policy, captions, vision, options.out, resume=options.resume)
    print(follow(steps, options.every))
    return 0
