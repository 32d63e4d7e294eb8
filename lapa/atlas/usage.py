"""How embodiments, tasks and motions use the codes, and how much one tells of the other."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from lapa.atlas.points import SECTORS, Points
from lapa.evaluation.codes import counts_by_position, jensen_shannon, perplexity

DRAWS, FREQUENT = 100, 24
# pairs, of whole clips, that information is measured on at most
MOST = 100_000


def code_usage(points: Points, size: int, *, seed: int = 0, draws: int = DRAWS) -> dict[str, Any]:
    """Everything as plain values.

    overall, embodiments, tasks: "pairs", "counts" (S lists of K) and "perplexity" a position.
    frequent: the FREQUENT most frequent latent actions, "codes", "pairs" and "embodiments".
    divergence: Jensen-Shannon in bits between embodiments, in the order of "names".
    information: bits that the code at each position, and the whole latent action, tell about the
    embodiment and about the direction of motion, with "chance" (the mean over `draws` in which
    the labels of whole clips change places) and "high" (its 97.5 % quantile); of more than MOST
    pairs, those of clips that are drawn with the seed.

    Args:
        size: K, codes a position.
    """
    names = sorted(set(points.embodiment.tolist()))
    tasks = sorted(set(points.task.tolist()))
    counts = np.stack(
        [counts_by_position(points.codes[points.embodiment == n], size) for n in names]
    )
    return {
        "overall": _use(points.codes, size),
        "embodiments": {n: _use(points.codes[points.embodiment == n], size) for n in names},
        "tasks": {task: _use(points.codes[points.task == task], size) for task in tasks},
        "frequent": _frequent(points),
        "divergence": {"names": names, "bits": np.round(jensen_shannon(counts), 4).tolist()},
        "information": _information(points, seed, draws),
    }


def mutual_information(one: np.ndarray, other: np.ndarray) -> float:
    """I(X; Y) = Σ p(x, y) log₂ p(x, y) / (p(x) p(y)) of two columns of labels, in bits."""
    _, x = np.unique(one, return_inverse=True, axis=0)
    _, y = np.unique(other, return_inverse=True)
    table = np.zeros((x.max() + 1, y.max() + 1))
    np.add.at(table, (x.ravel(), y.ravel()), 1)
    share = table / table.sum()
    independent = share.sum(1, keepdims=True) * share.sum(0, keepdims=True)
    known = share > 0
    return float((share[known] * np.log2(share[known] / independent[known])).sum())


def shuffled_clips(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An order of the rows (N,) in which whole clips have changed places: what belongs together
    in time stays together, so that chance is not made to look smaller than it is."""
    _, first, which = np.unique(clip, return_index=True, return_inverse=True)
    blocks = [np.flatnonzero(which == number) for number in range(len(first))]
    return np.concatenate([blocks[number] for number in rng.permutation(len(blocks))])


def _use(codes: np.ndarray, size: int) -> dict[str, Any]:
    counts = counts_by_position(codes, size)
    spread = [round(float(each), 3) for each in perplexity(counts)]
    return {"pairs": len(codes), "counts": counts.tolist(), "perplexity": spread}


def _frequent(points: Points) -> list[dict[str, Any]]:
    words = list(map(tuple, points.codes.tolist()))
    ranked = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))[:FREQUENT]
    bodies = Counter(zip(words, points.embodiment.tolist(), strict=True))
    return [
        {
            "codes": list(codes),
            "pairs": count,
            "embodiments": {
                name: number for (own, name), number in sorted(bodies.items()) if own == codes
            },
        }
        for codes, count in ranked
    ]


def _information(points: Points, seed: int, draws: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 6])
    points = _fewer(points, rng)
    moving = points.direction < SECTORS
    columns = {
        **{f"code_{p}": column for p, column in enumerate(points.codes.T)},
        "all": points.codes,
    }
    labelled = {
        "embodiment": (points.embodiment, np.ones(len(points), bool)),
        "direction": (points.direction, moving),
    }
    bits: dict[str, Any] = {}
    for name, (labels, rows) in labelled.items():
        if not rows.any():
            continue
        clip, own = points.clip[rows], labels[rows]
        orders = [shuffled_clips(clip, rng) for _ in range(draws)]
        bits[name] = {what: _bits(each[rows], own, orders) for what, each in columns.items()}
    return bits


def _fewer(points: Points, rng: np.random.Generator) -> Points:
    """Points of whole clips, about MOST of them at most."""
    if len(points) <= MOST:
        return points
    _, clip, counts = np.unique(points.clip, return_inverse=True, return_counts=True)
    order = rng.permutation(len(counts))
    few = order[: max(1, int((np.cumsum(counts[order]) <= MOST).sum()))]
    return points.take(np.isin(clip, few))


def _bits(codes: np.ndarray, labels: np.ndarray, orders: list[np.ndarray]) -> dict[str, float]:
    by_chance = [mutual_information(codes, labels[order]) for order in orders]
    figures = {"bits": mutual_information(codes, labels)}
    if by_chance:
        figures |= {
            "chance": float(np.mean(by_chance)),
            "high": float(np.quantile(by_chance, 0.975)),
        }
    return {name: round(value, 4) for name, value in figures.items()}
