"""What a quantizer knows of frames before it looks at any code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lapa.models import frames


class Scene(NamedTuple):
    """Everything about x_t that no code changes; made once by `prepare`, used for every code.

    frame: (B, 3, h, w) float32 in [0, 1], as large as the pictures that `decode` makes of it.
    """

    frame: Tensor
    begun: Tensor
    maps: tuple[Tensor, ...]
    bias: Tensor | None
    kind: frames.Kind


def join(scenes: Sequence[Scene]) -> Scene:
    """Scenes of pictures of one size as one scene of all their frames, in their order."""
    first = scenes[0]
    return first._replace(
        frame=torch.cat([scene.frame for scene in scenes]),
        begun=torch.cat([scene.begun for scene in scenes]),
        maps=tuple(map(torch.cat, zip(*(scene.maps for scene in scenes), strict=True))),
        kind=frames.Kind(first.kind.numpy, single=False),
    )
