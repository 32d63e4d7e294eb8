"""What a quantizer infers from frame pairs, beside what the robot was told to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.actions import Actions

Table = TypeVar("Table", bound="Inferred")
TRANSLATION = ("x", "y", "z")


class Quantizer(Protocol):
    """The part of LatentActionQuantizer that the measures use (numpy uint8 in, numpy out).

    One that `draws` nothing lacks decode; others' models become one by `foreign.Foreign`.
    """

    @property
    def config(self) -> Any:
        """With codebook_size, code_length, gap_seconds and image_size."""

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Codes (B, S) int64 of frames (B, h, w, 3)."""

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Latents (B, S, D) float32 of frames (B, h, w, 3)."""

    def prepare(self, frame: np.ndarray) -> Any:
        """What `decode` takes in place of the frame, when it is asked more than once."""

    def decode(self, frame: Any, codes: np.ndarray) -> np.ndarray:
        """Imagined frames (B, h, w, 3) of a frame, or of what `prepare` made of it."""

    def resize(self, frame: np.ndarray) -> np.ndarray:
        """Frames at the model's image size, antialiased."""


def draws(quantizer: Quantizer) -> bool:
    """Whether it imagines pictures at all."""
    return callable(getattr(quantizer, "decode", None))


@dataclass(frozen=True)
class Inferred:
    """N frame pairs, one row each.

    embodiment (N,) str; episode, t and gap_frames (N,) int64; codes (N, S) int64; latent: before
    quantization, (N, S, D) float32. displacement: what the robot was told to do between the
    frames, the sum of the action rows t … t+H-1, (N, A) float64; a column is the action dimension
    of that place in `action_names` of the row's embodiment, NaN where an episode lacks it.
    motion: to the right and down, as shares of the frame's side, (N, 2) float64: see
    `Actions.motion`.
    codebook_size: K. action_names: for every embodiment whose actions are known.
    """

    embodiment: np.ndarray
    episode: np.ndarray
    t: np.ndarray
    gap_frames: np.ndarray
    codes: np.ndarray
    latent: np.ndarray
    displacement: np.ndarray
    motion: np.ndarray
    codebook_size: int
    action_names: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.codes)

    def where(self: Table, mask: np.ndarray) -> Table:
        """The rows for which `mask` (N,) is true."""
        return replace(self, **{name: getattr(self, name)[mask] for name in columns(self)})

    def of(self: Table, embodiment: str) -> Table:
        """The rows of one embodiment."""
        return self.where(self.embodiment == embodiment)

    def moved(self, embodiment: str, names: Sequence[str]) -> np.ndarray:
        """The displacement of rows that are all of one embodiment along the dimensions called
        `names`: (N, len(names)) float64, NaN where it is unknown."""
        known = self.action_names.get(embodiment, ())
        moves = np.full((len(self), len(names)), np.nan)
        for column, name in enumerate(names):
            if name in known:
                moves[:, column] = self.displacement[:, known.index(name)]
        return moves

    @classmethod
    def join(cls: type[Table], tables: Sequence[Table]) -> Table:
        """One table from several of the same quantizer. Raises ValueError when there is none."""
        if not tables:
            raise ValueError("There are no frame pairs to measure.")
        names = columns(tables[0])
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(each, name) for each in tables]) for name in names
        }
        return replace(tables[0], **joined)


def columns(table: Inferred) -> list[str]:
    """The fields that have a row for every frame pair."""
    return [f.name for f in fields(table) if f.name not in ("codebook_size", "action_names")]


def infer_batches(
    quantizer: Quantizer, pairs: FramePairs, *, batch_size: int = 32, stride: int = 1
) -> Iterator[Inferred]:
    """Tables of up to `batch_size` rows of every stride-th frame of an episode; join them."""
    rows, actions = pairs.all(stride=stride), Actions(pairs)
    for first in range(0, len(rows), batch_size):
        batch = pairs.take(rows[first : first + batch_size])
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        yield Inferred(
            **actions.of(batch),
            motion=actions.motion(batch, frame, future),
            codes=quantizer.encode(frame, future),
            latent=quantizer.latent(frame, future),
            codebook_size=quantizer.config.codebook_size,
        )
