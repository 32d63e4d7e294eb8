"""Frame pairs of episodes -> points and thumbnails, an episode at a time: memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

from lapa.data import Episode
from lapa.data.pairs import gap_in_frames
from lapa.evaluation.atlas.points import Points
from lapa.evaluation.flow import moved

BATCH, SIDE = 32, 64
AXES = ("x", "y", "z")


class Quantizer(Protocol):
    """The part of LatentActionQuantizer that is used here."""

    config: Any

    def infer(
        self, frame: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]: ...
    def resize(self, frame: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Embedded:
    """What was found so far. points: of the latest episode, numbered after all before it.

    thumbnails: (M, side, side, 3) uint8, its frames, small; a thumbnail is shared by the pair that
    begins with it and the one that ends with it.
    """

    done: int
    total: int
    points: Points
    thumbnails: np.ndarray


def embed(
    quantizer: Quantizer, episodes: Sequence[Episode], *, thin: int = 3, side: int = SIDE
) -> Iterator[Embedded]:
    """Points of every episode that is longer than its gap.

    Args:
        thin: about so many pairs begin within one gap. The step between two is a divisor of the
            gap, so that thumbnails can be shared.
        side: of the square thumbnails, in pixels.
    """
    gap_seconds, begun = quantizer.config.gap_seconds, 0
    for done, episode in enumerate(episodes, start=1):
        gap = gap_in_frames(gap_seconds, episode.fps)
        frames = np.asarray(episode.frames)
        starts = np.arange(0, len(frames) - gap, stride(gap, thin))
        if len(starts):
            points, seen = _points(quantizer, episode, frames, starts, gap, begun)
            yield Embedded(done, len(episodes), points, _small(frames[seen], side))
            begun += len(seen)


def join(parts: Sequence[Embedded]) -> Points:
    """The points of all episodes.

    Raises:
        ValueError: no episode is longer than its gap.
    """
    if not parts:
        raise ValueError("There is no frame pair: every episode is shorter than its gap.")
    return Points.join([part.points for part in parts])


def stride(gap: int, thin: int) -> int:
    """The largest divisor of `gap` that is at most gap / thin, at least 1."""
    return max(step for step in range(1, max(1, gap // thin) + 1) if gap % step == 0)


def _points(
    quantizer: Quantizer,
    episode: Episode,
    frames: np.ndarray,
    starts: np.ndarray,
    gap: int,
    begun: int,
) -> tuple[Points, np.ndarray]:
    """The points of an episode, and the numbers of the frames that they show."""
    seen = np.union1d(starts, starts + gap)
    small = quantizer.resize(frames[seen])
    half = _half(small)
    first, second = np.searchsorted(seen, starts), np.searchsorted(seen, starts + gap)
    parts = []
    for at in range(0, len(starts), BATCH):
        # the pairs of a batch share frames: each is looked at once
        ends = first[at : at + BATCH], second[at : at + BATCH]
        own, places = np.unique(np.concatenate(ends), return_inverse=True)
        begins, closes = np.split(places, 2)
        codes, latent = quantizer.infer(small[own], begins, closes)
        went = moved(half[ends[0]], half[ends[1]])
        parts.append((codes, latent, went.vector / half.shape[1], went.centre / half.shape[1]))
    codes, latent, motion, centre = map(np.concatenate, zip(*parts, strict=True))
    told = (episode.id, episode.embodiment, episode.task, episode.instruction, episode.split)
    clip, embodiment, task, instruction, split = (np.full(len(starts), word or "") for word in told)
    points = Points(
        clip=clip,
        embodiment=embodiment,
        task=task,
        instruction=instruction,
        split=split,
        index=starts.astype(np.int32),
        gap=np.full(len(starts), gap, np.int32),
        aspect=np.full(len(starts), frames.shape[2] / frames.shape[1], np.float32),
        codes=codes.astype(np.uint8),
        latent=latent.astype(np.float32),
        motion=motion.astype(np.float32),
        centre=centre.astype(np.float32),
        displacement=_displacement(episode, starts, gap),
        first=(begun + first).astype(np.int32),
        second=(begun + second).astype(np.int32),
    )
    return points, seen


def _displacement(episode: Episode, starts: np.ndarray, gap: int) -> np.ndarray:
    """Sums of the translations told in t … t+H-1, (n, 3) float32; NaN where they are unknown."""
    found = np.full((len(starts), 3), np.nan, np.float32)
    if episode.actions is None:
        return found
    names = list(episode.action_names or ())
    sums = np.vstack([np.zeros(episode.actions.shape[1]), np.cumsum(episode.actions, 0)])
    for place, axis in enumerate(AXES):
        if axis in names:
            column = sums[:, names.index(axis)]
            found[:, place] = column[starts + gap] - column[starts]
    return found


def _half(frames: np.ndarray) -> np.ndarray:
    """Frames (B, h, w, 3) at half the size, by the mean of four pixels: enough for a direction."""
    batch, height, width, _ = frames.shape
    even = frames[:, : height // 2 * 2, : width // 2 * 2].astype(np.uint16)
    even = even.reshape(batch, height // 2, 2, width // 2, 2, 3)
    return ((even.sum((2, 4)) + 2) // 4).astype(np.uint8)


def _small(frames: np.ndarray, side: int) -> np.ndarray:
    """Square thumbnails; the frame's own shape is given back where it is shown."""
    images = (Image.fromarray(frame) for frame in frames)
    return np.stack(
        [np.asarray(each.resize((side, side), Image.Resampling.BOX)) for each in images]
    )
