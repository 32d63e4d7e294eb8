"""The runs of every stage on the tabletop, by name: each a function that returns complete configs.

`debug` goes through all stages on a CPU within minutes and learns hardly anything; `space` is for
what the explorer ships. Quantizers have presets of their own
(presets.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lapa.models.image_tokenizer import ImageTokenizerConfig
from lapa.models.patch_tokenizer import PatchTokenizerConfig
from lapa.training.patches import PatchesConfig
from lapa.training.policy import PolicyRun
from lapa.training.recipe import LoopConfig
from lapa.training.tokenize import TokenizeConfig


@dataclass(frozen=True)
class Stages:
    """tokenize: the image tokenizer. ground: to see. pretrain: stage 2. finetune: stage 3."""

    tokenize: TokenizeConfig | PatchesConfig
    ground: PolicyRun
    pretrain: PolicyRun
    finetune: PolicyRun


def debug() -> Stages:
    """Every stage in a minute or less on one CPU core, at 32 px."""
    loop = LoopConfig(
        steps=60, batch_size=8, learning_rate=2e-3, warmup_steps=5, ema_decay=0.9, save_every=30,
        evaluate_every=30, workers=1,
    )  # fmt: skip
    small = PolicyRun(loop, dim=64, layers=2, heads=2, hidden=128, prompt_length=40)
    return Stages(
        TokenizeConfig(
            ImageTokenizerConfig(
                image_size=32, widths=(32, 32, 32), blocks=1, latent=16, codebook_size=64,
                code_dim=8,
            ),
            loop,
            replace_every=10,
            replace_until=40,
        ),
        small,
        small,
        small,
    )  # fmt: skip


def space() -> Stages:
    """What the explorer ships: small enough to be trained on two CPU cores within hours.

    A frame is 32 × 32 patches of two tokens each, of which `Sight` makes a position of the trunk
    for each block there is and the pusher.
    """
    policy = LoopConfig(
        steps=6_000, batch_size=32, learning_rate=2e-3, warmup_steps=200, weight_decay=0.05,
        optimizer="muon", save_every=250, evaluate_every=500,
    )  # fmt: skip
    finetune = replace(policy, steps=400, warmup_steps=100, evaluate_every=100)
    trunk = {
        "dim": 128, "layers": 6, "heads": 4, "hidden": 344, "prompt_length": 32, "keypoints": 17,
    }  # fmt: skip
    patches = PatchTokenizerConfig(patch_size=4, codebook_size=512, components=16, parts=2)
    return Stages(
        PatchesConfig(patches),
        PolicyRun(replace(policy, steps=4_800), **trunk),
        PolicyRun(policy, **trunk),
        PolicyRun(finetune, **trunk, smooth=0.025),
    )


def vqgan() -> Stages:
    """The same policies on a small VQGAN, laid out as LWM's; it wants a GPU, or a day.

    1,600 steps on one core left blocks of most colours out of its pictures.
    """
    loop = LoopConfig(
        steps=20_000, batch_size=16, learning_rate=1e-3, warmup_steps=100, save_every=500,
        evaluate_every=1_000, preview_every=1_000,
    )  # fmt: skip
    model = ImageTokenizerConfig(
        image_size=64, widths=(32, 32, 64, 64), blocks=1, latent=64, codebook_size=1024,
        code_dim=16,
    )  # fmt: skip
    c = space()
    return Stages(
        TokenizeConfig(model, loop, replace_until=10_000),
        replace(c.ground, keypoints=0),
        replace(c.pretrain, keypoints=0),
        replace(c.finetune, keypoints=0),
    )


def shortened(config: Any, steps: int | None) -> Any:
    """A run of another length; None leaves it as it is."""
    return config if steps is None else replace(config, loop=replace(config.loop, steps=steps))


STAGES: dict[str, Callable[[], Stages]] = {"space": space, "vqgan": vqgan, "debug": debug}


def stages(name: str) -> Stages:
    """The runs of a preset.

    Raises:
        ValueError: no such preset; names those there are.
    """
    if name not in STAGES:
        raise ValueError(f"There is no preset {name!r}; there are {', '.join(STAGES)}.")
    return STAGES[name]()
