"""Finite scalar quantization (Mentzer et al., arXiv 2309.15505): round each dimension.

There is no trained codebook and hence nothing to collapse; K is the product of the levels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .contract import Codebook


class FSQ(Codebook):
    """Each of D dimensions is squashed by tanh and rounded to L evenly spaced levels, K = L^D.

    Raises:
        ValueError: `size` is not a whole number of levels to the power of `dim`, or `unit`.
    """

    learned_vectors = False

    def __init__(
        self, *, size: int, length: int, dim: int, shared: bool, normalise: bool, unit: bool = False
    ) -> None:
        if unit:
            raise ValueError("FSQ has a grid of codes and no unit_latents; NSVQ and VQ have them")
        super().__init__(size=size, length=length, dim=dim, shared=shared, normalise=normalise)
        levels = round(size ** (1 / dim))
        if levels < 2 or levels**dim != size:
            raise ValueError(
                f"FSQ needs codebook_size = levels ** quant_dim with at least 2 levels, "
                f"received codebook_size {size} and quant_dim {dim} (8 codes: quant_dim 3)"
            )
        axis = torch.linspace(-1, 1, levels)
        grid = torch.cartesian_prod(*[axis] * dim).reshape(1, size, dim)
        self.register_buffer("vectors", grid, persistent=False)

    def relax(self, latent: Tensor, codes: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """Rounding as it is, with the gradient of tanh alone; no loss of its own."""
        squashed = latent.tanh()
        return squashed + (self.lookup(codes) - squashed).detach(), latent.new_zeros(())

    def distances(self, latent: Tensor) -> Tensor:
        """As `Codebook.distances`, of the squashed latents."""
        return super().distances(latent.tanh())

    def replace_unused(self, latent: Tensor, threshold: float = 0.15) -> int:
        """Nothing to replace; forgets the usage so that it counts anew."""
        self.usage.zero_()
        return 0
