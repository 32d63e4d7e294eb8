"""NSVQ: noise substitution in vector quantization (Vali & Bäckström, IEEE Access 2022).

In training the quantization error is replaced by random noise of the same length, so gradients
reach both the encoder and the chosen vector without a straight-through estimator or extra loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .contract import Codebook

EPSILON = 1e-12


class NSVQ(Codebook):
    """LAPA's quantizer (section 3.1). Noise is drawn in training mode only."""

    def relax(self, latent: Tensor, codes: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """Latents with noise as long as the quantization error; no loss of its own."""
        if noise is None:
            noise = torch.randn_like(latent)
        error = _length(latent - self.lookup(codes))
        return latent + (error / _length(noise) + EPSILON) * noise, latent.new_zeros(())


def _length(x: Tensor) -> Tensor:
    # the root's slope at exactly 0 is infinite: a latent that lies on its vector, as that of two
    # equal frames can, would turn every weight into NaN
    return x.square().sum(-1, keepdim=True).clamp(min=EPSILON**2).sqrt()


def copies_of_used(
    vectors: Tensor,
    used: Tensor,
    *,
    order: Tensor | None = None,
    noise: Tensor | None = None,
) -> Tensor:
    """LAPA's own replacement: unused vectors become (repeated, shuffled) copies of used ones.

    Kept for runs of the official recipe; `Codebook.replace_unused` re-seeds from the batch and
    does not make twins.

    Args:
        vectors: (K, D).
        used: (K,) bool.
        order: permutation of the repeated list of used vectors, drawn when None.
        noise: (unused, D) standard normal, or (K, D) when nothing was used; drawn when None.

    Returns:
        A new (K, D) tensor.
    """
    unused = int((~used).sum())
    count = len(vectors) - unused
    if noise is None:
        noise = torch.randn(unused, vectors.shape[1])
    if count == 0:
        return vectors + EPSILON * noise
    donors = vectors[used]
    if count < unused:
        donors = donors.repeat(unused // count + 1, 1)
        donors = donors[torch.randperm(len(donors)) if order is None else order]
    replaced = vectors.clone()
    replaced[~used] = donors[:unused] + EPSILON * noise
    return replaced
