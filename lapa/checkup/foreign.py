"""Other people's latent action models in a checkup: three methods, three numbers.

    class Theirs:
        codebook_size, gap_seconds, image_size = 16, 0.5, 224

        def encode(self, frame, future): ...   # (B, S) whole numbers below codebook_size
        def latent(self, frame, future): ...   # (B, S, D) float32, before quantization
        def decode(self, frame, codes): ...    # (B, h, w, 3) uint8; leave out if it draws nothing

Frames come as uint8 RGB (B, image_size, image_size, 3). `lapa checkup --model module:object` takes
the object, or calls it without arguments if it is a class or a function.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lapa.models import frames

NUMBERS = ("codebook_size", "gap_seconds", "image_size")


@dataclass(frozen=True)
class ForeignConfig:
    """What the measures ask of a model's config."""

    codebook_size: int
    code_length: int
    gap_seconds: float
    image_size: int


class Foreign:
    """A model with encode, latent and perhaps decode, as the measures see a quantizer.

    What it answers is checked, so that a wrong shape is told in a sentence and not in a figure.
    It has `decode` only if the model has.
    """

    def __init__(self, model: Any, name: str) -> None:
        """name: what the model is called in messages.

        Raises:
            ValueError: a method or a number is missing, or is none.
        """
        self.name, self._model = name, model
        missing = [
            each for each in ("encode", "latent") if not callable(getattr(model, each, None))
        ]
        missing += [each for each in NUMBERS if getattr(model, each, None) is None]
        if missing:
            raise ValueError(
                f"{name} has no {', '.join(missing)}; a model needs the methods encode and latent "
                "(and decode, if it draws) and the numbers codebook_size, gap_seconds, image_size"
            )
        codes, gap, size = map(self._number, NUMBERS)
        blank = np.zeros((1, int(size), int(size), 3), np.uint8)
        # how many codes there are, the model itself shows
        self.config = ForeignConfig(int(codes), 0, float(gap), int(size))
        self.config = replace(self.config, code_length=self.encode(blank, blank).shape[1])
        if callable(getattr(model, "decode", None)):
            self.decode = self._decode

    def _number(self, name: str) -> float:
        value = getattr(self._model, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ValueError(f"{name} of {self.name} is {value!r}; a positive number is needed")
        return value

    def resize(self, frame: np.ndarray) -> np.ndarray:
        """Frames at image_size, antialiased."""
        batch, kind = frames.to_batch(frame, self.config.image_size)
        return kind.images(batch)

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        """Nothing can be prepared for a model that is not known."""
        return frame

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Codes (B, S) int64."""
        codes = _numpy(self._model.encode(frame, future))
        whole = np.issubdtype(codes.dtype, np.integer) and codes.ndim == 2
        if not whole or len(codes) != len(frame) or codes.shape[1] < 1:
            raise ValueError(
                f"encode of {self.name} gave {codes.dtype} {codes.shape} for {len(frame)} pairs; "
                f"accepted are whole numbers ({len(frame)}, S)"
            )
        if codes.min() < 0 or codes.max() >= self.config.codebook_size:
            raise ValueError(
                f"encode of {self.name} gave codes from {codes.min()} to {codes.max()}; its "
                f"codebook_size is {self.config.codebook_size}"
            )
        return codes.astype(np.int64)

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Latents (B, S, D) float32."""
        latent = _numpy(self._model.latent(frame, future))
        if latent.ndim != 3 or len(latent) != len(frame) or not np.isfinite(latent).all():
            raise ValueError(
                f"latent of {self.name} gave {latent.dtype} {latent.shape} for {len(frame)} pairs; "
                f"accepted are finite numbers ({len(frame)}, S, D)"
            )
        return latent.astype(np.float32)

    def _decode(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Imagined frames (B, h, w, 3) uint8. One frame takes many rows of codes, and one row many
        frames, as of our own."""
        codes = np.asarray(codes)
        single = frame.ndim == 3 and codes.ndim == 1
        rows = np.atleast_2d(codes)
        batch = frame[None] if frame.ndim == 3 else frame
        count = max(len(rows), len(batch))
        batch = np.broadcast_to(batch, (count, *batch.shape[1:]))
        rows = np.broadcast_to(rows, (count, rows.shape[1]))
        images = _numpy(self._model.decode(np.ascontiguousarray(batch), np.ascontiguousarray(rows)))
        if images.shape != batch.shape or images.dtype != np.uint8:
            raise ValueError(
                f"decode of {self.name} gave {images.dtype} {images.shape}; accepted are uint8 "
                f"{batch.shape}"
            )
        return images[0] if single else images


def find(words: str) -> Foreign:
    """The model behind `module:object`; modules of the folder where one stands are found, too.

    Raises:
        ValueError: no such module or object, or it is no model.
    """
    module, colon, name = words.partition(":")
    if not (module and colon and name):
        raise ValueError(f"a model is named as module:object, received {words!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        model = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ValueError(f"{module} cannot be imported ({error})") from error
    except AttributeError as error:
        raise ValueError(f"{module} holds no {name}") from error
    # an object is taken as it is; a class, or a function that makes one, is called
    makes = isinstance(model, type) or not hasattr(model, "encode")
    return Foreign(model() if makes and callable(model) else model, words)


def _numpy(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
