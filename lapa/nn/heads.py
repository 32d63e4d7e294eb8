"""From decoder tokens to the imagined frame: pixels, a change on top of x_t, or a warp of x_t.

Every head is called as head(tokens, frame, maps); `frame` is x_t, `maps` are the stem's finer maps
of x_t at the network's own resolution. It gives an `Imagined` as large as `frame`, which may be
larger than what the network saw: what the head computes is then carried over to it, so that what
does not move stays as sharp as the camera made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .patches import BASE, from_patches

# how far a gate's sigmoid reaches beyond 0 and 1
STRETCH = 0.1
# a mask's number at the start: its sigmoid is 0.12, which the stretched gate makes 0.04
NEARLY_CLOSED = -2.0


class Imagined(NamedTuple):
    """image: (b, 3, H, W), not clipped. moved: the part of it that is x_t's own pixels carried to
    their new places, before anything is painted; None for a head that moves none."""

    image: Tensor
    moved: Tensor | None = None


class Fields(NamedTuple):
    """What a warp does to x_t: flow (b, 2, h / 4, w / 4), (x, y) shifts in units of half the image;
    paint (b, 3, h, w); masks (b, 1 or 2, h, w) before their sigmoid, the last that of the paint."""

    flow: Tensor
    paint: Tensor
    masks: Tensor


class PixelHead(nn.Module):
    """LAPA's head: one linear layer to the pixels of each patch; `change` adds x_t."""

    def __init__(self, dim: int, patch_size: int, grid: int, *, change: bool = False) -> None:
        super().__init__()
        self.patch_size, self.grid, self.change = patch_size, grid, change
        self.project = nn.Linear(dim, 3 * patch_size * patch_size)
        if change:
            nn.init.zeros_(self.project.weight)
            nn.init.zeros_(self.project.bias)

    def forward(self, tokens: Tensor, frame: Tensor, maps: tuple[Tensor, ...]) -> Imagined:
        """Tokens (b, n, d) and x_t (b or 1, 3, H, W) -> the picture; the maps are not needed."""
        pixels = from_patches(self.project(tokens).float(), self.patch_size, self.grid)
        pixels = as_large_as(frame, pixels)
        return Imagined(frame + pixels if self.change else pixels)


class WarpHead(nn.Module):
    """Moves x_t's own pixels by a flow field and paints new ones where a mask asks for it.

    Robots are rigid: most of what moves is already in x_t, so a flow keeps it sharp where pixel
    regression blurs it; the mask uncovers background. At initialisation the flow is zero and the
    masks nearly closed: the head starts as copy-frame.

    Upsampling is by pixel shuffle with the stem's maps as skip connections (U-Net).

    layered: a second mask, as fine as the picture, says where the moved copy lies over x_t. The
    flow may then run smoothly over an edge that the mask cuts sharply. The masks reach 0 and 1
    (see `gate`): what does not move stays x_t to the last bit, however often the head is applied.
    """

    def __init__(
        self, dim: int, grid: int, widths: tuple[int, ...], *, layered: bool = False
    ) -> None:
        super().__init__()
        self.grid, self.layered = grid, layered
        ins = (dim, *reversed(widths[1:]))
        outs = tuple(reversed(widths))
        self.ups = nn.ModuleList([nn.Conv2d(i, o * 4, 1) for i, o in zip(ins, outs, strict=True)])
        self.merges = nn.ModuleList([nn.Conv2d(o * 2, o, 3, 1, 1) for o in outs])
        masks = 2 if layered else 1
        self.parts = (2, 3 * BASE**2, masks * BASE**2)  # flow, paint, masks
        self.out = nn.Conv2d(outs[-1], sum(self.parts), 3, 1, 1)
        weight, bias = self.out.parameters()
        nn.init.zeros_(weight)
        nn.init.zeros_(bias)
        with torch.no_grad():
            bias[-masks * BASE * BASE :] = NEARLY_CLOSED

    def forward(self, tokens: Tensor, frame: Tensor, maps: tuple[Tensor, ...]) -> Imagined:
        """Tokens (b, n, d), x_t (b or 1, 3, H, W) and its maps, fine to coarse."""
        x = tokens.transpose(1, 2).unflatten(2, (self.grid, self.grid))
        for up, merge, skip in zip(self.ups, self.merges, reversed(maps), strict=True):
            x = F.pixel_shuffle(up(x), 2)
            x = F.gelu(merge(torch.cat([x, skip.expand(len(x), -1, -1, -1)], 1)))
        return self.compose(frame, *self.fields(x))

    def fields(self, x: Tensor) -> Fields:
        """The finest features (b, c, h / 4, w / 4) -> what is to be done to x_t."""
        # a place to a fraction of a pixel and a mask of exactly 0 need more than bfloat16
        flow, paint, masks = self.out(x).float().split(self.parts, 1)
        return Fields(flow, F.pixel_shuffle(paint, BASE) + 0.5, F.pixel_shuffle(masks, BASE))

    def compose(self, frame: Tensor, flow: Tensor, paint: Tensor, masks: Tensor) -> Imagined:
        """Do it: x_t (b or 1, 3, H, W), which may be larger than the fields."""
        paint, masks = as_large_as(frame, paint), as_large_as(frame, masks)
        *over, painted = (gate(masks) if self.layered else masks.sigmoid()).split(1, 1)
        carried = moved = warp(frame, flow)
        for mask in over:
            moved = torch.lerp(frame, carried, mask)
        return Imagined(torch.lerp(moved, paint, painted), carried)


def as_large_as(frame: Tensor, x: Tensor) -> Tensor:
    """x (b, c, h, w) at the size of frame (…, H, W), bilinear; as it is where that is its own."""
    size = frame.shape[-2:]
    return x if x.shape[-2:] == size else enlarged(x, size)


def enlarged(x: Tensor, size: Sequence[int]) -> Tensor:
    """x (b, c, h, w) at another size (H, W), bilinear.

    Each channel by itself: of several, which a convolution leaves side by side in memory, torch
    takes up to four times as long on a processor.
    """
    alone = x.flatten(0, 1).unsqueeze(1)
    larger = F.interpolate(alone, (size[0], size[1]), mode="bilinear", align_corners=False)
    return larger.squeeze(1).unflatten(0, x.shape[:2])


def gate(x: Tensor) -> Tensor:
    """A sigmoid stretched past both ends and cut there, so that it can say exactly 0 and 1: the
    hard concrete gate without its noise (Louizos, Welling and Kingma 2018, arXiv 1712.01312,
    equations 10 and 11)."""
    return (x.sigmoid() * (1 + 2 * STRETCH) - STRETCH).clamp(0, 1)


# compiled, its gathers become loops over single numbers, an eighth of a training step
@torch.compiler.disable  # type: ignore[untyped-decorator]  # torch does not annotate it
def warp(frame: Tensor, flow: Tensor) -> Tensor:
    """Sample `frame` at positions shifted by `flow`.

    Args:
        frame: (b or 1, 3, H, W).
        flow: (b, 2, h, w) with (x, y) shifts in units of half the image; upsampled to H×W.
    """
    height, width = frame.shape[-2:]
    flow = enlarged(flow, (height, width))
    y = torch.linspace(-1, 1, height, device=flow.device, dtype=flow.dtype)
    x = torch.linspace(-1, 1, width, device=flow.device, dtype=flow.dtype)
    still = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    where = still + flow.permute(0, 2, 3, 1)
    return F.grid_sample(
        frame.expand(len(flow), -1, -1, -1), where, padding_mode="border", align_corners=True
    )
