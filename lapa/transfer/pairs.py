"""Real frame pairs with what was inferred from them: which of them carry the same code?

A latent action that was carried to another robot is borne out, or refuted, by that robot's own
pairs for which the quantizer infers the same codes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lapa.data import FramePairs
from lapa.evaluation.flow import moved
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import batches
from lapa.files import replacing

COLUMNS = ("clip", "index", "codes", "latent", "motion", "centre")


@dataclass(frozen=True, eq=False)
class KnownPairs:
    """N real frame pairs.

    clips: ids; embodiments: of each clip. clip (N,) int: its place in them; index (N,) int: the
    number of x_t in the clip. codes (N, S) uint8; latent (N, S, D) float16, before quantization;
    motion (N, 2) float16: to the right and down; centre (N, 2) float16: where, from the left and
    the top; both as shares of the frame's side.
    """

    clips: tuple[str, ...]
    embodiments: tuple[str, ...]
    clip: np.ndarray
    index: np.ndarray
    codes: np.ndarray
    latent: np.ndarray
    motion: np.ndarray
    centre: np.ndarray

    def __len__(self) -> int:
        return len(self.clip)

    def nearest(
        self, embodiment: str, codes: np.ndarray, latent: np.ndarray, count: int
    ) -> np.ndarray:
        """Up to `count` rows of an embodiment, (n,) int64, whose codes (S,) differ at the fewest
        positions; among those the nearest by their latents (S, D); one of each clip."""
        bodies = np.array(self.embodiments)[self.clip]
        rows = np.flatnonzero(bodies == embodiment)
        differ = self.differing(rows, codes)
        apart = np.square(self.latent[rows].astype(np.float64) - latent).sum((1, 2))
        ranked = rows[np.lexsort((apart, differ))]
        _, first = np.unique(self.clip[ranked], return_index=True)
        return ranked[np.sort(first)][:count]

    def differing(self, rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """At how many positions the codes of these rows differ from codes (S,): (n,) int64."""
        number: np.ndarray = (self.codes[rows] != np.asarray(codes)).sum(1)
        return number


def watch_pairs(
    quantizer: Quantizer, pairs: FramePairs
) -> Iterator[tuple[int, int, KnownPairs | None]]:
    """Look at every pair; yields (done, total, None), at the end with all that was found."""
    rows, parts = pairs.all(), []
    for part in batches(rows):
        batch = pairs.take(part)
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        went, side = moved(frame, future), frame.shape[1]
        parts.append(
            (
                quantizer.encode(frame, future).astype(np.uint8),
                quantizer.latent(frame, future).astype(np.float16),
                (went.vector / side).astype(np.float16),
                (went.centre / side).astype(np.float16),
            )
        )
        yield sum(len(codes) for codes, *_ in parts), len(rows), None
    codes, latent, vector, centre = map(np.concatenate, zip(*parts, strict=True))
    episode, t, _ = np.array(rows).T
    known, clip = np.unique(episode, return_inverse=True)
    episodes = [pairs.cache.episodes[number] for number in known]
    yield len(rows), len(rows), KnownPairs(
        clips=tuple(each.id for each in episodes),
        embodiments=tuple(each.embodiment for each in episodes),
        clip=clip.astype(np.int32),
        index=t.astype(np.int32),
        codes=codes,
        latent=latent,
        motion=vector,
        centre=centre,
    )  # fmt: skip


def save_pairs(path: Path, pairs: KnownPairs) -> Path:
    """Keep them in one .safetensors, the names in its header."""
    names = {"clips": json.dumps(pairs.clips), "embodiments": json.dumps(pairs.embodiments)}
    columns = {name: np.ascontiguousarray(getattr(pairs, name)) for name in COLUMNS}
    with replacing(path) as draft:
        save_file(columns, draft, metadata=names)
    return path


def load_pairs(path: Path) -> KnownPairs:
    """The pairs that `save_pairs` kept.

    Raises:
        FileNotFoundError: nothing there. ValueError: something else is.
    """
    try:
        with safe_open(path, framework="numpy") as kept:
            header = kept.metadata() or {}
            names: dict[str, Any] = {
                key: tuple(json.loads(header[key])) for key in ("clips", "embodiments")
            }
            pairs = KnownPairs(**names, **{name: kept.get_tensor(name) for name in COLUMNS})
    except FileNotFoundError:
        raise
    except (SafetensorError, KeyError, ValueError, OSError, TypeError) as error:
        raise ValueError(f"{path.name} holds no frame pairs ({error})") from error
    if len({len(getattr(pairs, name)) for name in COLUMNS}) != 1:
        raise ValueError(f"{path.name} holds columns of different lengths")
    clips = len(pairs.clips)
    placed = not len(pairs) or (pairs.clip.min() >= 0 and pairs.clip.max() < clips)
    numbers = (pairs.latent, pairs.motion, pairs.centre)
    if not placed or len(pairs.embodiments) != clips or not all(map(_finite, numbers)):
        raise ValueError(f"{path.name} is damaged: it names clips or numbers that are none")
    return pairs


def _finite(column: np.ndarray) -> bool:
    return bool(np.isfinite(column).all())
