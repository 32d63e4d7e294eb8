"""Between stages 1 and 2: the quantizer's codes for every frame pair (LAPA, section 3.2).

They are the labels that latent pretraining learns to predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lapa.data import Cache, resize
from lapa.data.labels import ABOUT, part
from lapa.gap import gap_in_frames
from lapa.models.quantizer import LatentActionQuantizer
from lapa.scale import WHOLE, Engine, Made, Parts, Progress, Shard, Work, here, run
from lapa.scale.work import in_parts
from lapa.training.remember import fingerprint

# a run that is stopped loses at most a part
EPISODES_A_PART = 32


def label(
    quantizer: LatentActionQuantizer,
    cache: Cache,
    folder: str | Path,
    *,
    batch_size: int = 64,
    shard: Shard = WHOLE,
    engine: Engine = here,
    load: Callable[[], LatentActionQuantizer] | None = None,
) -> Iterator[Progress]:
    """Label what is not labelled yet; `lapa.data.labels.Labels.open(folder)` reads it.

    Every pair (t, t + H) of every episode, at the quantizer's gap; episodes shorter than that have
    none. Whoever ends last of several shards finds all there, checks it and closes the folder.

    Args:
        engine: who does the work. load: how others open the quantizer, None to send them this one.

    Raises:
        ValueError: frames of another size, the folder holds labels made otherwise, or a part of
            them that should not be as it is.
    """
    config = quantizer.config
    if cache.image_size != config.image_size:
        raise ValueError(
            f"the cache holds {cache.image_size} px frames, the quantizer takes {config.image_size}"
        )
    about = {
        "code_length": config.code_length,
        "codebook_size": config.codebook_size,
        "gap_seconds": config.gap_seconds,
        "data": cache.fingerprint,
        "quantizer": fingerprint(quantizer),
    }
    long = [
        at
        for at, episode in enumerate(cache.episodes)
        if episode.length > gap_in_frames(config.gap_seconds, episode.fps)
    ]
    chosen = [[long[n] for n in numbers] for numbers in in_parts(len(long), EPISODES_A_PART)]
    work = Work(
        parts=[[cache.episodes[at].id for at in part] for part in chosen],
        task=chosen.__getitem__,
        open=partial(_open, load or partial(_itself, quantizer), cache, batch_size),
    )
    yield from run(work, Parts(folder, ABOUT, about), engine, shard)


def _itself(quantizer: LatentActionQuantizer) -> LatentActionQuantizer:
    return quantizer


def _open(
    load: Callable[[], LatentActionQuantizer], cache: Cache, batch_size: int
) -> Callable[[Sequence[int]], Made]:
    return partial(_make, load(), cache, batch_size)


def _make(
    quantizer: LatentActionQuantizer, cache: Cache, batch_size: int, chosen: Sequence[int]
) -> Made:
    """The labels of the episodes of a part."""
    own = [_pairs(cache, at, quantizer.config.gap_seconds) for at in chosen]
    places = [place for each in own for place in each]
    codes = [
        _codes(quantizer, cache, places[first : first + batch_size])
        for first in range(0, len(places), batch_size)
    ]
    _, t, gap = map(np.array, zip(*places, strict=True))
    names = [cache.episodes[at].id for at in chosen]
    content = part(names, [len(each) for each in own], t, gap, np.concatenate(codes))
    return Made(content, len(places))


def label_clip(
    quantizer: LatentActionQuantizer, frames: np.ndarray, fps: float, *, batch_size: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (N, S) int64 and latents (N, S, D) float32 of the N pairs (t, t + H) of one clip, at
    the quantizer's gap; N is 0 where the clip is not longer than that.

    Args:
        frames: (T, H, W, 3) uint8 of any size; they are made as small as a cache has them.
    """
    config = quantizer.config
    small = resize(frames, config.image_size)
    gap = gap_in_frames(config.gap_seconds, fps)
    codes = [np.zeros((0, config.code_length), np.int64)]
    latents = [np.zeros((0, config.code_length, config.quant_dim), np.float32)]
    for first in range(0, len(small) - gap, batch_size):
        end = min(first + batch_size, len(small) - gap)
        pairs = np.arange(end - first)
        both = np.concatenate([small[first:end], small[first + gap : end + gap]])
        found = quantizer.infer(both, pairs, pairs + len(pairs))
        codes.append(found[0])
        latents.append(found[1])
    return np.concatenate(codes), np.concatenate(latents)


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
