"""Frame pairs of episodes -> points and thumbnails, an episode at a time: memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

from lapa.atlas.points import Points
from lapa.data import Episode
from lapa.evaluation.driven import driven, is_driven
from lapa.evaluation.flow import moved
from lapa.gap import gap_in_frames

BATCH, SIDE = 32, 64
AXES = ("x", "y", "z")


class Quantizer(Protocol):
    """The part of LatentActionQuantizer that is used here."""

    @property
    def config(self) -> Any:
        """With gap_seconds."""

    def infer(
        self, frame: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes (P, S) int64 and latents (P, S, D) float32 of the pairs first[p], second[p] of
        frames (B, h, w, 3)."""

    def resize(self, frame: np.ndarray) -> np.ndarray:
        """Frames at the model's image size, antialiased."""


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
    gap_seconds, before = quantizer.config.gap_seconds, 0
    for done, episode in enumerate(episodes, start=1):
        gap = gap_in_frames(gap_seconds, episode.fps)
        frames = np.asarray(episode.frames)
        starts = np.arange(0, len(frames) - gap, stride(gap, thin))
        if len(starts):
            points, numbers = _points(quantizer, episode, frames, starts, gap, before)
            yield Embedded(done, len(episodes), points, _small(frames[numbers], side))
            before += len(numbers)


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
    before: int,
) -> tuple[Points, np.ndarray]:
    """The points of an episode, and the numbers of the frames that they show."""
    numbers = np.union1d(starts, starts + gap)
    small = quantizer.resize(frames[numbers])
    half = _half(small)
    first, second = np.searchsorted(numbers, starts), np.searchsorted(numbers, starts + gap)
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
    if episode.actions is not None and is_driven(episode.action_names):
        # what a car was told, from where it is
        told = _sums(episode.actions, starts, gap) / gap
        motion = driven(episode.action_names or (), told)
    words = (episode.id, episode.embodiment, episode.task, episode.instruction, episode.split)
    clip, embodiment, task, instruction, split = (
        np.full(len(starts), word or "") for word in words
    )
    points = Points(
        clip=clip,
        embodiment=embodiment,
        task=task,
        instruction=instruction,
        split=split,
        index=starts.astype(np.int32),
        gap=np.full(len(starts), gap, np.int32),
        aspect=np.full(len(starts), episode.width / episode.height, np.float32),
        codes=codes.astype(np.uint8),
        latent=latent.astype(np.float32),
        motion=motion.astype(np.float32),
        centre=centre.astype(np.float32),
        displacement=_displacement(episode, starts, gap),
        first=(before + first).astype(np.int32),
        second=(before + second).astype(np.int32),
    )
    return points, numbers


def _displacement(episode: Episode, starts: np.ndarray, gap: int) -> np.ndarray:
    """Sums of the translations told in t … t+H-1, (n, 3) float32; NaN where they are unknown."""
    moves = np.full((len(starts), 3), np.nan, np.float32)
    if episode.actions is None:
        return moves
    names = list(episode.action_names or ())
    sums = _sums(episode.actions, starts, gap)
    for place, axis in enumerate(AXES):
        if axis in names:
            moves[:, place] = sums[:, names.index(axis)]
    return moves


def _sums(actions: np.ndarray, starts: np.ndarray, gap: int) -> np.ndarray:
    """Sums of the action rows t … t+H-1, (n, A) float64."""
    sums = np.vstack([np.zeros(actions.shape[1]), np.cumsum(actions, 0, dtype=np.float64)])
    told: np.ndarray = sums[starts + gap] - sums[starts]
    return told


def _half(frames: np.ndarray) -> np.ndarray:
    """Frames (B, h, w, 3) at half the size, by the mean of four pixels: enough for a direction."""
    batch, height, width, _ = frames.shape
    even = frames[:, : height // 2 * 2, : width // 2 * 2].astype(np.uint16)
    even = even.reshape(batch, height // 2, 2, width // 2, 2, 3)
    halves: np.ndarray = ((even.sum((2, 4)) + 2) // 4).astype(np.uint8)
    return halves


def _small(frames: np.ndarray, side: int) -> np.ndarray:
    """Square thumbnails; the frame's own shape is given back where it is shown."""
    images = (Image.fromarray(frame) for frame in frames)
    return np.stack(
        [np.asarray(each.resize((side, side), Image.Resampling.BOX)) for each in images]
    )
