"""N frame pairs as columns: where they are from, what was inferred, and how the picture moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from lapa.evaluation.flow import LEAST

# directions in the picture, 45° each, anticlockwise from the right; and still
SECTORS, STILL = 8, 8


@dataclass(frozen=True, eq=False)
class Points:
    """One row a frame pair.

    clip, embodiment, task, instruction, split: (N,) str. index: (N,) int32, the number of x_t in
    its clip; gap: (N,) int32, H in frames; aspect: (N,) float32, width over height of the frames.
    codes: (N, S) uint8; latent: (N, S, D) float32, before
    quantization. motion: (N, 2) float32, how the picture moved to the right and down, as a share
    of the frame's side (`lapa.evaluation.flow`); centre: (N, 2) float32, where. displacement:
    (N, 3) float32, the robot's own translation along x, y, z as it was told, NaN where unknown.
    first, second: (N,) int32, the numbers of the thumbnails of x_t and x_t+H.
    """

    clip: np.ndarray
    embodiment: np.ndarray
    task: np.ndarray
    instruction: np.ndarray
    split: np.ndarray
    index: np.ndarray
    gap: np.ndarray
    aspect: np.ndarray
    codes: np.ndarray
    latent: np.ndarray
    motion: np.ndarray
    centre: np.ndarray
    displacement: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def __len__(self) -> int:
        return len(self.clip)

    @classmethod
    def join(cls, parts: Sequence[Points]) -> Points:
        """All rows of the parts, in order."""
        names = [field.name for field in fields(cls)]
        return cls(
            **{name: np.concatenate([getattr(each, name) for each in parts]) for name in names}
        )

    def take(self, rows: np.ndarray) -> Points:
        """The rows (n,) of these numbers, or those where it is true."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def flat(self) -> np.ndarray:
        """The latents laid out flat, (N, S D) float32."""
        return self.latent.reshape(len(self), -1)

    @property
    def size(self) -> np.ndarray:
        """How far the picture moved, (N,) float64, as a share of the frame's side."""
        right, down = self.motion.astype(np.float64).T
        length: np.ndarray = np.hypot(right, down)
        return length

    @property
    def direction(self) -> np.ndarray:
        """Sector of the motion, (N,) int64: 0 right, 2 up, 4 left, 6 down, 8 still."""
        return sectors(self.motion)


def sectors(motion: np.ndarray) -> np.ndarray:
    """Sectors (N,) int64 of motions (N, 2) to the right and down, as shares of the side."""
    right, down = np.asarray(motion, np.float64).T
    turn = np.rint(np.arctan2(-down, right) / (2 * np.pi / SECTORS)).astype(np.int64) % SECTORS
    return np.where(np.hypot(right, down) < LEAST, STILL, turn)
