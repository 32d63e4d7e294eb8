"""What a world takes and shows, spoken as gymnasium's spaces speak, without gymnasium."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class LatentActions:
    """All latent actions: S codes in 0 … K-1, as gymnasium's MultiDiscrete([K] * S)."""

    code_length: int
    codebook_size: int
    dtype: np.dtype = np.dtype(np.int64)
    _random: np.random.Generator = field(default_factory=np.random.default_rng, repr=False)

    @property
    def shape(self) -> tuple[int]:
        """(S,)."""
        return (self.code_length,)

    @property
    def nvec(self) -> np.ndarray:
        """K for every position, (S,) int64."""
        return np.full(self.code_length, self.codebook_size, np.int64)

    def seed(self, seed: int | None = None) -> None:
        """Begin the random latent actions anew."""
        self._random = np.random.default_rng(seed)

    def sample(self) -> np.ndarray:
        """A random latent action, (S,) int64."""
        return self._random.integers(self.codebook_size, size=self.code_length)

    def contains(self, codes: object) -> bool:
        """Whether `codes` are one latent action."""
        try:
            row = np.asarray(codes)
        except ValueError:
            return False
        whole = row.dtype.kind in "iu" and row.shape == self.shape
        return bool(whole and row.min() >= 0 and row.max() < self.codebook_size)


@dataclass(frozen=True)
class Frames:
    """All frames of one size, as gymnasium's Box(0, 255, (h, w, 3), uint8)."""

    size: int
    low: int = 0
    high: int = 255
    dtype: np.dtype = np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(h, w, 3), square."""
        return (self.size, self.size, 3)

    def contains(self, frame: object) -> bool:
        """Whether `frame` is one."""
        if not isinstance(frame, np.ndarray):
            return False
        return bool(frame.shape == self.shape and frame.dtype == self.dtype)
