"""From tokens to S latents: LAPA's convolutions for few codes and for many, attention with S
queries, or local motion.

Shape letters: b batch, n tokens of a grid×grid frame, d width, S code length, D quant_dim.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attention
from .patches import Pyramid
from .transformer import FeedForward

# channels in which places of two frames are compared
MATCHED = 32


def code_grid(length: int) -> tuple[int, int]:
    """The most nearly square (rows, columns) whose product is `length`, rows ≥ columns."""
    columns = next(c for c in range(math.isqrt(length), 0, -1) if length % c == 0)
    return length // columns, columns


class ConvReduce(nn.Module):
    """A linear layer to D channels, then two convolutions down to the code grid.

    The kernels follow from the grid and S; for an 8×8 grid and S of 1, 2 and 4 they are LAPA's
    own. (For 16, 64 and 256 codes LAPA has `HalvingReduce`, for others none.)

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


class HalvingReduce(nn.Module):
    """A linear layer to D channels, then convolutions that each halve the patch grid until it has
    S places: LAPA's for 16 codes of a 16×16 grid, 64 of 16×16 and 256 of 32×32.

    Raises:
        ValueError: halving does not lead to S.
    """

    def __init__(self, dim: int, quant_dim: int, grid: int, length: int) -> None:
        super().__init__()
        self.grid, side = grid, grid
        layers: list[nn.Module] = []
        while not layers or side * side > length:
            side = (side + 1) // 2
            if layers:
                layers.append(nn.ReLU())
            layers.append(nn.Conv2d(quant_dim, quant_dim, 3, 2, 1))
        if side * side != length:
            raise ValueError(
                f"code_length {length} is not reached by halving the {grid} × {grid} patches that "
                "image_size and patch_size give"
            )
        self.project = nn.Linear(dim, quant_dim)
        self.convolutions = nn.Sequential(*layers)

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

    Args:
        width: channels of the stem's coarsest map, whose cells are half a patch wide.
        reach: every cell of one frame is also compared with the cells of the other up to `reach`
            away (a cost volume, as in FlowNet, Fischer et al. 2015, arXiv 1504.06852, section 3):
            which way something went is then seen, not to be learned from what patches look like.
            0 compares nothing.
    """

    def __init__(
        self, dim: int, quant_dim: int, grid: int, length: int, *, width: int = 0, reach: int = 0
    ) -> None:
        super().__init__()
        self.grid, self.length, self.reach = grid, length, reach
        # how places are compared; another function of the same numbers may take its place
        self.compare = cost_volume
        if reach:
            places = (2 * reach + 1) ** 2
            self.compared = nn.Conv2d(width, MATCHED, 3, 1, 1)
            self.matches = nn.Sequential(
                nn.Conv2d(places + 2 * MATCHED, 3 * MATCHED, 3, 1, 1),
                nn.GELU(),
                nn.Conv2d(3 * MATCHED, dim, 3, 2, 1),
            )
            self.patches = nn.Conv2d(2 * dim, dim, 1)
            self.mixed = nn.Sequential(nn.GELU(), nn.Conv2d(dim, dim, 3, 1, 1), nn.GELU())
        else:
            self.convolutions = nn.Sequential(
                nn.Conv2d(2 * dim, dim, 3, 1, 1),
                nn.GELU(),
                nn.Conv2d(dim, dim, 3, 1, 1),
                nn.GELU(),
            )
        # no bias: it would cancel in the difference
        self.project = nn.Linear(dim, length * quant_dim, bias=False)

    def forward(self, first: Pyramid, last: Pyramid) -> Tensor:
        """What the stem makes of each frame (tokens (b, n, d)) -> (b, S, D)."""
        one, two = (
            each.tokens.transpose(1, 2).unflatten(2, (self.grid, self.grid))
            for each in (first, last)
        )
        if not self.reach:
            there = self.convolutions(torch.cat([one, two], 1))
            back = self.convolutions(torch.cat([two, one], 1))
        else:
            fine = [self._comparable(each) for each in (first, last)]
            there = self._look(one, two, *fine)
            back = self._look(two, one, *reversed(fine))
        difference = there.mean((2, 3)) - back.mean((2, 3))
        return self.project(difference).unflatten(1, (self.length, -1))

    def _comparable(self, frame: Pyramid) -> Tensor:
        """(b, MATCHED, h, w) of the coarsest map."""
        return F.gelu(self.compared(F.gelu(frame.maps[-1])))

    def _look(self, one: Tensor, two: Tensor, fine: Tensor, other: Tensor) -> Tensor:
        volume = self.compare(fine, other, self.reach)
        # a cosine of 32 channels is small beside the channels themselves
        matches = self.matches(torch.cat([4 * volume.to(fine.dtype), fine, other], 1))
        return self.mixed(matches + self.patches(torch.cat([one, two], 1)))


def cost_volume(one: Tensor, two: Tensor, reach: int) -> Tensor:
    """How alike a place of `one` is to each place of `two` up to `reach` away: the cosines of
    their channels, (b, (2·reach + 1)², h, w) float32, row by row from the upper left; 0 beyond
    the edge.

    Args:
        one, two: (b, c, h, w).
    """
    one, two = (F.normalize(each.float(), dim=1) for each in (one, two))
    height, width = one.shape[-2:]
    around = F.pad(two, (reach, reach, reach, reach))
    steps = range(2 * reach + 1)
    return torch.stack(
        [(one * around[:, :, y : y + height, x : x + width]).sum(1) for y in steps for x in steps],
        1,
    )
