"""LAPA's own care for unused codes: when its trainer looks at them and what it puts in their place.

Ours (`Codebook.replace_unused`) re-seeds from the batch; this is for runs of the official recipe.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lapa.nn.quantizers import Codebook
from lapa.nn.quantizers.nsvq import copies_of_used

# a code must have been chosen in at least this many forward passes per pair of a batch
DISCARDED_BELOW = 0.1


class OfficialReplacement:
    """Counts the forward passes that chose each code of a shared codebook, and replaces by copies.

    A code counts once a forward pass, however many pairs choose it, and the count is divided by
    the batch size: the released trainer does both (section 3.1 is silent on it). So from a batch
    of 128 on the first look, ten passes after the start, finds no code in use.
    """

    def __init__(self, codebook_size: int) -> None:
        self._passes = torch.zeros(codebook_size, dtype=torch.int64)

    @staticmethod
    def due(step: int) -> bool:
        """Whether the trainer looks after optimiser step `step`, counted from 1: every 10 steps
        up to 100, every 100 up to 1,000, every 500 up to 5,000."""
        ended = step - 1
        spans = ((10, 100), (100, 1000), (500, 5000))
        return ended > 0 and any(ended % every == 0 and ended < until for every, until in spans)

    def count(self, codes: Tensor) -> None:
        """Codes (B, S) of one forward pass."""
        self._passes[codes.cpu().unique()] += 1

    @torch.no_grad()
    def replace(self, codebook: Codebook, batch_size: int) -> int:
        """Replace what was hardly used, forget the counts; returns how many were replaced."""
        used = self._passes / batch_size >= DISCARDED_BELOW
        vectors = codebook.vectors[0]
        vectors.copy_(copies_of_used(vectors, used.to(vectors.device)))
        self._passes.zero_()
        return int((~used).sum())

    def state(self) -> dict[str, Tensor]:
        """The counts, for a checkpoint."""
        return {"passes": self._passes}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state()` back."""
        self._passes = tensors["passes"].clone()
