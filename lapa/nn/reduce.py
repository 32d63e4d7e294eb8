"""From tokens to S latents: LAPA's convolutions, attention with S queries, or local motion.

Shape letters: b batch, n tokens of a grid×grid frame, d width, S code length, D quant_dim.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .attention import Attention
from .transformer import FeedForward


def code_grid(length: int) -> tuple[int, int]:
    """The most nearly square (rows, columns) whose product is `length`, rows ≥ columns."""
    columns = next(c for c in range(math.isqrt(length), 0, -1) if length % c == 0)
    return length // columns, columns


class ConvReduce(nn.Module):
    """A linear layer to D channels, then two convolutions down to the code grid.

    The kernels follow from the grid and S; for an 8×8 grid and S of 1, 2 and 4 they are LAPA's
    own (which has no working rule for other lengths).

    Raises:
        ValueError: S codes do not fit the grid.
    """

    def __init__(self, dim: int, quant_dim: int, grid: int, length: int) -> None:
        super().__init__()
        self.grid = grid
        rows, columns = code_grid(length)
        stride = 2 if rows <= (grid + 1) // 2 else 1
        size = (grid + 1) // 2 if stride == 2 else grid
        if rows > size:
            raise ValueError(
                f"code_length {length} needs a grid of at least {rows} patch rows, "
                f"image_size and patch_size give {grid}"
            )
        self.project = nn.Linear(dim, quant_dim)
        self.convolutions = nn.Sequential(
            nn.Conv2d(quant_dim, quant_dim, 3, stride, 1),
            nn.ReLU(),
            nn.Conv2d(quant_dim, quant_dim, (size - rows + 1, size - columns + 1)),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, n, d) -> (b, S, D)."""
        grid = self.project(tokens).transpose(1, 2).unflatten(2, (self.grid, self.grid))
        return self.convolutions(grid).flatten(2).transpose(1, 2)


class AttentionReduce(nn.Module):
    """S learned queries read the whole frame, so no code is tied to a corner of the picture."""

    def __init__(self, dim: int, quant_dim: int, length: int, *, heads: int, dim_head: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(length, dim) * 0.02)
        self.read = Attention(dim, heads=heads, dim_head=dim_head, dim_context=dim)
        self.feed_forward = FeedForward(dim)
        # no bias: it would cancel in the difference of the two frames anyway
        self.project = nn.Linear(dim, quant_dim, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, n, d) -> (b, S, D)."""
        queries = self.queries.expand(len(tokens), -1, -1)
        x = queries + self.read(queries, context=tokens)
        return self.project(x + self.feed_forward(x))


class MotionReduce(nn.Module):
    """Convolutions over both frames laid together, and the mean over the picture.

    A motion gives the same latents wherever it happens: the decoder has to find in x_t what moves.
    Exchanged frames give the latents with the other sign; (x, x) gives zero.
    """

    def __init__(self, dim: int, quant_dim: int, grid: int, length: int) -> None:
        super().__init__()
        self.grid, self.length = grid, length
        self.convolutions = nn.Sequential(
            nn.Conv2d(2 * dim, dim, 3, 1, 1), nn.GELU(), nn.Conv2d(dim, dim, 3, 1, 1), nn.GELU()
        )
        # no bias: it would cancel in the difference
        self.project = nn.Linear(dim, length * quant_dim, bias=False)

    def forward(self, first: Tensor, last: Tensor) -> Tensor:
        """(b, n, d) of each frame -> (b, S, D)."""
        one, two = (
            each.transpose(1, 2).unflatten(2, (self.grid, self.grid)) for each in (first, last)
        )
        there = self.convolutions(torch.cat([one, two], 1)).mean((2, 3))
        back = self.convolutions(torch.cat([two, one], 1)).mean((2, 3))
        return self.project(there - back).unflatten(1, (self.length, -1))
