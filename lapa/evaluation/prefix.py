"""A nested quantizer that says no more than the first n of its codes, for the measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lapa.evaluation.inferred import Quantizer


class Prefix:
    """What a nested quantizer is with its first n codes: a quantizer of n positions."""

    def __init__(self, quantizer: Quantizer, length: int) -> None:
        """Raises ValueError for a model whose first codes are no latent action, or another n."""
        c = quantizer.config
        if not c.nested:
            raise ValueError("only of a model that was trained nested can the first codes be used")
        if not 1 <= length <= c.code_length:
            raise ValueError(f"{length} codes; accepted are 1 to {c.code_length}")
        self._whole, self._length = quantizer, length
        self.config: Any = replace(c, code_length=length)

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """The first codes, (n,) or (B, n) int64."""
        return self._whole.encode(frame, future)[..., : self._length]

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Their latents, (n, D) or (B, n, D) float32."""
        return self._whole.latent(frame, future)[..., : self._length, :]

    def prepare(self, frame: np.ndarray) -> Any:
        """What `decode` takes in place of the frame."""
        return self._whole.prepare(frame)

    def decode(self, frame: Any, codes: np.ndarray) -> np.ndarray:
        """Imagined frames from n codes, (h, w, 3) or (B, h, w, 3) uint8."""
        return self._whole.decode(frame, codes)

    def resize(self, frame: np.ndarray) -> np.ndarray:
        """Frames at the model's image size."""
        return self._whole.resize(frame)
