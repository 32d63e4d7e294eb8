"""`python -m lapa bench label`: what labelling and embedding cost a core, and 970,000 trajectories.

On one thread, on the shipped clips: frames a second that `prepare` decodes and shrinks, frame
pairs a second that `label` labels and `atlas` embeds, the shipped quantizers in turn. A second is
one of the processor's own, so that a busy machine hardly counts. The rest is arithmetic, and says
with which numbers.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from lapa.atlas import embed
from lapa.commands.readme import LABEL, RESULTS, label_speed
from lapa.data import Episode, read_episodes, resize
from lapa.files import update_json
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.policy.label import label_clip

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MODELS = ("eight", "robots")


@dataclass(frozen=True)
class LabelSpeed:
    """A second of a core. decode: frames, decoded and shrunk to `size` px. label, embed: frame
    pairs, by the shipped quantizer of that name. clips, frames: that were measured on."""

    decode: float
    size: int
    label: dict[str, float]
    embed: dict[str, float]
    clips: int
    frames: int


def run(*, clips: int = 12, models: tuple[str, ...] = MODELS) -> LabelSpeed:
    """Time each stage on so many of the shipped clips.

    Raises:
        ValueError: fewer than one clip.
    """
    if clips < 1:
        raise ValueError(f"--repeats is {clips} clips; accepted are 1 and more")
    episodes = read_episodes(ASSETS / "clips")[0]
    # robots in turn, as they lie sorted by robot
    chosen = episodes[:: max(1, len(episodes) // clips)][:clips]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        quantizers = {
            name: LatentActionQuantizer.from_pretrained(ASSETS / "checkpoints" / name)
            for name in models
        }
        size = next(iter(quantizers.values())).config.image_size
        start, frames = time.process_time(), []
        for episode in chosen:
            frames.append(episode.frames)
            resize(frames[-1], size)
        count = sum(map(len, frames))
        decode = count / (time.process_time() - start)
        label = {name: _label(own, chosen, frames) for name, own in quantizers.items()}
        embed_ = {name: _embed(own, chosen) for name, own in quantizers.items()}
    finally:
        torch.set_num_threads(before)
    return LabelSpeed(decode, size, label, embed_, len(chosen), count)


def _label(
    quantizer: LatentActionQuantizer, episodes: list[Episode], frames: list[np.ndarray]
) -> float:
    small = [resize(each, quantizer.config.image_size) for each in frames]
    label_clip(quantizer, small[0], episodes[0].fps)
    start = time.process_time()
    pairs = sum(
        len(label_clip(quantizer, own, episode.fps)[0])
        for own, episode in zip(small, episodes, strict=True)
    )
    return pairs / (time.process_time() - start)


def _embed(quantizer: LatentActionQuantizer, episodes: list[Episode]) -> float:
    """With decoding, as `atlas` reads video itself."""
    start = time.process_time()
    pairs = sum(len(part.points) for part in embed(quantizer, episodes))
    return pairs / (time.process_time() - start)


def command(options: argparse.Namespace) -> int:
    """Measure, print the table and the arithmetic, and return the exit code."""
    figures = asdict(run(clips=12 if options.repeats is None else options.repeats))
    print(label_speed(figures))
    if options.write:
        kept = {"command": "python -m lapa bench label --write", **_rounded(figures)}
        update_json(RESULTS, {(LABEL,): kept})
    return 0


def _rounded(figures: dict[str, object]) -> dict[str, object]:
    """Numbers with four digits, those inside, too."""
    kept: dict[str, object] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            kept[name] = _rounded(value)
        else:
            kept[name] = float(f"{value:.4g}") if isinstance(value, float) else value
    return kept
