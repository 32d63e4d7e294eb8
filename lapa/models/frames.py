"""Frames at the public door: checked, resized, and turned into the batches that models compute on.

Accepted are uint8 RGB numpy arrays (H, W, 3) or (B, H, W, 3) of any size and float torch tensors
(B, 3, H, W) in [0, 1]; what came in decides the kind of what goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

# what came in decides what goes out
Frames = TypeVar("Frames", np.ndarray, Tensor)
Codes = npt.ArrayLike | Tensor

ACCEPTED = (
    "accepted are uint8 numpy arrays (H, W, 3) or (B, H, W, 3), "
    "or float torch tensors (B, 3, H, W) in [0, 1]"
)


@dataclass(frozen=True)
class Kind(Generic[Frames]):
    """How the caller speaks: numpy or torch, one item or a batch."""

    numpy: bool
    single: bool

    def numbers(self, x: Tensor) -> Frames:
        """Codes or latents (B, …) for the caller."""
        x = x[0] if self.single else x
        return cast("Frames", x.cpu().numpy() if self.numpy else x)

    def images(self, x: Tensor) -> Frames:
        """Frames (B, 3, h, w) for the caller: uint8 (B, h, w, 3) numpy, or floats clipped."""
        return cast("Frames", self._pixels(x) if self.numpy else x.clamp(0, 1))

    def _pixels(self, x: Tensor) -> np.ndarray:
        # in place, for each copy of a large picture takes as long as a layer
        pixels = x.mul(255).round_().clamp_(0, 255).to(torch.uint8)
        pictures = pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return pictures[0] if self.single else pictures


def to_batch(
    frame: Frames,
    size: int,
    *,
    name: str = "frame",
    device: torch.device | None = None,
) -> tuple[Tensor, Kind[Frames]]:
    """Frames as float32 (B, 3, size, size) in [0, 1] on `device`, and how to answer.

    Frames of another size are resized with antialiasing; other proportions are squashed to the
    square, so nothing is cropped away.

    Raises:
        ValueError: not a frame; says what came and what is accepted.
    """
    if isinstance(frame, Tensor):
        batch, single = _checked_tensor(frame, name), False
    else:
        batch, single = _checked_array(frame, name)
    kind: Kind[Frames] = Kind(numpy=not isinstance(frame, Tensor), single=single)
    batch = batch.to(device=device, dtype=torch.float32)
    return resize(batch, size), kind


def resize(batch: Tensor, size: int) -> Tensor:
    """(B, 3, H, W) to (B, 3, size, size): bilinear, antialiased.

    The filter of `lapa.data.resize`, so that a model meets frames as it was trained on them.
    """
    if batch.shape[-2:] == (size, size):
        return batch
    return F.interpolate(batch, (size, size), mode="bilinear", antialias=True)


def _checked_tensor(frame: Tensor, name: str) -> Tensor:
    shape = tuple(frame.shape)
    if frame.ndim != 4 or shape[1] != 3 or 0 in shape or not frame.is_floating_point():
        raise ValueError(f"{name} is a torch tensor {shape} of {frame.dtype}; {ACCEPTED}")
    low, high = float(frame.detach().amin()), float(frame.detach().amax())
    # written so that NaN fails it too
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(f"{name} has values from {low:g} to {high:g}; {ACCEPTED}")
    return frame


def _checked_array(frame: np.ndarray, name: str) -> tuple[Tensor, bool]:
    """The batch, and whether it is of a single frame."""
    if not isinstance(frame, np.ndarray):
        raise ValueError(f"{name} is a {type(frame).__name__}; {ACCEPTED}")
    good = frame.ndim in (3, 4) and frame.shape[-1] == 3 and frame.size > 0
    if not good or frame.dtype != np.uint8:
        raise ValueError(f"{name} is a numpy array {frame.shape} of {frame.dtype}; {ACCEPTED}")
    single = frame.ndim == 3
    batch = np.ascontiguousarray(frame[None] if single else frame)
    if not batch.flags.writeable:
        batch = batch.copy()
    pixels = torch.from_numpy(batch).permute(0, 3, 1, 2).float().div(255)
    return pixels, single


def to_size(size: int) -> int:
    """The side of a picture in pixels.

    Raises:
        ValueError: no whole number from 16 to 2048.
    """
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not whole or not 16 <= size <= 2048:
        raise ValueError(f"size is {size!r}; accepted are whole numbers from 16 to 2048")
    return int(size)


def to_codes(codes: Codes, *, size: int, length: int, least: int | None = None) -> Tensor:
    """Codes as int64 (B, n), from a list, a numpy array or a tensor of (n,) or (B, n).

    length, least: n is at most S and at least this; S itself where nothing else is said.

    Raises:
        ValueError: wrong length, not whole numbers, or outside 0 … K-1.
    """
    least = length if least is None else least
    many = str(length) if least == length else f"{least} to {length}"
    accepted = f"accepted are {many} whole numbers from 0 to {size - 1}, or a batch of such rows"
    try:
        tensor = torch.as_tensor(codes)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"codes are {codes!r}; {accepted}") from error
    whole = not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)
    ranked = tensor.ndim in (1, 2) and tensor.numel() > 0
    if not whole or not ranked or not least <= tensor.shape[-1] <= length:
        raise ValueError(f"codes are {_summary(tensor)}; {accepted}")
    if tensor.min() < 0 or tensor.max() >= size:
        raise ValueError(f"codes are {_summary(tensor)}; {accepted}")
    return tensor.long().reshape(-1, tensor.shape[-1])


def to_tokens(
    tokens: np.ndarray | Tensor, *, grid: int, size: int, parts: int = 1
) -> tuple[Tensor, bool]:
    """Tokens of frames as int64 (B, grid, grid, parts), and whether they were a single frame's.

    tokens: (grid, grid) or (B, grid, grid); of several parts with these at the end.

    Raises:
        ValueError: another grid, or not whole numbers from 0 to size − 1.
    """
    chosen = torch.as_tensor(np.asarray(tokens))
    shape = (grid, grid) if parts == 1 else (grid, grid, parts)
    if chosen.shape[-len(shape) :] != shape or chosen.ndim - len(shape) not in (0, 1):
        accepted = ", ".join(map(str, shape))
        raise ValueError(
            f"tokens are {tuple(chosen.shape)}; accepted are ({accepted}) and (B, {accepted})"
        )
    if chosen.is_floating_point() or chosen.min() < 0 or chosen.max() >= size:
        raise ValueError(f"tokens are whole numbers from 0 to {size - 1}")
    return chosen.long().reshape(-1, grid, grid, parts), chosen.ndim == len(shape)


def _summary(tensor: Tensor) -> str:
    return str(tensor.tolist()) if tensor.numel() <= 16 else f"of shape {tuple(tensor.shape)}"
