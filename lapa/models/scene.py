"""What a quantizer knows of frames before it looks at any code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

import torch
from torch import Tensor

from lapa.models.frames import Frames, Kind


@dataclass(frozen=True, eq=False)
class Scene(Generic[Frames]):
    """Everything about x_t that no code changes; made once by `prepare`, used for every code.

    frame: (B, 3, h, w) float32 in [0, 1], as large as the pictures that `decode` makes of it.
    start: (B, n, d), x_t's tokens as far into the decoder as no code is looked at. bias: (heads, n,
    n) of the decoder's attention, None where position is learned. maps: the stem's finer maps of
    x_t. kind: how the caller is answered.
    """

    frame: Tensor
    start: Tensor
    bias: Tensor | None
    maps: tuple[Tensor, ...]
    kind: Kind[Frames]


def join(scenes: Sequence[Scene[Frames]]) -> Scene[Frames]:
    """Scenes of pictures of one size as one scene of all their frames, in their order."""
    first = scenes[0]
    return replace(
        first,
        frame=torch.cat([scene.frame for scene in scenes]),
        start=torch.cat([scene.start for scene in scenes]),
        maps=tuple(map(torch.cat, zip(*(scene.maps for scene in scenes), strict=True))),
        kind=Kind(first.kind.numpy, single=False),
    )
