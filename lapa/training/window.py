"""A window of each pair around something that moves: what costly critics of a picture look at.

Most of a robot's picture stands still, and the head copies it exactly: a window of a quarter of
the picture shows what there is to criticise, for a quarter of the work.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# pixels, half the side of our frames
SIDE = 64
# windows are centred on cells of this many pixels a side
CELL = 4


def windows(frame: Tensor, future: Tensor, *others: Tensor, side: int = SIDE) -> list[Tensor]:
    """The same window of frame, future and each of the others: (B, 3, side, side).

    A pair's window is centred on a cell drawn by how much changes there from frame to future (a
    cell that changes twice as much is drawn twice as often; where nothing changes, any), and lies
    within the picture. Pictures (B, 3, h, w) no larger than a window stay as they are. Draws from
    torch's global generator; gradients pass through.
    """
    height, width = frame.shape[-2:]
    if height <= side and width <= side:
        return [frame, future, *others]
    change = F.avg_pool2d((future - frame).abs().mean(1, keepdim=True), CELL).flatten(1)
    cell = torch.multinomial(change + 1e-6, 1)[:, 0]
    across = width // CELL
    rows = _span((cell // across) * CELL, height, side)
    columns = _span((cell % across) * CELL, width, side)
    pair = torch.arange(len(frame), device=frame.device)[:, None, None]
    return [
        each.permute(0, 2, 3, 1)[pair, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)
        for each in (frame, future, *others)
    ]


def _span(place: Tensor, length: int, side: int) -> Tensor:
    """The `side` indices around each place, moved to lie within 0 … length - 1: (B, side)."""
    first = (place + CELL // 2 - side // 2).clamp(0, length - side)
    return first[:, None] + torch.arange(side, device=place.device)
