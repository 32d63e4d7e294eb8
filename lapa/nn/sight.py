"""Sight: a frame's vision tokens -> keypoints, a position of the trunk for each.

LAPA gives every vision token a position of the trunk. A small trunk on a CPU pays for each of
them, and learns slowly from where things lie if that is told by which token stands where.
Keypoints tell it in numbers: convolutions look for each thing everywhere, and a spatial softmax
says where it is (Levine et al., End-to-End Training of Deep Visuomotor Policies, 2016).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# channels of the whole grid, of the halved one, and how many blocks look at that
_FINE, _INNER, _DEEP = 32, 64, 4
# of a side: how far from what acts differences still count, from the whole picture to a contact
_REACHES = (0.5, 0.15, 0.05)


class Sight(nn.Module):
    """vision tokens (B, grid² · parts) -> embeddings (B, keypoints, dim).

    grid: cells a side, even. parts: tokens a cell. dim: of the trunk, a multiple of 4. The last
    keypoint is what acts: of all others it is told, too, how they lie to it.
    """

    rates: Tensor

    def __init__(self, grid: int, parts: int, dim: int, keypoints: int) -> None:
        super().__init__()
        self.grid, self.parts, self.side = grid, parts, grid // 2
        self.narrow = nn.Linear(dim, _FINE, bias=False)
        self.fine = _Block(_FINE)
        self.halve = nn.Conv2d(_FINE, _INNER, 4, stride=2, padding=1)
        self.coarse = nn.ModuleList(_Block(_INNER) for _ in range(_DEEP))
        self.norm = nn.GroupNorm(8, _INNER)
        self.look = nn.Conv2d(_INNER, keypoints, 1)
        # at first anything is as likely in the picture as not
        _, bias = self.look.parameters()
        nn.init.constant_(bias, -math.log(self.side**2))
        self.names = nn.Parameter(torch.randn(keypoints, dim))
        self.near = nn.Linear(2 * len(_REACHES), dim, bias=False)
        nn.init.zeros_(self.near.weight)
        rates = torch.linspace(torch.pi / 2, 4 * torch.pi, dim // 4)
        self.register_buffer("rates", rates, persistent=False)

    def forward(self, tokens: Tensor, table: Tensor) -> Tensor:
        """tokens: int64 (B, grid² · parts), cell after cell. table: (K, dim) embeddings."""
        return self.embed(*self.locate(self.maps(tokens, table)))

    def maps(self, tokens: Tensor, table: Tensor) -> Tensor:
        """Logits (B, keypoints, (grid / 2)²) of where each lies, row after row; against 0, which
        stands for nowhere."""
        cells = F.embedding_bag(tokens.reshape(-1, self.parts), self.narrow(table), mode="sum")
        x = cells.unflatten(0, (len(tokens), self.grid, self.grid)).permute(0, 3, 1, 2)
        x = self.halve(self.fine(x))
        for block in self.coarse:
            x = block(x)
        return self.look(F.gelu(self.norm(x))).flatten(2)

    def locate(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Where each is, (B, keypoints, 2) right and down as shares of the side, and how likely it
        is there at all, (B, keypoints).

        Only around its likeliest cell: between two blocks that might be meant there is neither.
        """
        side, share = self.side, F.pad(maps, (0, 1)).softmax(-1)
        cells = torch.arange(side**2, device=maps.device)
        at = torch.stack([cells % side, cells // side], -1)
        peak = at[maps.argmax(-1)]
        near = ((at - peak[..., None, :]).abs() <= 1).all(-1)
        around = maps.masked_fill(~near, -torch.inf).softmax(-1)
        return around @ ((at + 0.5) / side).to(maps), 1 - share[..., -1]

    def embed(self, places: Tensor, there: Tensor) -> Tensor:
        """Embeddings (B, keypoints, dim): a name, sines and cosines of the place, and how far away
        from what acts; nothing of what is not there."""
        angles = places[..., None] * self.rates
        waves = torch.cat([angles.sin(), angles.cos()], -1).flatten(-2)
        apart = places - places[:, -1:]
        near = self.near(torch.cat([(apart / reach).tanh() for reach in _REACHES], -1))
        return there[..., None] * (self.names + waves + near)

    def target_maps(self, places: Tensor) -> Tensor:
        """What `maps` should say of things at `places` (…, 2): shares (…, (grid / 2)²) of the four
        cells around each, so that their mean is the place."""
        side = self.side
        at = (places * side - 0.5).clamp(0, side - 1)
        ways = torch.arange(side, device=places.device)
        column, row = (1 - (at[..., None] - ways).abs()).clamp(min=0).unbind(-2)
        return (row[..., :, None] * column[..., None, :]).flatten(-2)


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
