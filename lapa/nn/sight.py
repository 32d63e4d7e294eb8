"""Sight: a frame's vision tokens -> fewer positions for a trunk, by convolutions.

LAPA gives every vision token a position of the trunk. A small trunk on a CPU pays for each of
them, and has to learn from little what lies beside what; convolutions know that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_INNER = 64


class Sight(nn.Module):
    """vision tokens (B, grid² · parts) -> embeddings (B, (grid / 2)², dim).

    grid: cells a side, even. parts: tokens a cell. dim: of the trunk.
    """

    def __init__(self, grid: int, parts: int, dim: int) -> None:
        super().__init__()
        self.grid, self.parts = grid, parts
        self.narrow = nn.Linear(dim, _INNER)
        self.fine = nn.ModuleList(_Block(_INNER) for _ in range(2))
        self.halve = nn.Conv2d(_INNER, dim, 4, stride=2, padding=1)
        self.coarse = nn.ModuleList(_Block(dim) for _ in range(2))
        self.norm = nn.RMSNorm(dim)
        self.positions = nn.Parameter(_waves(grid // 2, dim))

    def forward(self, tokens: Tensor, table: Tensor) -> Tensor:
        """tokens: int64 (B, grid² · parts), cell after cell. table: (K, dim) embeddings."""
        cells = F.embedding_bag(tokens.reshape(-1, self.parts), table, mode="sum")
        x = self.narrow(cells).unflatten(0, (len(tokens), self.grid, self.grid))
        x = x.permute(0, 3, 1, 2)
        for block in self.fine:
            x = block(x)
        x = self.halve(x)
        for block in self.coarse:
            x = block(x)
        return self.norm(x.flatten(2).transpose(1, 2)) + self.positions


def _waves(side: int, dim: int) -> Tensor:
    """(side², dim): sines and cosines of the row, then of the column. As large as what is seen, for
    where something lies is half of what is to be told; learned positions start too small."""
    rates = torch.linspace(torch.pi / side / 2, torch.pi / 2, dim // 4)
    angles = torch.arange(side)[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], 1)
    row, column = waves.repeat_interleave(side, 0), waves.repeat(side, 1)
    return torch.cat([row, column], 1)


class _Block(nn.Module):
    """Adds what two convolutions make of the neighbourhood."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.gelu(self.first(self.norm(x))))
