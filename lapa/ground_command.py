"""`python -m lapa ground`: a policy learns to see, before it learns to act.

    python -m lapa ground --captions data/captions --data cache/tabletop-128 \\
        --tokenizer runs/tokenizer --out runs/sight

`python -m lapa pretrain --policy runs/sight` goes on from there. With --policy in place of
--tokenizer a policy that can see already learns on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.console import data_options, follow, open_data, run_options
from lapa.pretrain_command import begun, seen, start_options


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--preset", default="space", help="space or debug (space)")
    options.add_argument("--captions", type=Path, required=True, help="folder that caption wrote")
    data_options(options, "video whose instructions it will read")
    start_options(options)
    run_options(options, "runs/sight")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.data.captions import Captions
    from lapa.stages import shortened, stages
    from lapa.training.grounding import LOCATIONS, ground
    from lapa.training.policy import new_policy
    from lapa.training.text import learn_text

    run = shortened(stages(options.preset).ground, options.steps)
    captions = Captions.open(options.captions)
    policy, tokenizer = begun(options)
    if policy:
        run = run.on(policy)
    else:
        text = options.out / "tokenizer.model"
        if not text.exists():
            cache = open_data(options.data, options.cache, options.size)
            told = [each.instruction for each in cache.episodes if each.split == "train"]
            learn_text([*captions.vocabulary, *filter(None, told)], text, symbols=LOCATIONS)
        policy = new_policy(run, tokenizer, text, code_length=0, latent=0)
    vision = seen(tokenizer, captions, options.out / "vision.npy")
    run_ = ground(run, policy, captions, vision, options.out, resume=options.resume)
    print(follow(run_, options.every))
    return 0
