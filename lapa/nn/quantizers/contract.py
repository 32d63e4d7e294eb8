"""What every quantizer is: latents in; quantized latents, codes and a loss out; codes looked up.

Shape letters: B batch, S positions (code length), K codes a position, D width, G codebooks
(1 when the positions share one, else S).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# about the error that eight codes make in two dimensions, so that what the decoder learns from
# continuous latents is of use once there are codes
BLUR = 0.3


class Quantized(NamedTuple):
    """`quantized` (B, S, D) feeds the decoder; `codes` (B, S) int64; `latent` (B, S, D) is what
    was compared with the codebook; `loss` is the quantizer's own term, a scalar."""

    quantized: Tensor
    codes: Tensor
    latent: Tensor
    loss: Tensor


def _alone(mine: Tensor) -> Tensor:
    return mine


class Codebook(nn.Module):
    """Base of the quantizers: the trained vectors, what was used, and the care of unused codes.

    Args:
        size: K, codes a position.
        length: S, positions.
        dim: D, width of a latent.
        shared: all positions read one codebook (LAPA) instead of one each.
        normalise: divide latents by their running root mean square, so that they stay at the
            codebook's scale from the first step on (zero stays zero).
        unit: latents and vectors are directions, of length 1 (zero stays zero): a code says which
            way, not how far.

    `usage` (G, K) int64 counts codes chosen in training mode since the last reset; it is part of
    the state, so a resumed run continues counting.
    """

    learned_vectors = True
    # The sum of a statistic over all processes that train together, where several do.
    total: Callable[[Tensor], Tensor] = staticmethod(_alone)

    vectors: Tensor  # (G, K, D)
    usage: Tensor
    scale: Tensor | None
    scaled: Tensor | None  # how many batches `scale` has followed, int64

    def __init__(
        self, *, size: int, length: int, dim: int, shared: bool, normalise: bool, unit: bool = False
    ) -> None:
        super().__init__()
        self.size, self.length, self.dim, self.unit = size, length, dim, unit
        groups = 1 if shared else length
        if self.learned_vectors:
            self.vectors = nn.Parameter(torch.randn(groups, size, dim))
        self.register_buffer("usage", torch.zeros(groups, size, dtype=torch.int64))
        self.register_buffer("scale", torch.ones(()) if normalise else None)
        self.register_buffer("scaled", torch.zeros((), dtype=torch.int64) if normalise else None)

    def forward(
        self, latent: Tensor, noise: Tensor | None = None, *, continuous: bool = False
    ) -> Quantized:
        """Quantize latents (B, S, D). In evaluation mode `quantized` is exactly `lookup(codes)`.

        `noise` (B, S, D) replaces the random vector where a quantizer draws one (NSVQ).
        `continuous`: in training mode, no code yet: `quantized` is the latent with noise, and the
        vectors do not learn.
        """
        if not self.training:
            return self.exact(latent)
        # which vector is nearest must not hang on how autocast rounds
        with torch.autocast(latent.device.type, enabled=False):
            latent = latent.float()
            self._track(latent.detach())
            latent = self.scaled_latent(latent)
            codes = self.nearest(latent)
            if continuous:
                noise = torch.randn_like(latent) if noise is None else noise
                return Quantized(latent + BLUR * noise, codes, latent, latent.new_zeros(()))
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
        """Vectors (B, n, D) of the first n ≤ S codes (B, n)."""
        position = torch.arange(codes.shape[1], device=codes.device)
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

    @torch.no_grad()
    def fit(self, latent: Tensor) -> None:
        """Put the vectors where k-means puts them among latents (N, S, D), as `Quantized.latent`
        gives them, N at least K. The same latents give the same vectors."""
        # scikit-learn takes half a second to import, and a model that is only used never asks
        from sklearn.cluster import KMeans

        for group in range(len(self.usage)):
            pool = latent.flatten(0, 1) if len(self.usage) == 1 else latent[:, group]
            moving = pool[moves(pool)].float().cpu().numpy()
            means = KMeans(self.size, n_init=8, random_state=0).fit(moving).cluster_centers_
            for code, mean in enumerate(torch.from_numpy(means).to(self.vectors)):
                self._seed(group, code, mean)
        self.usage.zero_()

    def _seed(self, group: int, code: int, vector: Tensor) -> None:
        self.vectors[group, code] = vector

    def _by_position(self) -> Tensor:
        vectors = F.normalize(self.vectors, dim=-1) if self.unit else self.vectors
        return vectors.expand(self.length, -1, -1)

    @torch.no_grad()
    def _count(self, codes: Tensor) -> None:
        counts = self.total(F.one_hot(codes, self.size).sum(0))
        self.usage += counts if len(self.usage) > 1 else counts.sum(0, keepdim=True)

    def scaled_latent(self, latent: Tensor) -> Tensor:
        """Latents (B, S, D) at the codebook's scale: what `nearest` expects."""
        if self.unit:
            return F.normalize(latent, dim=-1)
        return latent if self.scale is None else latent / (self.scale + 1e-6)

    @torch.no_grad()
    def _track(self, latent: Tensor) -> None:
        """Let the scale follow a batch, for a quantizer that has one."""
        if self.scale is None or self.scaled is None:
            return
        # the first steps follow the batch, later ones average over about ten; pairs in which
        # nothing moves say nothing of the scale
        moving = self.total(moves(latent).sum())
        self.scaled += moving > 0
        rate = (1.0 / self.scaled.clamp(min=1)).clamp(min=0.1) * (moving > 0)
        counted = (moving * latent.shape[-1]).clamp(min=1)
        self.scale.lerp_((self.total(latent.square().sum()) / counted).sqrt(), rate)


def moves(latent: Tensor) -> Tensor:
    """Which latents (…, D) are not exactly 0, as those of two equal frames are: (…) bool."""
    return latent.any(-1)
