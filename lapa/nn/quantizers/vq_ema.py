"""Vector quantization whose codebook follows an exponential moving average (VQ-VAE-2, app. A.1).

The decoder sees the chosen vector; gradients pass straight through to the latent, which a
commitment loss keeps near its vector.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .contract import Codebook

# both as van den Oord et al. 2017 (arXiv 1711.00937) have them
DECAY = 0.99
COMMITMENT = 0.25


class VQEMA(Codebook):
    """VQ with EMA updates: `vectors` are moved by averages, not by the optimiser."""

    counts: Tensor  # (G, K)
    sums: Tensor  # (G, K, D)

    def __init__(
        self, *, size: int, length: int, dim: int, shared: bool, normalise: bool, unit: bool = False
    ) -> None:
        super().__init__(
            size=size, length=length, dim=dim, shared=shared, normalise=normalise, unit=unit
        )
        self.vectors.requires_grad_(False)
        self.register_buffer("counts", torch.ones(self.usage.shape))
        self.register_buffer("sums", self.vectors.detach().clone())

    def relax(self, latent: Tensor, codes: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The chosen vectors, gradients straight through, and the commitment loss."""
        chosen = self.lookup(codes)
        self._follow(latent.detach(), codes)
        loss = COMMITMENT * F.mse_loss(latent, chosen)
        return latent + (chosen - latent).detach(), loss

    @torch.no_grad()
    def _follow(self, latent: Tensor, codes: Tensor) -> None:
        choice = F.one_hot(codes, self.size).to(latent.dtype)
        counts, sums = choice.sum(0), torch.einsum("bsk,bsd->skd", choice, latent)
        if len(self.usage) == 1:
            counts, sums = counts.sum(0, keepdim=True), sums.sum(0, keepdim=True)
        self.counts.lerp_(self.total(counts), 1 - DECAY)
        self.sums.lerp_(self.total(sums), 1 - DECAY)
        # a code that nothing chose keeps its place instead of drifting to zero
        self.vectors.copy_(
            torch.where(
                (self.counts > 1e-3)[..., None],
                self.sums / self.counts.clamp(min=1e-3)[..., None],
                self.vectors,
            )
        )

    def _seed(self, group: int, code: int, vector: Tensor) -> None:
        super()._seed(group, code, vector)
        self.counts[group, code] = 1.0
        self.sums[group, code] = vector
