"""A quantizer for long work: a few frames at a time, so that visitors' presses come in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from app.core.checkpoints import Quantizer
from app.core.compute import Compute

# How long a piece may hold up a visitor, about, and its frames at most.
PIECE_SECONDS, LARGEST = 0.04, 16
Result = TypeVar("Result")


class Stopped(Exception):
    """Nobody waits for this work any more."""


@dataclass(frozen=True)
class Scenes:
    """What a quantizer prepared about a batch of frames, piece by piece."""

    parts: tuple[tuple[slice, Any], ...]

    def __len__(self) -> int:
        return self.parts[-1][0].stop if self.parts else 0


class Turns:
    """The methods that the measures of `lapa.evaluation` use, on batches (B, ...) of arrays.

    Each call is cut into pieces that take about PIECE_SECONDS on one of the threads of model work;
    the pieces grow while they stay quick. stopped: once it is set, the next piece raises Stopped.
    watched: somebody looks at it (`ModelThreads.watched`). size: frames of the first piece; of the
    next one from then on.
    """

    def __init__(
        self,
        quantizer: Quantizer,
        compute: Compute,
        stopped: threading.Event | None = None,
        *,
        watched: bool = False,
        size: int = 1,
    ) -> None:
        self.config = quantizer.config
        self._quantizer = quantizer
        self._compute = compute
        self._stopped = stopped or threading.Event()
        self._watched, self.size = watched, size

    def resize(self, frames: np.ndarray) -> np.ndarray:
        """Frames at the model's image size; those that have it already as they are."""
        if frames.shape[1:3] == (self.config.image_size, self.config.image_size):
            return frames
        return self._joined(self._quantizer.resize, frames)

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """The latent actions between frames and their futures, (B, S) int64."""
        return self._joined(self._quantizer.encode, frame, future)

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """What is quantized to them, (B, S, D) float32."""
        return self._joined(self._quantizer.latent, frame, future)

    def prepare(self, frames: np.ndarray) -> Scenes:
        """What `decode` needs of frames whatever the codes."""
        return Scenes(tuple(self._pieces(self._quantizer.prepare, frames)))

    def decode(self, frame: np.ndarray | Scenes, codes: np.ndarray) -> np.ndarray:
        """As many rows of codes as frames, or many for one; or a frame (h, w, 3) and one action."""
        decode = self._quantizer.decode
        if isinstance(frame, np.ndarray) and frame.ndim == 3:
            return self._once(decode, np.array(frame), codes)
        if not isinstance(frame, Scenes) and len(frame) == len(codes):
            return self._joined(decode, frame, codes)
        if not isinstance(frame, Scenes):
            frame = self.prepare(frame)
        if len(frame) == 1:
            scene = frame.parts[0][1]
            return self._joined(lambda rows: decode(scene, rows), codes)
        return np.concatenate([self._once(decode, scene, codes[at]) for at, scene in frame.parts])

    def _joined(self, call: Callable[..., np.ndarray], *batches: np.ndarray) -> np.ndarray:
        return np.concatenate([part for _, part in self._pieces(call, *batches)])

    def _pieces(
        self, call: Callable[..., Result], *batches: np.ndarray
    ) -> list[tuple[slice, Result]]:
        """`call` on one piece of all batches after the other, each with its place."""
        done: list[tuple[slice, Result]] = []

        def piece() -> bool:
            first = done[-1][0].stop if done else 0
            at = slice(first, min(first + self.size, len(batches[0])))
            # A copy, because kept frames are read-only and torch wants memory it may write.
            parts = [np.array(batch[at]) for batch in batches]
            start = time.perf_counter()
            done.append((at, call(*parts)))
            self._adapt(time.perf_counter() - start)
            return at.stop < len(batches[0])

        while len(batches[0]) and self._once(piece):
            pass
        return done

    def _once(self, call: Callable[..., Result], *args: Any) -> Result:
        compute = self._compute.watched if self._watched else self._compute.between
        found: Result = compute(self._unless_stopped, call, *args)
        return found

    def _unless_stopped(self, call: Callable[..., Result], *args: Any) -> Result:
        if self._stopped.is_set():
            raise Stopped
        return call(*args)

    def _adapt(self, seconds: float) -> None:
        if seconds > PIECE_SECONDS and self.size > 1:
            self.size //= 2
        elif seconds < PIECE_SECONDS / 3 and self.size < LARGEST:
            self.size *= 2
