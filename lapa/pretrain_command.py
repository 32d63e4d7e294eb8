"""`python -m lapa pretrain`: a policy learns to predict latent actions (stage 2).

    python -m lapa pretrain --labels labels/tabletop --data data/tabletop \\
        --policy runs/sight --out runs/policy

With --tokenizer in place of --policy the network starts from nothing, and hardly learns to see.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.console import bar, checkpoint_folder, data_options, follow, open_data, run_options, tell

if TYPE_CHECKING:
    import numpy as np

    from lapa.data import Cache
    from lapa.data.captions import Captions
    from lapa.models.policy import LatentPolicy
    from lapa.models.tokenizers import Tokenizer


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--preset", default="space", help="space or debug (space)")
    options.add_argument("--labels", type=Path, required=True, help="folder that label wrote")
    data_options(options, "the video or cache that was labelled")
    start_options(options)
    run_options(options, "runs/policy")


def command(options: argparse.Namespace) -> int:
    """Train, telling progress; returns the exit code."""
    from lapa.data.labels import Labels
    from lapa.stages import shortened, stages
    from lapa.training.policy import new_policy, train_policy, with_latent_head
    from lapa.training.samples import latent_samples
    from lapa.training.text import learn_text

    run = shortened(stages(options.preset).pretrain, options.steps)
    labels = Labels.open(options.labels)
    cache = open_data(options.data, options.cache, options.size)
    train = latent_samples(cache, labels, "train")
    held_out = None
    if any(episode.split == "holdout" for episode in cache.episodes):
        held_out = latent_samples(cache, labels, "holdout")
    length, size = labels.about["code_length"], labels.about["codebook_size"]
    start, tokenizer = begun(options)
    if start:
        run = run.on(start)
        policy = with_latent_head(start, code_length=length, latent=size, seed=run.loop.seed)
    else:
        text = options.out / "tokenizer.model"
        if not text.exists():
            learn_text(train.instruction, text)
        policy = new_policy(run, tokenizer, text, code_length=length, latent=size)
    vision = seen(tokenizer, cache, options.out / "vision.npy")
    run_ = train_policy(run, policy, vision, train, held_out, options.out, resume=options.resume)
    print(follow(run_, options.every))
    return 0


def start_options(options: argparse.ArgumentParser) -> None:
    """What a run begins with, as `begun` takes it."""
    options.add_argument("--policy", type=Path, help="a policy that learns on, or its run")
    options.add_argument(
        "--tokenizer", type=Path, help="image tokenizer, or its run; with --policy not needed"
    )


def begun(options: argparse.Namespace) -> tuple[LatentPolicy | None, Tokenizer]:
    """The policy that learns on, None for a new one, and the image tokenizer.

    Raises:
        ValueError: neither is named.
    """
    from lapa.models.policy import LatentPolicy
    from lapa.models.tokenizers import load_tokenizer

    if options.policy:
        policy = LatentPolicy.from_pretrained(checkpoint_folder(options.policy))
        return policy, policy.image_tokenizer
    if options.tokenizer:
        return None, load_tokenizer(checkpoint_folder(options.tokenizer))
    raise ValueError("name an image tokenizer with --tokenizer, or a policy with --policy")


def seen(tokenizer: Tokenizer, cache: Cache | Captions, file: Path) -> np.ndarray:
    """The vision tokens of all frames, made unless they are there, telling progress."""
    from lapa.training.frame_tokens import frame_tokens, open_tokens

    for done, total in frame_tokens(tokenizer, cache, file):
        tell(f"{bar(done, total)} vision tokens of frame {done}/{total}", last=done == total)
    return open_tokens(file)
