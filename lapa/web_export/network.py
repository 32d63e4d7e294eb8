"""A quantizer cut into the three graphs that a browser runs: prepare, decode, encode.

Whatever no code changes is in `Prepare`, which runs once a frame: the stem, the decoder up to where
it first looks at the codes, and the half of the head's convolutions that reads the stem's maps.
`Decode` runs at every press. `Encode` starts from what `Prepare` gave for both frames, so that no
weight of the stem travels twice. Sampling along the flow is left to the browser's own script, which
does it at any size of picture.

Shape letters: n patches, d width, S code length, D quant_dim; c channels. The batch is always 1.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.heads import PixelHead, WarpHead
from lapa.nn.patches import Pyramid, from_patches
from lapa.nn.reduce import MotionReduce


class Prepare(nn.Module):
    """x_t -> all about it that no code changes.

    `names` are those of its outputs, in their order: "start" (1, n, d), the decoder's tokens; for a
    head that warps "skip0", "skip1", … (1, c, h, w) from coarse to fine; "tokens" (1, n, d) and
    "map" (1, c, h, w), what the encoder reads of a frame.
    """

    def __init__(self, laq: LatentActionQuantizer) -> None:
        super().__init__()
        self.laq = laq
        self.halves = nn.ModuleList(_half(merge, 1) for merge in merges(laq))
        self.names = ["start", *skip_names(laq), *encoder_names(laq)]

    def forward(self, frame: Tensor) -> tuple[Tensor, ...]:
        """frame: float32 (1, 3, h, w) in [0, 1]."""
        laq = self.laq
        pyramid = laq.stem(frame)
        start, _ = laq.begin(pyramid.tokens)
        maps = reversed(pyramid.maps)
        skips = [half(skip) for half, skip in zip(self.halves, maps, strict=bool(self.halves))]
        read = {"tokens": pyramid.tokens, "map": pyramid.maps[-1] if pyramid.maps else None}
        return start, *skips, *(read[name] for name in encoder_names(laq))


class Decode(nn.Module):
    """Codes and what `Prepare` gave -> what is done to x_t.

    `names`: for a head that warps "flow", "paint" and "masks" as `lapa.nn.heads.Fields` has them;
    for others "pixels" (1, 3, h, w).
    """

    bias: Tensor | None

    def __init__(self, laq: LatentActionQuantizer) -> None:
        super().__init__()
        self.laq = laq
        self.halves = nn.ModuleList(_half(merge, 0) for merge in merges(laq))
        self.names = ["flow", "paint", "masks"] if merges(laq) else ["pixels"]
        with torch.no_grad():
            blank = torch.zeros(1, laq.config.grid**2, laq.config.dim)
            self.register_buffer("bias", laq.begin(blank)[1])

    def forward(self, codes: Tensor, start: Tensor, *skips: Tensor) -> tuple[Tensor, ...]:
        """codes: int32 (1, S)."""
        head = self.laq.head
        tokens = self.laq.finish(start, self.bias, self.laq.codebook.lookup(codes.long()))
        if isinstance(head, PixelHead):
            return (from_patches(head.project(tokens), head.patch_size, head.grid),)
        assert isinstance(head, WarpHead)
        x = tokens.transpose(1, 2).unflatten(2, (head.grid, head.grid))
        for up, half, skip in zip(head.ups, self.halves, skips, strict=True):
            # the convolution of both halves laid together is the sum of those of each
            x = F.gelu(half(F.pixel_shuffle(up(x), 2)) + skip)
        fields: tuple[Tensor, ...] = tuple(head.fields(x))
        return fields


class Encode(nn.Module):
    """What `Prepare` gave of x_t, then of x_t+H -> "codes" int32 (1, S), "latent" (1, S, D).

    From here on `laq` compares places by `gathered_volume`.
    """

    names = ("codes", "latent")

    def __init__(self, laq: LatentActionQuantizer) -> None:
        super().__init__()
        self.laq = laq
        if isinstance(laq.reduce, MotionReduce):
            laq.reduce.compare = gathered_volume

    def forward(self, *read: Tensor) -> tuple[Tensor, Tensor]:
        """read: tokens, and the map where the encoder reads one, of x_t and then of x_t+H."""
        half = len(read) // 2
        first, last = (Pyramid(each[0], each[1:]) for each in (read[:half], read[half:]))
        latent = self.laq.codebook.scaled_latent(self.laq.difference(first, last))
        return self.laq.codebook.nearest(latent).int(), latent


def gathered_volume(one: Tensor, two: Tensor, reach: int) -> Tensor:
    """`lapa.nn.reduce.cost_volume` in five operators of a graph in place of three a step."""
    one, two = (F.normalize(each, dim=1) for each in (one, two))
    height, width = one.shape[-2:]
    around = F.pad(two, (reach, reach, reach, reach))
    rows, columns, steps = torch.arange(height), torch.arange(width), torch.arange(2 * reach + 1)
    row = steps[:, None, None, None] + rows[:, None]
    column = steps[:, None, None] + columns
    places = (row * (width + 2 * reach) + column).flatten(0, 1)
    seen = around.flatten(2)[:, :, places.flatten()].unflatten(2, places.shape)
    cosines: Tensor = (one[:, :, None] * seen).sum(1)
    return cosines


def merges(laq: LatentActionQuantizer) -> list[nn.Module]:
    """The head's convolutions over both its own features and the stem's maps, coarse to fine; none
    where it has none."""
    # a ModuleList does not say of which modules
    return list(cast("list[nn.Conv2d]", laq.head.merges)) if isinstance(laq.head, WarpHead) else []


def skip_names(laq: LatentActionQuantizer) -> list[str]:
    """Of what `Decode` takes of the stem's maps."""
    return [f"skip{number}" for number in range(len(merges(laq)))]


def encoder_names(laq: LatentActionQuantizer) -> list[str]:
    """Of what `Encode` reads of a frame; the map only where places are compared."""
    return ["tokens", "map"] if laq.config.motion_reach else ["tokens"]


def _half(merge: nn.Module, which: int) -> nn.Conv2d:
    """The convolution of the head's own channels (0), or of the stem's, with the bias (1)."""
    assert isinstance(merge, nn.Conv2d)
    weight = merge.weight.detach().chunk(2, 1)[which].contiguous()
    half = nn.Conv2d(
        weight.shape[1], weight.shape[0], 3, padding=1, bias=bool(which), dtype=torch.float32
    )
    half.weight = nn.Parameter(weight)
    if which:
        half.bias = merge.bias
    return half
