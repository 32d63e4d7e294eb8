"""Quantizers behind one contract: NSVQ, VQ with EMA, FSQ. `build` chooses by name."""

from __future__ import annotations

from .contract import Codebook, Quantized
from .fsq import FSQ
from .nsvq import NSVQ
from .vq_ema import VQEMA

KINDS: dict[str, type[Codebook]] = {"nsvq": NSVQ, "vq_ema": VQEMA, "fsq": FSQ}

__all__ = ["FSQ", "KINDS", "NSVQ", "VQEMA", "Codebook", "Quantized", "build"]


def build(
    kind: str,
    *,
    size: int,
    length: int,
    dim: int,
    shared: bool,
    normalise: bool,
    unit: bool = False,
) -> Codebook:
    """The quantizer named `kind`, a key of KINDS, for S = `length` codes out of K = `size`."""
    return KINDS[kind](
        size=size, length=length, dim=dim, shared=shared, normalise=normalise, unit=unit
    )
