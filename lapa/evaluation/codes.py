"""How the codes are used: use and perplexity per position, the frequent and the still ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from lapa.evaluation.table import Groups, PairTable, grouped

Codes = tuple[int, ...]


@dataclass(frozen=True)
class CodeUse:
    """Use of the codebook over all pairs of a group, not a batch; tuples have one entry a position.

    used: codes that occur at least once. perplexity: exp(−Σ p ln p), from 1 (always the same
    code) to K (all equally often). latent_actions: different latent actions that occur.
    """

    pairs: int
    used: tuple[int, ...]
    perplexity: tuple[float, ...]
    latent_actions: int

    @property
    def least_used(self) -> int:
        """Codes used at the worst position."""
        return min(self.used)

    @property
    def least_perplexity(self) -> float:
        return min(self.perplexity)


@dataclass(frozen=True)
class FrequentCodes:
    """The most frequent latent actions with their shares of the pairs, and the do-nothing one.

    still: the latent action inferred most often when the future is x_t itself.
    """

    pairs: int
    frequent: tuple[tuple[Codes, float], ...]
    still: Codes


def code_use(table: PairTable) -> Groups[CodeUse]:
    """Codes used and perplexity, overall and per embodiment."""
    return grouped(table, _code_use)


def frequent_codes(table: PairTable, count: int = 8) -> Groups[FrequentCodes]:
    """The `count` most frequent latent actions and the do-nothing one, per embodiment."""
    return grouped(table, lambda part: _frequent(part, count))


def counts_by_position(codes: np.ndarray, size: int) -> np.ndarray:
    """Occurrences (S, K) of every code at every position of codes (N, S)."""
    return np.stack([np.bincount(column, minlength=size) for column in codes.T])


def perplexity(counts: np.ndarray) -> np.ndarray:
    """exp(−Σ p ln p) over the last dimension of counts."""
    share = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    logs = np.log(share, where=share > 0, out=np.zeros_like(share))
    return np.exp(-(share * logs).sum(-1))


def _code_use(table: PairTable) -> CodeUse:
    counts = counts_by_position(table.codes, table.codebook_size)
    return CodeUse(
        pairs=len(table),
        used=tuple((counts > 0).sum(-1).tolist()),
        perplexity=tuple(perplexity(counts).tolist()),
        latent_actions=len(np.unique(table.codes, axis=0)),
    )


def _frequent(table: PairTable, count: int) -> FrequentCodes:
    total = len(table)
    ranked = _ranked(table.codes)[:count]
    shares = tuple((codes, number / total) for codes, number in ranked)
    return FrequentCodes(pairs=total, frequent=shares, still=_ranked(table.still)[0][0])


def _ranked(codes: np.ndarray) -> list[tuple[Codes, int]]:
    """Latent actions by falling count; equal counts by the codes, so the order is reproducible."""
    counted = Counter(tuple(row) for row in codes.tolist())
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))
