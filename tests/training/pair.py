"""What tests/training/test_parallel.py does in one process and in two: runs so small that they take
a second, made from what lies in a folder. As a script it is one of the two.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from lapa.data import Cache
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.presets.policies import stages
from lapa.presets.quantizers import debug
from lapa.training import parallel
from lapa.training.adversary import Adversary, AdversaryConfig
from lapa.training.loop import fit
from lapa.training.policy.recipe import PolicyRecipe, SampleLessons, new_policy
from lapa.training.policy.samples import Samples
from lapa.training.policy.text import learn_text
from lapa.training.quantizer.recipe import QuantizeRecipe
from lapa.training.recipe import LoopConfig
from lapa.training.toy import make_toy_videos
from lapa.training.window import windows

ASKED = ("push the red star to the blue cube", "separate the moon from the green cube")
EXACT = {"precision": "float32", "compiled": "off", "save_every": 0, "preview_every": 0}


def inputs(folder: Path) -> None:
    """The video, the text and nothing else that the runs begin with."""
    Cache.build(make_toy_videos(folder / "toy", episodes=3), folder / "cache", 32)
    learn_text(list(ASKED), folder / "tokenizer.model", size=400)


def quantizer(folder: Path, run: Path, **changes) -> QuantizeRecipe:
    """All that a quantizer's recipe does: noise, replaced codes, reversed and changed pairs, then
    settled codes, rollouts, features and the discriminator."""
    base = debug(steps=8)
    settled = replace(base.loss, feature=0.5, adversarial=0.1)
    config = replace(
        base,
        loop=replace(base.loop, evaluate_every=0, **EXACT),
        codebook=replace(base.codebook, replace_every=2, settle_at=5),
        settled_loss=settled,
        reverse=True,
        augment=True,
        rollouts=4,
        rollout_steps=3,
    )
    config = replace(config, **changes)
    pairs = config.pairs(Cache.open(folder / "cache"), "train")
    recipe = QuantizeRecipe(config, pairs, pairs)
    list(fit(recipe, config.loop, run))
    return recipe


def policy(
    folder: Path,
    run: Path,
    *,
    steps: int,
    resume: bool = False,
    head_first: float = 0.0,
    **changes,
) -> PolicyRecipe:
    """A policy that learns actions, of which samples know different numbers."""
    torch.manual_seed(0)
    tokenizer = ImageTokenizer(
        ImageTokenizerConfig(
            image_size=16, widths=(32, 32), blocks=1, latent=8, codebook_size=16, code_dim=4
        )
    )
    loop = LoopConfig(steps=6, batch_size=8, learning_rate=2e-3, **EXACT)
    run_config = replace(
        stages("debug").pretrain, loop=replace(loop, **changes), head_first=head_first
    )
    teacher = new_policy(run_config, tokenizer, folder / "tokenizer.model", code_length=3, latent=8)
    rng = np.random.default_rng(0)
    target = rng.integers(0, 8, (20, 3))
    target[::3, 1:] = -1
    samples = Samples(np.arange(20), tuple(ASKED[n % 2] for n in range(20)), target)
    frames = rng.integers(0, 16, (20, 64)).astype(np.uint16)
    lessons = SampleLessons(frames, samples, "latent")
    recipe = PolicyRecipe(run_config, teacher, lessons, lessons)
    evaluate = recipe.evaluate if run_config.loop.evaluate_every else None
    # the schedule stays that of six steps
    for progress in fit(
        recipe, run_config.loop, run, resume=resume, evaluate=evaluate, sharded=True
    ):
        if progress.event == "saved" and progress.step == steps:
            break
    return recipe


def draws() -> dict[str, list]:
    """Of numbers that are drawn for a batch of eight rows those of this process."""
    torch.manual_seed(1)
    rng = torch.Generator().manual_seed(0)
    pictures = [torch.rand(8, 3, 96, 96, generator=rng) for _ in range(2)]
    frame, future = (each[parallel.rows()] for each in pictures)
    spread = torch.ones(8, 4, 3)[parallel.rows()].contiguous().transpose(1, 2)
    with parallel.draws(compiled=False):
        drawn = {
            "window": windows(frame, future, side=16)[0].sum((1, 2, 3)),
            "normal": torch.randn_like(frame[:, 0, 0]),
            "spread": torch.randn_like(spread),
            "uniform": torch.rand_like(frame[:, 0, 0, 0]),
            "dropped": torch.nn.functional.dropout(frame[:, 0, 0, :16], 0.3),
        }
    return {name: each.tolist() for name, each in drawn.items()}


def discriminator() -> dict[str, list]:
    """The gradients of the discriminator's first step, of which AdamW keeps a half, and what it
    says of itself before."""
    rng = torch.Generator().manual_seed(0)
    pictures = [torch.rand(8, 3, 32, 32, generator=rng)[parallel.rows()] for _ in range(3)]
    torch.manual_seed(0)
    adversary = Adversary(AdversaryConfig(width=8), torch.device("cpu"))
    figures = adversary.learn(*pictures, rate=1e-3)
    state = adversary.state()
    kept = {name: each.flatten().tolist() for name, each in state.items() if "exp_avg" in name}
    return kept | {"figures": [float(parallel.mean(each)) for each in figures]}


def main(folder: Path) -> None:
    """Both processes of the pair."""
    rank = parallel.processes().process_index
    runs = folder / "two"
    (folder / f"draws-{rank}.json").write_text(json.dumps(draws()))
    (folder / f"discriminator-{rank}.json").write_text(json.dumps(discriminator()))
    recipe = quantizer(folder, runs / "quantizer")
    sums = {name: float(each.double().sum()) for name, each in recipe.model.state_dict().items()}
    policy(folder, runs / "policy", steps=6, save_every=3, evaluate_every=3, keep=9)
    policy(folder, runs / "muon", steps=6, optimizer="muon", gradient_checkpointing=True)
    policy(folder, folder / "one" / "begun", steps=6, resume=True, save_every=3)
    policy(folder, runs / "begun", steps=3, save_every=3)
    # the head alone in the first half; batches of two parts; both
    policy(folder, runs / "head", steps=6, head_first=0.5, accumulate=2)
    told = {"count": parallel.processes().num_processes, "sums": sums}
    told["seen"] = int(recipe.watch._window[7].sum())
    (folder / f"told-{rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # not waiting for each other's threads
