"""Augmentations that keep the action's meaning, the same for both frames of a pair.

Colour and light change, and the picture is cropped a little: what moves where stays as it was.
Nothing is mirrored or turned, because left must stay left. Each pair of a batch gets its own
change. All colour changes are linear, so they are one 3 × 3 matrix per pair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# ITU-R BT.601
_LUMA = (0.299, 0.587, 0.114)
Box = tuple[slice, slice]


@dataclass(frozen=True)
class Augmentation:
    """How much may change; 0 turns a change off.

    Attributes:
        brightness, contrast, saturation: the factor is drawn from 1 ± this.
        hue: the colour circle is turned by at most this share of a full turn.
        crop: at most this share of height and width is cut off, the rest is enlarged.
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.03
    crop: float = 0.08

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value < 1:
                raise ValueError(f"{name} must lie in [0, 1), got {value!r}.")


def augment(
    frame: Tensor,
    future: Tensor,
    generator: torch.Generator,
    strength: Augmentation = Augmentation(),
    *,
    rows: slice = slice(None),
    whole: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Change both frames of each pair alike.

    Args:
        frame, future: (B, 3, h, w) float in [0, 1].
        generator: on the CPU; the only source of chance, so equal states give equal results on
            every device.
        rows, whole: these pairs are `rows` of a batch of `whole` pairs, of which each is changed as
            it would be there.

    Returns:
        the two batches, shape, dtype and range as given.

    Raises:
        ValueError: wrong shapes or dtypes.
    """
    _check(frame, future)
    draws = torch.rand(whole or len(frame), 7, generator=generator)[rows]
    height, width = frame.shape[-2:]
    boxes = _boxes(draws[:, :3], (height, width), strength.crop)
    matrix, offset = _colour(2 * draws[:, 3:] - 1, strength, frame.mean((2, 3)).float())
    matrix, offset = matrix.to(frame.dtype), offset.to(frame.dtype)
    return _change(frame, boxes, matrix, offset), _change(future, boxes, matrix, offset)


def _boxes(draws: Tensor, size: tuple[int, int], crop: float) -> list[Box]:
    """One window (rows, columns) per pair, of whole pixels and the shape of the frame."""
    height, width = size
    return [
        (_span(height, 1 - crop * zoom, down), _span(width, 1 - crop * zoom, right))
        for zoom, down, right in draws.tolist()
    ]


def _span(length: int, share: float, where: float) -> slice:
    """This share of a side, at `where` in [0, 1) of the room that it leaves."""
    window = max(1, round(length * share))
    first = int(where * (length - window + 1))
    return slice(first, first + window)


def _change(images: Tensor, boxes: list[Box], matrix: Tensor, offset: Tensor) -> Tensor:
    """Enlarge each image's window to the whole and apply its colour matrix."""
    size = images.shape[-2:]
    changed = torch.empty_like(images, memory_format=torch.contiguous_format)
    # One by one the intermediate stays in the CPU's cache: twice as fast as one grid_sample.
    for i, (rows, columns) in enumerate(boxes):
        window = F.interpolate(images[i : i + 1, :, rows, columns], size, mode="bilinear")
        torch.addmm(offset[i], matrix[i], window.reshape(3, -1), out=changed[i].view(3, -1))
    return changed.clamp_(0, 1)


def _colour(draws: Tensor, strength: Augmentation, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Colour matrices (B, 3, 3) and offsets (B, 1, 1) from draws (B, 4) in [-1, 1]."""
    draws = draws.to(mean.device)
    brightness, contrast, saturation = (
        (1 + draws[:, i] * amount).view(-1, 1, 1)
        for i, amount in enumerate((strength.brightness, strength.contrast, strength.saturation))
    )
    luma = mean.new_tensor(_LUMA)
    identity = torch.eye(3, device=mean.device)
    saturate = saturation * identity + (1 - saturation) * luma
    matrix = brightness * contrast * saturate @ _turn(draws[:, 3] * strength.hue * math.tau)
    # Contrast turns about the brightness of x_t for both frames, or the pair would flicker.
    grey = brightness * (1 - contrast) * (mean @ luma).view(-1, 1, 1)
    return matrix, grey


def _turn(angle: Tensor) -> Tensor:
    """Rotations (B, 3, 3) of RGB about the grey axis (Rodrigues' formula), angles in radians."""
    axis = angle.new_tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    sine, cosine = angle.sin().view(-1, 1, 1), angle.cos().view(-1, 1, 1)
    return torch.eye(3, device=angle.device) + sine * axis + (1 - cosine) * (axis @ axis)


def _check(frame: Tensor, future: Tensor) -> None:
    if frame.shape != future.shape or frame.ndim != 4 or frame.shape[1] != 3 or not len(frame):
        shapes = f"{tuple(frame.shape)} and {tuple(future.shape)}"
        raise ValueError(f"augment needs two batches of one shape (B, 3, h, w), got {shapes}.")
    if not frame.is_floating_point() or frame.dtype != future.dtype:
        raise ValueError(f"augment needs floats in [0, 1], got {frame.dtype} and {future.dtype}.")
