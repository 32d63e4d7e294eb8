"""How the codes are used: use and perplexity per position, the frequent and the still ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from lapa.evaluation.estimate import DRAWS, Estimate, interval, mean_known, resamples
from lapa.evaluation.table import Groups, PairTable, grouped

Codes = tuple[int, ...]


@dataclass(frozen=True)
class CodeUse:
    """Use of the codebook over all pairs of a group, not a batch; tuples have one entry a position.

    used: codes that occur at least once. perplexity: exp(−Σ p ln p), from 1 (always the same
    code) to K (all equally often). latent_actions: different latent actions that occur.
    counts: occurrences of every code at every position, S tuples of K.
    """

    pairs: int
    used: tuple[int, ...]
    perplexity: tuple[float, ...]
    latent_actions: int
    counts: tuple[tuple[int, ...], ...]

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


@dataclass(frozen=True)
class Divergence:
    """How differently embodiments use the codes: Jensen-Shannon divergence in bits, in [0, 1].

    JSD(P, Q) = H((P + Q) / 2) − (H(P) + H(Q)) / 2 (Lin 1991, section IV, equal weights), P and Q
    the shares of the codes at one position; the mean over positions. 0: the same use, 1: no code
    in common. Few pairs make it larger, and so does drawing some of the episodes twice: the
    draws are shifted to the mean of `value` before the interval is read from them.
    matrix: embodiments × embodiments, in the order of `embodiments`. mean: over every two of
    them, with its interval over episodes; NaN for one embodiment.
    """

    embodiments: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]
    mean: Estimate


def code_use(table: PairTable) -> Groups[CodeUse]:
    """Codes used and perplexity, overall and per embodiment."""
    return grouped(table, _code_use)


def frequent_codes(table: PairTable, count: int = 8) -> Groups[FrequentCodes]:
    """The `count` most frequent latent actions and the do-nothing one, per embodiment."""
    return grouped(table, lambda part: _frequent(part, count))


def divergence(table: PairTable, *, draws: int = DRAWS) -> Divergence:
    """The divergence of every two embodiments, and its mean over them."""
    names, body = np.unique(table.embodiment, return_inverse=True)
    _, episode = np.unique(table.episode, return_inverse=True)
    shape = (episode.max() + 1, len(names), table.codes.shape[1], table.codebook_size)
    counts = np.zeros(shape)
    np.add.at(counts, (episode[:, None], body[:, None], np.arange(shape[2]), table.codes), 1)
    matrix = jensen_shannon(counts.sum(0))
    value = _off_diagonal(matrix)
    weights = resamples(len(counts), draws, 0)
    drawn = np.array(
        [_off_diagonal(jensen_shannon(np.tensordot(row, counts, 1))) for row in weights]
    )
    shift = value - mean_known(drawn)
    return Divergence(
        embodiments=tuple(names.tolist()),
        matrix=tuple(map(tuple, matrix.tolist())),
        mean=interval(value, np.maximum(drawn + shift, 0)),
    )


def jensen_shannon(counts: np.ndarray) -> np.ndarray:
    """Counts (M, S, K) of M groups -> divergences (M, M) in bits, the mean over positions.

    A group without any code has NaN.
    """
    total = counts.sum(-1, keepdims=True)
    share = np.divide(counts, total, out=np.full_like(counts, np.nan, float), where=total > 0)
    own = entropy(share)
    between = entropy((share[:, None] + share) / 2)
    return (between - (own[:, None] + own) / 2).mean(-1) / np.log(2)


def entropy(share: np.ndarray) -> np.ndarray:
    """−Σ p ln p over the last dimension of shares; NaN stays NaN."""
    return -(share * np.log(np.where(share == 0, 1, share))).sum(-1)


def _off_diagonal(matrix: np.ndarray) -> float:
    """The mean over every two groups that both have codes; NaN where there are none."""
    above = matrix[np.triu_indices(len(matrix), 1)]
    above = above[np.isfinite(above)]
    return float(above.mean()) if len(above) else float("nan")


def counts_by_position(codes: np.ndarray, size: int) -> np.ndarray:
    """Occurrences (S, K) of every code at every position of codes (N, S)."""
    return np.stack([np.bincount(column, minlength=size) for column in codes.T])


def one_hot(codes: np.ndarray, size: int) -> np.ndarray:
    """Codes (N, S) as float64 (N, S K), one 1 a position."""
    return (codes[..., None] == np.arange(size)).reshape(len(codes), -1).astype(np.float64)


def perplexity(counts: np.ndarray) -> np.ndarray:
    """exp(−Σ p ln p) over the last dimension of counts."""
    return np.exp(entropy(counts / np.maximum(counts.sum(-1, keepdims=True), 1)))


def _code_use(table: PairTable) -> CodeUse:
    counts = counts_by_position(table.codes, table.codebook_size)
    return CodeUse(
        pairs=len(table),
        used=tuple((counts > 0).sum(-1).tolist()),
        perplexity=tuple(perplexity(counts).tolist()),
        latent_actions=len(np.unique(table.codes, axis=0)),
        counts=tuple(map(tuple, counts.tolist())),
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
