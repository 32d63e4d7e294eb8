"""Between stages 1 and 2: the quantizer's codes for every frame pair (LAPA, section 3.2).

They are the labels that latent pretraining learns to predict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lapa.data import Cache
from lapa.data.labels import LabelWriter
from lapa.data.pairs import gap_in_frames
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.remember import fingerprint

EPISODES_A_PART = 32


@dataclass(frozen=True)
class Labelled:
    """done, total: episodes, those of earlier runs included. fresh: in this step. pairs: labelled
    in this run."""

    done: int
    total: int
    fresh: int
    pairs: int


def label(
    quantizer: LatentActionQuantizer, cache: Cache, folder: str | Path, *, batch_size: int = 64
) -> Iterator[Labelled]:
    """Label what is not labelled yet; `lapa.data.labels.Labels.open(folder)` reads it.

    Every pair (t, t + H) of every episode, at the quantizer's gap; episodes shorter than that have
    none.

    Raises:
        ValueError: frames of another size, or the folder holds labels made otherwise.
    """
    config = quantizer.config
    if cache.image_size != config.image_size:
        raise ValueError(
            f"the cache holds {cache.image_size} px frames, the quantizer takes {config.image_size}"
        )
    writer = LabelWriter(
        folder,
        {
            "code_length": config.code_length,
            "codebook_size": config.codebook_size,
            "gap_seconds": config.gap_seconds,
            "data": cache.fingerprint,
            "quantizer": fingerprint(quantizer),
        },
    )
    left = [
        at
        for at, episode in enumerate(cache.episodes)
        if episode.id not in writer.done
        and episode.length > gap_in_frames(config.gap_seconds, episode.fps)
    ]
    total = len(writer.done) + len(left)
    pairs = 0
    for start in range(0, len(left), EPISODES_A_PART):
        chosen = left[start : start + EPISODES_A_PART]
        places = [place for at in chosen for place in _pairs(cache, at, config.gap_seconds)]
        codes = [
            _codes(quantizer, cache, places[first : first + batch_size])
            for first in range(0, len(places), batch_size)
        ]
        episode, t, gap = zip(*places, strict=True)
        names = [cache.episodes[at].id for at in episode]
        writer.add(names, np.array(t), np.array(gap), np.concatenate(codes))
        pairs += len(places)
        yield Labelled(len(writer.done), total, len(chosen), pairs)
    writer.finish()


def _pairs(cache: Cache, at: int, seconds: float) -> list[tuple[int, int, int]]:
    episode = cache.episodes[at]
    gap = gap_in_frames(seconds, episode.fps)
    return [(at, t, gap) for t in range(episode.length - gap)]


def _codes(
    quantizer: LatentActionQuantizer, cache: Cache, places: list[tuple[int, int, int]]
) -> np.ndarray:
    first = np.array([cache.episodes[at].start + t for at, t, _ in places])
    gap = np.array([gap for _, _, gap in places])
    return quantizer.encode(cache.frames[first], cache.frames[first + gap])
