"""`python -m lapa export`: clips of any format as a data set of another, labelled where a quantizer
is named.

    python -m lapa export clips --out mine --checkpoint runs/robots --embodiment panda

With a quantizer each row has `latent_action`, the codes of the frame pair that begins with its
frame, and `latent`, the same before quantization; where no frame lies a gap later they are -1 and
NaN.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    bar,
    checkpoint_folder,
    duration,
    format_options,
    format_words,
    tell,
    warn,
)
from lapa.data.episodes import SPLITS, Episode, Report

if TYPE_CHECKING:
    import numpy as np

    from lapa.data.writers.lerobot import Labels, Written
    from lapa.models.quantizer import LatentActionQuantizer

# each a file of lapa.data.writers
FORMATS = ("lerobot",)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    from lapa.data.readers.registry import accepted

    options.add_argument("data", type=Path, help=accepted())
    options.add_argument("--out", type=Path, required=True, help="the new data set's folder")
    options.add_argument("--to", choices=FORMATS, default=FORMATS[0], help=f"({FORMATS[0]})")
    options.add_argument("--checkpoint", type=Path, help="a quantizer, or its run: adds its labels")
    options.add_argument("--split", choices=SPLITS, help="only this one (both)")
    options.add_argument("--embodiment", help="only this robot")
    options.add_argument("--size", type=int, help="frame side in pixels (as the clips have it)")
    format_options(options)


def command(options: argparse.Namespace) -> int:
    """Read, label and write, telling progress; returns the exit code."""
    from lapa.data import read_episodes

    if options.size is not None and options.size < 1:
        raise ValueError(f"--size is {options.size}; accepted are 1 and more")
    episodes, report = read_episodes(
        options.data, split=options.split, embodiment=options.embodiment, **format_words(options)
    )
    warn(report)
    if options.size:
        episodes = [_squashed(episode, options.size) for episode in episodes]
    labels = _labels(checkpoint_folder(options.checkpoint)) if options.checkpoint else None
    writer = import_module(f"lapa.data.writers.{options.to}")
    last = _follow(writer.write(options.out, episodes, labels))
    if last.skipped:
        warn(Report(last.total - len(last.skipped), last.skipped))
    print(f"{options.out}: {last.total - len(last.skipped)} episodes")
    return 0


def _follow(steps: Iterator[Written]) -> Written:
    """Tell how far it is; returns the last step."""
    start = time.perf_counter()
    for step in steps:
        left = (time.perf_counter() - start) * (step.total - step.done) / step.done
        line = f"{bar(step.done, step.total)} episode {step.done}/{step.total}"
        tell(f"{line}, {duration(left)} left", last=step.done == step.total)
    return step


def _squashed(episode: Episode, size: int) -> Episode:
    stream = partial(_small, episode, size)
    return replace(episode, stream=stream, height=size, width=size)


def _small(episode: Episode, size: int) -> Iterator[np.ndarray]:
    from lapa.data import resize

    for frame in episode.stream():
        yield resize(frame[None], size)[0]


def _labels(folder: Path) -> Labels:
    """What the quantizer in a folder says of each frame."""
    from lapa.data.writers.lerobot import Labels
    from lapa.models.quantizer import LatentActionQuantizer

    quantizer = LatentActionQuantizer.from_pretrained(folder)
    config = quantizer.config
    about = {
        "quantizer": folder.resolve().name,
        "gap_seconds": config.gap_seconds,
        "codebook_size": config.codebook_size,
    }
    return Labels(
        of=partial(_of_clip, quantizer),
        about={"latent_action": {"info": about}, "latent": {"info": about}},
        unknown={"latent_action": -1, "latent": float("nan")},
    )


def _of_clip(
    quantizer: LatentActionQuantizer, frames: np.ndarray, fps: float
) -> dict[str, np.ndarray]:
    """(T, S) and (T, S, D): the pairs' labels, and for the frames after the last pair unknown."""
    from lapa.training.policy.label import label_clip

    codes, latents = label_clip(quantizer, frames, fps)
    rest = len(frames) - len(codes)
    return {
        "latent_action": _longer(codes, rest, -1),
        "latent": _longer(latents, rest, float("nan")),
    }


def _longer(values: np.ndarray, rows: int, value: float) -> np.ndarray:
    import numpy as np

    return np.concatenate([values, np.full((rows, *values.shape[1:]), value, values.dtype)])
