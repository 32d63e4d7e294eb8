"""Runs by name: each preset is a function that returns a complete config.

`python -m lapa quantize --preset NAME` runs one; from Python, change a copy:
`dataclasses.replace(robots(), loss=LossWeights(edge=0.1))`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from lapa.models.config import LAQConfig, explorer_config
from lapa.training.quantizer.health import CodebookCare
from lapa.training.quantizer.losses import LossWeights
from lapa.training.quantizer.recipe import QuantizeConfig
from lapa.training.recipe import LoopConfig


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
        settled_loss=replace(motion, feature=1.5, adversarial=0.15),
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
    codes, eight moves.

    A latent is a direction in the plane, and there are codes only once all directions are told
    apart (`CodebookCare.continuous_until`, which says why).
    """
    whole = robots(steps)
    return replace(
        whole,
        model=explorer_config(
            gap_seconds=0.2,
            code_length=1,
            quant_dim=2,
            normalise_latents=False,
            unit_latents=True,
        ),
        codebook=replace(whole.codebook, continuous_until=min(400, steps // 10)),
    )


def drive(steps: int = 3_000) -> QuantizeConfig:
    """Two codes of eight on a car seen from above (`lapa record car-racing`): steer, speed up,
    brake, go straight on.

    As `tabletop`, with a start without codes as in `eight`. A latent has four numbers: of two, one
    told of steering and the other how far the car went, and none of the pedals (R² 0.00; 0.88 with
    four, after 250 steps). No pair is played backwards, because the car never drives so. 96 px are
    CarRacing's own size, and with a smaller network half an hour of one core without units for
    bfloat16 is enough.
    """
    whole = robots(steps)
    return replace(
        whole,
        model=explorer_config(
            image_size=96,
            dim=128,
            heads=4,
            decoder_depth=2,
            stem_widths=(32, 64),
            gap_seconds=0.2,
            code_length=2,
            quant_dim=4,
        ),
        codebook=replace(whole.codebook, continuous_until=min(350, steps // 6)),
        reverse=False,
    )


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


def openx(steps: int = 100_005) -> QuantizeConfig:
    """LAPA's quantizer for Open X-Embodiment, as `official`: the released `laq_openx.pt` has these
    sizes and this gap, 0.6 s. Embodiments are drawn equally often."""
    return official(steps)


def bridge(steps: int = 100_005) -> QuantizeConfig:
    """LAPA's quantizer for BridgeData V2: the same sizes and gap, 0.6 s, 3 of its frames."""
    return official(steps)


def sthv2(steps: int = 100_005) -> QuantizeConfig:
    """LAPA's quantizer for Something-Something V2: the same sizes at a gap of 2.4 s, as the paper
    takes for human video."""
    whole = official(steps)
    return replace(whole, model=replace(whole.model, gap_seconds=2.4))


def official_recipe(steps: int = 14_180) -> QuantizeConfig:
    """The anchor that `robots` is held against: LAPA's network and recipe with all their quirks,
    at the image size, gap and number of samples of the shipped `robots` (14,180 steps of 16 pairs).

    A collapse of the codes does not end it: it is part of what is measured.
    """
    whole = official(steps)
    loop = replace(whole.loop, batch_size=16, save_every=250, evaluate_every=0, preview_every=1000)
    model = replace(
        whole.model,
        image_size=128,
        patch_size=16,
        dim=160,
        heads=4,
        dim_head=40,
        spatial_depth=2,
        temporal_depth=2,
        decoder_depth=2,
        gap_seconds=robots().model.gap_seconds,
    )
    return replace(whole, model=model, loop=loop)


PRESETS: dict[str, Callable[..., QuantizeConfig]] = {
    "robots": robots,
    "tabletop": tabletop,
    "eight": eight,
    "drive": drive,
    "debug": debug,
    "official": official,
    "official-recipe": official_recipe,
    "openx": openx,
    "bridge": bridge,
    "sthv2": sthv2,
}


def space(code_length: int, codebook_size: int, steps: int = 6_000) -> QuantizeConfig:
    """`tabletop` with another space of latent actions: S codes of K values."""
    whole = tabletop(steps)
    model = replace(whole.model, code_length=code_length, codebook_size=codebook_size)
    return replace(whole, model=model)


def nested(steps: int = 6_000) -> QuantizeConfig:
    """`tabletop` with latent actions of eight codes, of which any first ones are enough."""
    whole = space(8, 8, steps)
    return replace(whole, model=replace(whole.model, nested=True))


# what `python -m lapa space` trains and measures at an equal budget
SPACES: dict[str, Callable[..., QuantizeConfig]] = {
    **{f"{s}x{k}": partial(space, s, k) for s in (1, 2, 4, 8) for k in (8, 16, 32)},
    "nested": nested,
}
# each is a preset of its own as well
PRESETS |= {f"space-{name}": build for name, build in SPACES.items()}


def preset(name: str, *, steps: int | None = None) -> QuantizeConfig:
    """A preset by name, with its own number of steps unless told otherwise.

    Raises ValueError naming the presets there are.
    """
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}; there are {', '.join(PRESETS)}.")
    return PRESETS[name]() if steps is None else PRESETS[name](steps=steps)
