"""The runs of every stage on the tabletop, by name: each a function that returns complete configs.

`debug` goes through all stages on a CPU within minutes and learns hardly anything; `space` is for
what the explorer ships. Quantizers have presets of their own (quantizers.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lapa.models.fast_head import FastHeadConfig
from lapa.models.image_tokenizer import ImageTokenizerConfig
from lapa.models.inverse_dynamics import InverseDynamicsConfig
from lapa.models.patch_tokenizer import PatchTokenizerConfig
from lapa.models.video_diffusion import VideoDiffusionConfig
from lapa.training.fast_head.recipe import FastRun
from lapa.training.inverse_dynamics.recipe import InverseRun
from lapa.training.policy.recipe import PolicyRun
from lapa.training.recipe import LoopConfig
from lapa.training.tokenizer.patches import PatchesConfig
from lapa.training.tokenizer.vqgan import TokenizeConfig
from lapa.training.video_diffusion.recipe import VideoRun


@dataclass(frozen=True)
class Stages:
    """tokenize: the image tokenizer. ground: to see. pretrain: stage 2. finetune: stage 3. inverse:
    inverse dynamics, for VPT and UniPi. video: UniPi's video diffusion. fast: the head that acts
    between a latent policy's words."""

    tokenize: TokenizeConfig | PatchesConfig
    ground: PolicyRun
    pretrain: PolicyRun
    finetune: PolicyRun
    inverse: InverseRun
    video: VideoRun
    fast: FastRun


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
        InverseRun(
            replace(loop, precision="float32"),
            InverseDynamicsConfig(image_size=32, width=8, keypoints=4, hidden=32),
            clip=8,
        ),
        VideoRun(
            loop,
            VideoDiffusionConfig(image_size=16, frames=4, width=16, heads=2, steps=2),
            replace(loop, steps=20),
        ),
        FastRun(
            replace(loop, precision="float32"),
            FastHeadConfig(image_size=32, width=8, keypoints=4, hidden=32, oldest=4),
        ),
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
    ground = PolicyRun(
        replace(policy, steps=4_800), dim=128, layers=6, heads=4, hidden=344, prompt_length=32,
        keypoints=17,
    )  # fmt: skip
    patches = PatchTokenizerConfig(patch_size=4, codebook_size=512, components=16, parts=2)
    return Stages(
        PatchesConfig(patches),
        ground,
        replace(ground, loop=policy),
        replace(ground, loop=finetune, smooth=0.025),
        # places are told to a hundredth of the picture, for which bfloat16 is too coarse
        InverseRun(
            LoopConfig(
                steps=1_500, batch_size=16, learning_rate=2e-3, warmup_steps=100,
                weight_decay=0.01, precision="float32", save_every=250, evaluate_every=500,
            ),
            InverseDynamicsConfig(),
        ),
        VideoRun(
            replace(
                policy, steps=4_000, batch_size=8, learning_rate=5e-4, optimizer="adamw",
                evaluate_every=1_000, preview_every=1_000,
            ),
            VideoDiffusionConfig(),
            replace(
                finetune, batch_size=8, learning_rate=2e-4, optimizer="adamw", preview_every=200
            ),
        ),
        # words as old as a policy that needs a second for each lets them become
        FastRun(
            LoopConfig(
                steps=800, batch_size=64, learning_rate=2e-3, warmup_steps=50,
                weight_decay=0.05, precision="float32", save_every=200, evaluate_every=400,
                # a network this small is trained before a compiler is done with it
                compiled="off",
            ),
            FastHeadConfig(),
        ),
    )  # fmt: skip


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
        c.inverse,
        c.video,
        c.fast,
    )


@dataclass(frozen=True)
class Policies:
    """Stages 2 and 3 alone: they begin with a policy that was made elsewhere."""

    pretrain: PolicyRun
    finetune: PolicyRun


def paper() -> Policies:
    """LAPA-7B's own sizes and settings, for any of its data: they begin with LWM-Chat-1M, by
    `--policy`, and want several GPUs.

    From the released trainer's scripts for Open X-Embodiment (70,000 steps of 256 frames) and
    SIMPLER (500 steps of 128): AdamW at a constant 2e-5 without weight decay, bfloat16, blocks
    computed again in the backward pass. Betas and the gradient's clip are its defaults. The scripts
    for BridgeData V2 and Something-Something V2 are not released; what they were is not known.
    """
    loop = LoopConfig(
        steps=70_000, batch_size=256, learning_rate=2e-5, final_share=1.0, betas=(0.9, 0.95),
        gradient_clip=1.0, ema_decay=0.0, precision="bfloat16", compiled="off",
        gradient_checkpointing=True, save_every=2_000, evaluate_every=2_000, keep=1,
    )  # fmt: skip
    pretrain = PolicyRun(
        loop, dim=4096, layers=32, heads=32, hidden=11008, prompt_length=128
    )  # fmt: skip
    finetune = replace(loop, steps=500, batch_size=128, save_every=500, evaluate_every=100)
    return Policies(pretrain, replace(pretrain, loop=finetune))


def changed(
    config: Any,
    *,
    steps: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    gradient_checkpointing: bool | None = None,
) -> Any:
    """A run of another length, with another seed or batch; None leaves them as they are."""
    asked = {
        "steps": steps, "seed": seed, "batch_size": batch_size,
        "gradient_checkpointing": gradient_checkpointing or None,
    }  # fmt: skip
    chosen = {name: value for name, value in asked.items() if value is not None}
    return replace(config, loop=replace(config.loop, **chosen))


STAGES: dict[str, Callable[[], Stages]] = {"space": space, "vqgan": vqgan, "debug": debug}


PAPER: dict[str, Callable[[], Policies]] = {"openx": paper, "bridge": paper, "sthv2": paper}


def policies(name: str) -> Policies | Stages:
    """Stages 2 and 3 of a preset, also of those that have no others.

    Raises:
        ValueError: no such preset; names those there are.
    """
    if name in PAPER:
        return PAPER[name]()
    if name not in STAGES:
        there = ", ".join([*STAGES, *PAPER])
        raise ValueError(f"There is no preset {name!r}; there are {there}.")
    return stages(name)


def stages(name: str) -> Stages:
    """The runs of a preset.

    Raises:
        ValueError: no such preset; names those there are.
    """
    if name in PAPER:
        raise ValueError(
            f"The preset {name!r} is for pretrain and finetune, which begin with a policy that was "
            f"made elsewhere; for the other stages there are {', '.join(STAGES)}."
        )
    if name not in STAGES:
        raise ValueError(f"There is no preset {name!r}; there are {', '.join(STAGES)}.")
    return STAGES[name]()
