"""Counts of codes, and what follows from them."""

from __future__ import annotations

import numpy as np

Codes = tuple[int, ...]


def counts_by_position(codes: np.ndarray, size: int) -> np.ndarray:
    """Occurrences (S, K) of every code at every position of codes (N, S)."""
    return np.stack([np.bincount(column, minlength=size) for column in codes.T])


def one_hot(codes: np.ndarray, size: int) -> np.ndarray:
    """Codes (N, S) as float64 (N, S K), one 1 a position."""
    hot: np.ndarray = codes[..., None] == np.arange(size)
    return hot.reshape(len(codes), -1).astype(np.float64)


def perplexity(counts: np.ndarray) -> np.ndarray:
    """exp(−Σ p ln p) over the last dimension of counts."""
    share = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    effective: np.ndarray = np.exp(entropy(share))
    return effective


def entropy(share: np.ndarray) -> np.ndarray:
    """−Σ p ln p over the last dimension of shares; NaN stays NaN."""
    nats: np.ndarray = -(share * np.log(np.where(share == 0, 1, share))).sum(-1)
    return nats


def jensen_shannon(counts: np.ndarray) -> np.ndarray:
    """Counts (M, S, K) of M groups -> divergences (M, M) in bits, the mean over positions.

    A group without any code has NaN.
    """
    total = counts.sum(-1, keepdims=True)
    share = np.divide(counts, total, out=np.full_like(counts, np.nan, float), where=total > 0)
    own = entropy(share)
    between = entropy((share[:, None] + share) / 2)
    bits: np.ndarray = (between - (own[:, None] + own) / 2).mean(-1) / np.log(2)
    return bits
