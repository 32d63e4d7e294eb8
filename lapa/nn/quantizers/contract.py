"""What every quantizer is: latents in; quantized latents, codes and a loss out; codes looked up.

Shape letters: B batch, S positions (code length), K codes a position, D width, G codebooks
(1 when the positions share one, else S).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Quantized(NamedTuple):
    """`quantized` (B, S, D) feeds the decoder; `codes` (B, S) int64; `latent` (B, S, D) is what
    was compared with the codebook; `loss` is the quantizer's own term, a scalar."""

    quantized: Tensor
    codes: Tensor
    latent: Tensor
    loss: Tensor


class Codebook(nn.Module):
    """Base of the quantizers: the trained vectors, what was used, and the care of unused codes.

    Args:
        size: K, codes a position.
        length: S, positions.
        dim: D, width of a latent.
        shared: all positions read one codebook (LAPA) instead of one each.
        normalise: divide latents by their running root mean square, so that they stay at the
            codebook's scale from the first step on (zero stays zero).

    `usage` (G, K) int64 counts codes chosen in training mode since the last reset; it is part of
    the state, so a resumed run continues counting.
    """

    learned_vectors = True

    def __init__(self, *, size: int, length: int, dim: int, shared: bool, normalise: bool) -> None:
        super().__init__()
        self.size, self.length, self.dim = size, length, dim
        groups = 1 if shared else length
        if self.learned_vectors:
            self.vectors = nn.Parameter(torch.randn(groups, size, dim))
        self.register_buffer("usage", torch.zeros(groups, size, dtype=torch.int64))
        self.register_buffer("scale", torch.ones(()) if normalise else None)
        self.register_buffer("scaled", torch.zeros((), dtype=torch.int64) if normalise else None)

    def forward(self, latent: Tensor, noise: Tensor | None = None) -> Quantized:
        """Quantize latents (B, S, D). In evaluation mode `quantized` is exactly `lookup(codes)`.

        `noise` (B, S, D) replaces the random vector where a quantizer draws one (NSVQ).
        """
        if not self.training:
            return self.exact(latent)
        # which vector is nearest must not hang on how autocast rounds
        with torch.autocast(latent.device.type, enabled=False):
            latent = latent.float()
            if self.scale is not None:
                self._track(latent.detach())
            latent = self.scaled_latent(latent)
            codes = self.nearest(latent)
            self._count(codes)
            quantized, loss = self.relax(latent, codes, noise)
        return Quantized(quantized, codes, latent, loss)

    def exact(self, latent: Tensor) -> Quantized:
        """Quantize latents (B, S, D) to their vectors, in any mode; nothing is counted."""
        with torch.autocast(latent.device.type, enabled=False):
            latent = self.scaled_latent(latent.float())
            codes = self.nearest(latent)
            return Quantized(self.lookup(codes), codes, latent, latent.new_zeros(()))

    def relax(self, latent: Tensor, codes: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The differentiable stand-in for `lookup(codes)` in training, and the quantizer's loss."""
        raise NotImplementedError

    def distances(self, latent: Tensor) -> Tensor:
        """Squared distances (B, S, K) of latents (B, S, D) to every code of their position."""
        vectors = self._by_position()
        cross = torch.einsum("bsd,skd->bsk", latent, vectors)
        return latent.square().sum(-1, keepdim=True) - 2 * cross + vectors.square().sum(-1)

    def nearest(self, latent: Tensor) -> Tensor:
        """Codes (B, S) of the nearest vectors."""
        return self.distances(latent).argmin(-1)

    def lookup(self, codes: Tensor) -> Tensor:
        """Vectors (B, S, D) of codes (B, S)."""
        position = torch.arange(self.length, device=codes.device)
        return self._by_position()[position, codes]

    @torch.no_grad()
    def replace_unused(self, latent: Tensor, threshold: float = 0.15) -> int:
        """Re-seed codes used less than `threshold` of a fair share from a batch of latents.

        Works at any batch size: shares are of the codes counted since the last call, which
        `usage` then forgets. Latents of exactly 0, of pairs in which nothing moves, seed no code.
        Returns how many codes were replaced.

        Args:
            latent: (B, S, D), as `Quantized.latent` gives them.
            threshold: fraction of 1/K.
        """
        total = self.usage.sum(1, keepdim=True)
        unused = (self.usage * self.size < threshold * total) & (total > 0)
        replaced = 0
        for group, code in unused.nonzero().tolist():
            pool = latent.flatten(0, 1) if len(self.usage) == 1 else latent[:, group]
            pool = pool[moves(pool)]
            if len(pool):
                self._seed(group, code, pool[torch.randint(len(pool), ())])
                replaced += 1
        self.usage.zero_()
        return replaced

    def _seed(self, group: int, code: int, vector: Tensor) -> None:
        self.vectors[group, code] = vector

    def _by_position(self) -> Tensor:
        return self.vectors.expand(self.length, -1, -1)

    @torch.no_grad()
    def _count(self, codes: Tensor) -> None:
        counts = F.one_hot(codes, self.size).sum(0)
        self.usage += counts if len(self.usage) > 1 else counts.sum(0, keepdim=True)

    def scaled_latent(self, latent: Tensor) -> Tensor:
        """Latents (B, S, D) at the codebook's scale: what `nearest` expects."""
        return latent if self.scale is None else latent / (self.scale + 1e-6)

    @torch.no_grad()
    def _track(self, latent: Tensor) -> None:
        # the first steps follow the batch, later ones average over about ten; pairs in which
        # nothing moves say nothing of the scale
        moving = moves(latent)
        self.scaled += moving.any()
        rate = (1.0 / self.scaled.clamp(min=1)).clamp(min=0.1) * moving.any()
        counted = (moving.sum() * latent.shape[-1]).clamp(min=1)
        self.scale.lerp_((latent.square().sum() / counted).sqrt(), rate)


def moves(latent: Tensor) -> Tensor:
    """Which latents (…, D) are not exactly 0, as those of two equal frames are: (…) bool."""
    return latent.any(-1)
