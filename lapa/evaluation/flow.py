"""Optical flow between two frames, and the one motion of what moves in them.

Lucas and Kanade 1981 ("An iterative image registration technique"), coarse to fine over a pyramid
and iterated (Bouguet 2001): small, without weights, good enough for the direction of an arm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.images import gaussian, luminance, smooth

WINDOW, SIGMA = 9, 2.0
# the coarsest level of the pyramid, pixels: a window still fits into it
ITERATIONS, SMALLEST = 4, 12
# added to the structure tensor, in squared grey levels: flat places keep the coarser flow
DAMPING = 1e-5
# a pixel moves where its luminance changes by more than this much of full scale
CHANGE = 0.04
# pixels, as a share of the frame, that have to move for there to be a motion
LEAST_PIXELS = 0.001
# a motion is one from this share of the frame's side on: half a pixel of 128
LEAST = 0.004


def flow(frame: np.ndarray, future: np.ndarray) -> np.ndarray:
    """Where every pixel of `frame` goes: (B, h, w, 2) float32, pixels to the right and down.

    Args:
        frame, future: uint8 RGB (B, h, w, 3).

    At each level it minimises Σ_window (future(p + v) − frame(p))² over v by Gauss-Newton steps:
    v += G⁻¹ Σ ∇frame · (frame − future(p + v)), G = Σ ∇frame ∇frameᵀ.
    """
    first, last = _pyramid(luminance(frame).float()), _pyramid(luminance(future).float())
    moved = torch.zeros(len(frame), 2, *first[-1].shape[-2:])
    for here, there in zip(reversed(first), reversed(last), strict=True):
        size = here.shape[-2:]
        if moved.shape[-2:] != size:
            scale = torch.tensor([size[1] / moved.shape[-1], size[0] / moved.shape[-2]])
            moved = F.interpolate(moved, size, mode="bilinear") * scale[:, None, None]
        moved = _refined(here, there, moved)
    return moved.permute(0, 2, 3, 1).numpy()


@dataclass(frozen=True)
class Motion:
    """The one motion of each of B frame pairs.

    vector: mean flow of the moving pixels, (B, 2) float64, pixels right and down; 0 if none move.
    centre: where they lie, (B, 2) float64, pixels from the left and the top; the middle if none do.
    """

    vector: np.ndarray
    centre: np.ndarray


def motion(frame: np.ndarray, future: np.ndarray) -> np.ndarray:
    """The vectors of `moved` alone, (B, 2) float64."""
    return moved(frame, future).vector


def moved(frame: np.ndarray, future: np.ndarray) -> Motion:
    """What moves from frame to future, uint8 RGB (B, h, w, 3), where, and how far.

    A pixel moves where the luminance changes by more than 4 % of full scale. It counts by how well
    its surroundings tell a motion, the smaller eigenvalue of G (Shi and Tomasi 1994), which is 0
    in flat places and along straight edges; and by the share of its change that the flow explains,
    so that ground which comes into view says little.
    """
    first, last = luminance(frame).float(), luminance(future).float()
    before, went = (last - first).abs(), flow(frame, future)
    after = (_shifted(last, torch.from_numpy(went).permute(0, 3, 1, 2)) - first).abs()
    moving = (before > CHANGE).float()
    explained = (1 - after / before.clamp(min=CHANGE)).clamp(min=0)
    weight = (moving * _certainty(first) * explained)[:, 0].numpy().astype(np.float64)
    total = weight.sum((1, 2))
    enough = (moving.mean((1, 2, 3)).numpy() >= LEAST_PIXELS) & (total > 0)
    sums = (went * weight[..., None]).sum((1, 2))
    places = np.stack(np.meshgrid(*map(np.arange, weight.shape[:0:-1])), -1)
    middles = (places * weight[..., None]).sum((1, 2))
    share = np.where(enough, total, 1)[:, None]
    middle = (np.array(weight.shape[:0:-1]) - 1) / 2
    return Motion(
        vector=np.where(enough[:, None], sums / share, 0),
        centre=np.where(enough[:, None], middles / share, middle),
    )


def _pyramid(image: Tensor) -> list[Tensor]:
    """The image (B, 1, h, w) and its halves, the finest first."""
    levels = [image]
    while min(levels[-1].shape[-2:]) >= 2 * SMALLEST:
        levels.append(F.avg_pool2d(_blurred(levels[-1], 5, 1.0), 2))
    return levels


def _refined(here: Tensor, there: Tensor, moved: Tensor) -> Tensor:
    """A few steps of Lucas and Kanade from `moved` (B, 2, h, w) on one level (B, 1, h, w)."""
    across, down = _gradient(here)
    xx, xy, yy = _tensor(across, down)
    determinant = (xx + DAMPING) * (yy + DAMPING) - xy * xy
    for _ in range(ITERATIONS):
        error = here - _shifted(there, moved)
        x, y = _blurred(across * error, WINDOW, SIGMA), _blurred(down * error, WINDOW, SIGMA)
        step = torch.cat([(yy + DAMPING) * x - xy * y, (xx + DAMPING) * y - xy * x], 1)
        # one step goes no further than a window can see
        moved = moved + (step / determinant).clamp(-WINDOW / 4, WINDOW / 4)
    return moved


def _certainty(image: Tensor) -> Tensor:
    """The smaller eigenvalue of the structure tensor at every place, (B, 1, h, w)."""
    xx, xy, yy = _tensor(*_gradient(image))
    return (xx + yy) / 2 - ((xx - yy).square() / 4 + xy * xy).sqrt()


def _tensor(across: Tensor, down: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    products = (across * across, across * down, down * down)
    xx, xy, yy = (_blurred(product, WINDOW, SIGMA) for product in products)
    return xx, xy, yy


def _gradient(image: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences along x and y, the edge repeated."""
    wide = F.pad(image, (1, 1, 1, 1), mode="replicate")
    across = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2
    return across, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2


def _blurred(image: Tensor, window: int, sigma: float) -> Tensor:
    margin = (window // 2,) * 4
    return smooth(F.pad(image, margin, mode="replicate"), gaussian(window, sigma))


def _shifted(image: Tensor, moved: Tensor) -> Tensor:
    """image(p + moved(p)), bilinear, the edge repeated: (B, 1, h, w)."""
    height, width = image.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    to = torch.stack([x + moved[:, 0], y + moved[:, 1]], -1)
    scale = torch.tensor([width - 1, height - 1])
    return F.grid_sample(image, to * 2 / scale - 1, padding_mode="border", align_corners=True)
