"""The exponential moving average of a model's weights: what is evaluated, previewed and shipped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

Model = TypeVar("Model", bound=nn.Module)


class WeightAverage(Generic[Model]):
    """A copy of `model` whose parameters follow the trained ones slowly.

    decay: share of the old average kept per step, in [0, 1); 0 means the average is the model.
    Early steps use the smaller (1 + step) / (10 + step), or the random start would linger.
    Buffers (usage counts, EMA codebooks, which are averages already) are copied as they are.
    """

    def __init__(self, model: Model, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"ema_decay is a share in [0, 1), got {decay}.")
        self.decay = decay
        self.module = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: Model, step: int) -> None:
        """Move the average towards `model` after optimiser step `step` (counted from 1)."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step)) if self.decay else 1.0
        averaged = [_here(p) for p in self.module.parameters()]
        torch._foreach_lerp_(averaged, [_here(p.detach()) for p in model.parameters()], weight)
        for mine, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)

    @torch.no_grad()
    def give(self, model: Model) -> None:
        """Set the parameters of `model` to their averages."""
        for mine, theirs in zip(self.module.parameters(), model.parameters(), strict=True):
            theirs.copy_(mine)

    @contextmanager
    def following(self, model: Model) -> Iterator[None]:
        """Apply to the average whatever the body does to the parameters of `model`.

        Re-seeding a dead code is a jump, not a trend: averaged in slowly, the codebook that is
        shipped would hold neither the old code nor the new one for thousands of steps.
        """
        before = [p.detach().clone() for p in model.parameters()]
        yield
        with torch.no_grad():
            rows = zip(self.module.parameters(), model.parameters(), before, strict=True)
            for mine, after, old in rows:
                changed = after != old
                mine[changed] = after[changed]


def _here(tensor: Tensor) -> Tensor:
    """Of a tensor in shards what this process holds, sharing memory; any other as it is."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor
