"""Keypoints: where things lie in a picture, by convolutions and a spatial softmax.

As Finn et al. (2016, arXiv 1509.06113) find them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Keypoints(nn.Sequential):
    """Frames (N, 3, s, s) in [0, 1] -> (N, 2 · count) places from −1 to 1: of all keypoints how far
    across they lie, then of all how far down.

    width: channels, a multiple of 8. count: keypoints.
    """

    def __init__(self, width: int, count: int) -> None:
        inner = 2 * width
        super().__init__(
            nn.Conv2d(3, width, 5, stride=2, padding=2),
            nn.GELU(),
            nn.Conv2d(width, inner, 3, stride=2, padding=1),
            _Residual(inner),
            nn.GroupNorm(8, inner),
            nn.GELU(),
            nn.Conv2d(inner, count, 1),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """See the class."""
        maps = frames * 2 - 1
        for layer in self:
            maps = layer(maps)
        shares = maps.flatten(2).softmax(-1).unflatten(2, maps.shape[2:])
        across = torch.linspace(-1, 1, maps.shape[3], device=maps.device, dtype=maps.dtype)
        down = torch.linspace(-1, 1, maps.shape[2], device=maps.device, dtype=maps.dtype)
        return torch.cat([shares.sum(2) @ across, shares.sum(3) @ down], 1)


class _Residual(nn.Module):
    """Adds what two convolutions make of the neighbourhood."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.gelu(self.first(F.gelu(self.norm(x)))))
