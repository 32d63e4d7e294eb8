"""From a frame to patch tokens: LAPA's linear embedding, or a small convolutional stem.

Both return a `Pyramid`: the tokens, and whatever finer maps a head may reuse as skip connections.
"""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

BASE = 4  # pixels a side of one cell of the convolutional stem's finest map


class Pyramid(NamedTuple):
    """Tokens (b, n, d) in row-major patch order; `maps` from fine to coarse, (b, c, h, w) each."""

    tokens: Tensor
    maps: tuple[Tensor, ...] = ()


def to_patches(frames: Tensor, size: int) -> Tensor:
    """(b, c, H, W) -> (b, n, c·size·size); a patch's numbers are ordered channel, row, column."""
    grid = frames.unflatten(3, (-1, size)).unflatten(2, (-1, size))
    return grid.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def from_patches(patches: Tensor, size: int, height: int, channels: int = 3) -> Tensor:
    """The inverse of `to_patches`; `height` is the number of patch rows."""
    grid = patches.unflatten(2, (channels, size, size)).unflatten(1, (height, -1))
    return grid.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)


class LinearPatches(nn.Module):
    """LAPA's embedding: norm, one linear layer a patch, norm."""

    def __init__(self, dim: int, patch_size: int) -> None:
        super().__init__()
        self.patch_size = patch_size
        numbers = 3 * patch_size * patch_size
        self.net = nn.Sequential(nn.LayerNorm(numbers), nn.Linear(numbers, dim), nn.LayerNorm(dim))

    def forward(self, frames: Tensor) -> Pyramid:
        """(b, 3, H, W) in [0, 1] -> tokens (b, n, d)."""
        return Pyramid(self.net(to_patches(frames, self.patch_size)))


class ConvStem(nn.Module):
    """Patches of 4×4 pixels, then strided convolutions down to one token per `patch_size`.

    It spends its work where the edges are, so it learns from fewer frames than one linear layer
    over 16×16 pixels, and its maps carry the detail that the decoder's head needs.

    Args:
        dim: width of the tokens.
        patch_size: 8, 16 or 32 pixels a token.
        widths: channels of the maps at 4, 8, … pixels, one fewer than the halvings need.
    """

    def __init__(self, dim: int, patch_size: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, widths[0], BASE, BASE)
        outs = (*widths[1:], dim)
        self.halvings = nn.ModuleList(
            [nn.Conv2d(i, o, 3, 2, 1) for i, o in zip(widths, outs, strict=True)]
        )

    def forward(self, frames: Tensor) -> Pyramid:
        """(b, 3, H, W) in [0, 1] -> tokens (b, n, d) and the maps at 4, 8, … pixels."""
        maps = [self.first(frames - 0.5)]
        for halve in self.halvings:
            maps.append(halve(F.gelu(maps[-1])))
        return Pyramid(maps[-1].flatten(2).transpose(1, 2), tuple(maps[:-1]))
