"""Runs by name: each preset is a function that returns a complete config.

`python -m lapa quantize --preset NAME` runs one; from Python, change a copy:
`dataclasses.replace(robots(), loss=LossWeights(edge=0.1))`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lapa.models.config import LAQConfig, explorer_config
from lapa.training.health import CodebookCare
from lapa.training.losses import LossWeights
from lapa.training.quantize_config import QuantizeConfig
from lapa.training.recipe import LoopConfig
from lapa.training.toy import make_toy_videos


def debug(steps: int = 240) -> QuantizeConfig:
    """The whole path in well under a minute on one CPU core, on toy video that it makes itself.

    What a run this short learns hangs on no seed's luck: ten runs of it, with bfloat16 units and
    without, ended at a ratio of 0.15 to 0.42 and a ΔPSNR of 4.1 to 8.2 dB. With an encoder that
    looks at each frame alone and plain squared errors they ended anywhere from −0.2 to 2 dB.
    """
    return QuantizeConfig(
        model=explorer_config(
            image_size=32,
            patch_size=8,
            dim=48,
            heads=2,
            dim_head=24,
            decoder_depth=1,
            stem_widths=(16,),
            encoder="motion",
            head="warp",
            code_length=2,
            quant_dim=4,
            gap_seconds=0.3,
        ),
        loop=LoopConfig(
            steps=steps,
            batch_size=16,
            learning_rate=2e-3,
            warmup_steps=20,
            ema_decay=0.98,
            save_every=40,
            evaluate_every=120,
            preview_every=120,
            workers=1,
        ),
        loss=LossWeights(mse=0.0, normalised=1.0, normalised_floor=3e-3),
        codebook=CodebookCare(replace_every=10, replace_until=160, grace=120, patience=80),
        augment=False,
    )


def robots(steps: int = 48_000) -> QuantizeConfig:
    """The shipped quantizer: 128 px, the explorer's network, every embodiment of `robots`.

    The loss counts every pair by how far it got, because plain MSE learns the mean motion and
    ignores the codes. At 55 % of the way the codes are settled: from then on the decoder learns to
    imagine them sharply, from features and a discriminator, and to go on from its own frames.
    """
    motion = LossWeights(mse=0.0, normalised=1.0, normalised_floor=3e-3)
    settle_at = steps * 55 // 100
    return QuantizeConfig(
        model=explorer_config(),
        loop=LoopConfig(
            steps=steps,
            batch_size=32,
            learning_rate=1e-3,
            warmup_steps=min(200, steps // 20),
            weight_decay=0.01,
            optimizer="muon",
            # the average that is shipped must not lag a thousand steps behind
            ema_decay=0.998,
            save_every=250,
            evaluate_every=0,
            preview_every=1000,
        ),
        loss=motion,
        settled_loss=replace(motion, feature=1.0, adversarial=0.1),
        codebook=CodebookCare(
            replace_every=25, replace_until=settle_at * 9 // 10, settle_at=settle_at
        ),
        augment=False,
        reverse=True,
        rollouts=12,
    )


def tabletop(steps: int = 6_000) -> QuantizeConfig:
    """`robots` on the tabletop, for the policies: a code stands for two steps of the pusher."""
    return replace(robots(steps), model=explorer_config(gap_seconds=0.2))


def eight(steps: int = 6_000) -> QuantizeConfig:
    """One code of eight on the tabletop, as in the paper's figure of codes in Language Table: eight
    codes, eight moves."""
    return replace(robots(steps), model=explorer_config(gap_seconds=0.2, code_length=1))


def official(steps: int = 100_005) -> QuantizeConfig:
    """LAPA's own recipe (section 3.1 and its released trainer): 256 px, MSE alone, Adam at 1e-4.

    The gap is 0.6 s for robot video; the paper takes 2.4 s for Something-Something V2. It needs a
    GPU: 344 M parameters at batch 64.
    """
    return QuantizeConfig(
        model=LAQConfig(),
        loop=LoopConfig(
            steps=steps,
            batch_size=64,
            learning_rate=1e-4,
            final_share=1.0,
            betas=(0.9, 0.99),
            gradient_clip=0.5,
            ema_decay=0.0,
            save_every=5000,
            evaluate_every=5000,
            preview_every=5000,
        ),
        loss=LossWeights(),
        codebook=CodebookCare(official=True, grace=steps),
        augment=False,
    )


def official_recipe(steps: int = 14_180) -> QuantizeConfig:
    """The anchor that `robots` is held against: LAPA's network and recipe with all their quirks,
    at the image size, gap and number of samples of the shipped `robots` (14,180 steps of 16 pairs).

    A collapse of the codes does not end it: it is part of what is measured.
    """
    whole = official(steps)
    small = {"image_size": 128, "patch_size": 16, "dim": 160, "heads": 4, "dim_head": 40}
    gap = robots().model.gap_seconds
    depths = dict.fromkeys(("spatial_depth", "temporal_depth", "decoder_depth"), 2)
    loop = replace(whole.loop, batch_size=16, save_every=250, evaluate_every=0, preview_every=1000)
    model = replace(whole.model, gap_seconds=gap, **small, **depths)
    return replace(whole, model=model, loop=loop)


PRESETS: dict[str, Callable[..., QuantizeConfig]] = {
    "robots": robots,
    "tabletop": tabletop,
    "eight": eight,
    "debug": debug,
    "official": official,
    "official-recipe": official_recipe,
}


def preset(name: str, *, steps: int | None = None) -> QuantizeConfig:
    """A preset by name, with its own number of steps unless told otherwise.

    Raises ValueError naming the presets there are.
    """
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}; there are {', '.join(PRESETS)}.")
    return PRESETS[name]() if steps is None else PRESETS[name](steps=steps)


def shared_data() -> Path:
    """The `robots` video beside the repository, or where LAPA_DATA says.

    Raises FileNotFoundError naming the option when nothing is there.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "robots"
    folder = Path(os.environ.get("LAPA_DATA", beside))
    if folder.is_dir():
        return folder
    raise FileNotFoundError("There is no ../shared/robots: name the video with --data.")


def toy_data(folder: Path) -> Path:
    """The debug preset's own video, made once."""
    return folder if (folder / "toy.jsonl").exists() else make_toy_videos(folder)
