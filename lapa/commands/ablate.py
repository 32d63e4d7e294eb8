"""What each choice of the shipped network is worth: `python -m lapa ablate`.

The same short run again and again, at half the resolution and with a schedule to match, each time
with one choice changed back. The figures are those of `checkup` on held-out episodes. Runs this
short rank choices; they do not say how good the trained model is.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lapa.checkup.measures.codes import code_use
from lapa.checkup.measures.control import control
from lapa.checkup.measures.drift import drift
from lapa.checkup.measures.picture import picture
from lapa.checkup.measures.reconstruction import reconstruction
from lapa.commands.console import (
    data_options,
    open_data,
)
from lapa.data import Cache, FramePairs
from lapa.evaluation.table import measure
from lapa.files import update_json, write_json
from lapa.models.quantizer import LatentActionQuantizer
from lapa.presets.quantizers import robots
from lapa.training.quantizer.recipe import QuantizeConfig, quantize

START, END = "<!-- ablation:start -->", "<!-- ablation:end -->"
HALF: dict[str, Any] = {"image_size": 64, "patch_size": 8, "stem_widths": (64,)}
# name -> changes of the model, the loss (throughout, or once settled), the loop, the care for the
# codebook, and the run itself
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "as shipped": {},
    "VQ with EMA instead of NSVQ": {"model": {"quantizer": "vq_ema"}},
    "FSQ instead of NSVQ": {"model": {"quantizer": "fsq", "quant_dim": 3}},
    "latents not normalised": {"model": {"normalise_latents": False}},
    "unused codes not re-seeded": {"codebook": {"replace_every": 0}},
    "one codebook for all positions, channels mixed": {
        "model": {"shared_codebook": True, "mix_code_channels": True}
    },
    "places not compared": {"model": {"motion_reach": 0}},
    "every frame encoded alone": {"model": {"encoder": "frame", "motion_reach": 0}},
    "spatial then temporal encoder": {
        "model": {"encoder": "factorised", "spatial_depth": 1, "motion_reach": 0}
    },
    "attention over both frames": {"model": {"encoder": "pair", "motion_reach": 0}},
    "change on x_t instead of layers": {"model": {"head": "change"}},
    "pixels instead of layers": {"model": {"head": "pixels"}},
    "warp without a mask for what moves": {"model": {"head": "warp"}},
    "what the flow moves weighed too": {"loss": {"moved": 0.2}},
    "plain MSE loss": {"loss": {"mse": 100.0, "normalised": 0.0}},
    "no features": {"settled": {"feature": 0.0}},
    "no discriminator": {"settled": {"adversarial": 0.0}},
    "no rollouts": {"run": {"rollouts": 0}},
    "codes never settled": {"codebook": {"settle_at": 0}},
    "pairs forwards only": {"run": {"reverse": False}},
    "with augmentation": {"run": {"augment": True}},
    "AdamW instead of Muon": {"loop": {"optimizer": "adamw"}},
}


@dataclass(frozen=True)
class Result:
    """Held-out figures of one variant; `ratio` to `feature_distance` are over all pairs, `drift`
    (dB above copy-frame) and `sharpness` over imagined rollouts of 16 steps."""

    name: str
    parameters: int
    ratio: float
    delta_psnr: float
    moving_sharpness: float
    feature_distance: float
    least_used: int
    least_perplexity: float
    drift: float
    sharpness: float


def variant(name: str, steps: int) -> QuantizeConfig:
    """The `robots` preset at half the resolution with one choice of VARIANTS changed."""
    changes, base = VARIANTS[name], robots(steps)
    care = replace(
        base.codebook,
        replace_every=10,
        replace_until=steps // 2,
        settle_at=steps * 3 // 5,
        grace=steps,  # a collapse is a result here, not an accident
    )
    loss, settled = changes.get("loss", {}), changes.get("settled", {})
    loop = replace(
        base.loop,
        save_every=0,
        evaluate_every=0,
        preview_every=0,
        warmup_steps=steps // 8,
        ema_decay=0.98,
    )
    return replace(
        base,
        model=replace(base.model, **HALF, **changes.get("model", {})),
        loop=replace(loop, **changes.get("loop", {})),
        loss=replace(base.loss, **loss),
        settled_loss=replace(base.settled_loss or base.loss, **loss, **settled),
        codebook=replace(care, **changes.get("codebook", {})),
        **changes.get("run", {}),
    )


def ablate(
    cache: Cache, folder: Path, *, steps: int, stride: int = 4, only: Sequence[str] = ()
) -> Iterator[Result]:
    """Train and measure variants; a variant already measured in `folder` is not run again.

    Args:
        cache: frames at 64 px with both splits.
        folder: where the results of single variants are kept.
        steps: optimiser steps a variant.
        stride: every n-th held-out pair is measured.
        only: names of variants, beside the first, which all are held against; all if empty.

    Raises:
        ValueError: there is no variant of this name.
    """
    unknown = [name for name in only if name not in VARIANTS]
    if unknown:
        raise ValueError(f"no variant {unknown[0]!r}; there are: {'; '.join(VARIANTS)}")
    for index, name in enumerate(VARIANTS):
        if only and index and name not in only:
            continue
        kept = folder / f"{index:02d}-{steps}.json"
        if not kept.exists():
            result = _measured(name, cache, folder / "run", steps=steps, stride=stride)
            write_json(kept, vars(result))
        yield Result(**json.loads(kept.read_text(encoding="utf-8")))


def _measured(name: str, cache: Cache, run: Path, *, steps: int, stride: int) -> Result:
    config = variant(name, steps)
    shutil.rmtree(run, ignore_errors=True)
    for step in quantize(config, cache, run):
        if step.event == "stopped":
            sys.exit(f"lapa ablate: stopped; the variants measured so far are in {run.parent}")
        if step.step % 50 == 0 and step.event == "step":
            print(f"{name}: {step.line()}", file=sys.stderr, flush=True)
    model = LatentActionQuantizer.from_pretrained(run / "model")
    pairs = FramePairs(cache, config.model.gap_seconds, split="holdout")
    table = measure(model, pairs, stride=stride)
    codes, pictures = code_use(table).overall, picture(table, draws=0).overall
    dreams = drift(model, pairs, draws=0)
    if dreams is None:
        raise ValueError("no held-out clip is long enough to imagine a rollout of")
    rollouts = dreams.overall
    return Result(
        name=name,
        parameters=sum(p.numel() for p in model.parameters()),
        ratio=float(reconstruction(table, draws=0).overall.ratio),
        delta_psnr=float(control(table, draws=0).overall.delta_psnr),
        moving_sharpness=float(pictures.sharpness),
        feature_distance=float(pictures.feature_distance),
        least_used=codes.least_used,
        least_perplexity=codes.least_perplexity,
        drift=float(rollouts.gain),
        sharpness=float(rollouts.sharpness_at),
    )


def as_markdown(results: list[Result]) -> str:
    """One row a variant."""
    lines = [
        "| one choice changed | parameters | MSE ratio | ΔPSNR | sharpness | features "
        "| least codes used | perplexity | drift | dream |",
        "| --- " * 10 + "|",
    ]
    lines += [
        f"| {r.name} | {r.parameters / 1e6:.2f} M | {r.ratio:.3f} | {r.delta_psnr:.2f} dB "
        f"| {r.moving_sharpness:.2f} | {r.feature_distance:.2f} "
        f"| {r.least_used} | {r.least_perplexity:.1f} | {r.drift:.2f} dB "
        f"| {r.sharpness:.2f} |"
        for r in results
    ]
    return "\n".join(lines)


def publish(results: list[Result], *, command: str, card: Path, kept: Path) -> None:
    """Put the table between the markers of the model card and the figures into results.json."""
    text = card.read_text(encoding="utf-8")
    block = f"{START}\n{as_markdown(results)}\n\nMade by `{command}`.\n{END}"
    pattern = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{card} has no place for the table: {START} … {END} is missing")
    card.write_text(pattern.sub(lambda _: block, text, count=1), encoding="utf-8")
    figures = {"command": command, "variants": [vars(r) for r in results]}
    update_json(kept, {("ablation",): figures})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m lapa ablate`."""
    data_options(parser, "video or a cache at 64 px (../shared/robots)")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"), help="(runs/ablation)")
    parser.add_argument("--steps", type=int, default=240, help="optimiser steps a variant (240)")
    parser.add_argument(
        "--only", action="append", default=[], help="this variant beside the first; repeatable"
    )
    parser.add_argument("--write", type=Path, help="checkpoint folder whose card gets the table")
    parser.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )


def command(options: argparse.Namespace) -> int:
    """Run with parsed options, print the table, and return the exit code."""
    try:
        cache = open_data(options, HALF["image_size"])
        results = list(ablate(cache, options.out, steps=options.steps, only=options.only))
        print(as_markdown(results))
        if options.write:
            line = f"python -m lapa {options.line}"
            card = options.write / "README.md"
            publish(results, command=line, card=card, kept=options.results)
    except (ValueError, FileNotFoundError) as error:
        print(f"lapa ablate: {error}", file=sys.stderr)
        return 2
    return 0
