"""Every embodiment's latent actions on every other's frames, with examples to look at.

As `transfer`, with more pairs a cell, and with the embodiment itself (in another episode) on the
diagonal: what carries over to another robot is to be held against what carries over at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lapa.checkup.measures.transfer import carry, moving
from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, by_embodiment, draw, silent
from lapa.evaluation.watch import Tick

COUNT, EXAMPLES = 24, 3


@dataclass(frozen=True)
class Example:
    """A latent action of one pair on one frame.

    source: the pair (episode, t, gap_frames) of A. target: the pair whose frame of B it was done
    on. codes: (S). cosine: as in `Transfer`.
    """

    source: Row
    target: Row
    codes: tuple[int, ...]
    cosine: float


@dataclass(frozen=True)
class Cell:
    """Latent actions of `source` on frames of `target`.

    cosine: as in `Transfer`, with its interval over the episodes of the source. same_code: share
    of positions that are read back. best, worst: up to EXAMPLES examples, the extreme one first.
    """

    source: str
    target: str
    pairs: int
    cosine: Estimate
    same_code: float
    best: tuple[Example, ...]
    worst: tuple[Example, ...]


def transfer_matrix(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    count: int = COUNT,
    examples: int = EXAMPLES,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> list[Cell]:
    """A cell for each ordered pair of embodiments, the same one twice included.

    Args:
        count: pairs in which A moves, and frames of B, a cell; drawn with `seed`.

    Cells in which nothing can be asked (A never moves, or B has no other episode) are left out.
    """
    rng = np.random.default_rng([seed, 4])
    rows = by_embodiment(pairs, pairs.all())
    sources = {name: moving(quantizer, pairs, group, count, rng) for name, group in rows.items()}
    trials: list[tuple[Row, np.ndarray, Row]] = []
    ways: list[tuple[str, str]] = []
    for name, (own, moves) in sources.items():
        for other, group in rows.items():
            for source, move in zip(own, moves, strict=True):
                if foreign := [row for row in group if row[0] != source[0]]:
                    trials.append((source, move, draw(foreign, 1, rng)[0]))
                    ways.append((name, other))
    results = _examples(quantizer, pairs, trials, tick)
    cells: dict[tuple[str, str], list[tuple[Example, float]]] = {}
    for way, result in zip(ways, results, strict=True):
        cells.setdefault(way, []).append(result)
    return [_cell(way, own, examples, draws) for way, own in cells.items()]


def as_json(cells: Sequence[Cell], pairs: FramePairs) -> dict[str, Any]:
    """The cells as plain values; an example names clips by id and frames by number."""
    names = list(dict.fromkeys(cell.source for cell in cells))
    return {"embodiments": names, "cells": [_record(cell, pairs) for cell in cells]}


def _examples(
    quantizer: Quantizer,
    pairs: FramePairs,
    trials: Sequence[tuple[Row, np.ndarray, Row]],
    tick: Tick,
) -> list[tuple[Example, float]]:
    """Each example with the share of its codes that were read back."""
    examples = []
    for part in batches(trials):
        sources, moves, targets = zip(*part, strict=True)
        batch, frame = pairs.take(sources), quantizer.resize(pairs.take(targets).frame)
        codes = quantizer.encode(quantizer.resize(batch.frame), quantizer.resize(batch.future))
        carried = carry(quantizer, frame, codes, np.stack(moves))
        same = (carried.returned == codes).mean(1)
        for place, (source, target) in enumerate(zip(sources, targets, strict=True)):
            own = tuple(map(int, codes[place]))
            example = Example(source, target, own, float(carried.cosine[place]))
            examples.append((example, float(same[place])))
        tick(len(examples), len(trials))
    return examples


def _cell(
    way: tuple[str, str], results: Sequence[tuple[Example, float]], examples: int, draws: int
) -> Cell:
    ranked = sorted((example for example, _ in results), key=lambda each: -each.cosine)
    cosine = np.array([example.cosine for example, _ in results])
    episode = np.array([example.source[0] for example, _ in results])
    few = min(examples, len(ranked) // 2) or len(ranked)
    return Cell(
        source=way[0],
        target=way[1],
        pairs=len(results),
        cosine=mean(cosine, episode, draws=draws),
        same_code=float(np.mean([same for _, same in results])),
        best=tuple(ranked[:few]),
        worst=tuple(ranked[::-1][:few]),
    )


def _record(cell: Cell, pairs: FramePairs) -> dict[str, Any]:
    def place(example: Example) -> Mapping[str, Any]:
        (episode, t, _), (other, at, _) = example.source, example.target
        return {
            "clip": pairs.cache.episodes[episode].id,
            "index": t,
            "onto": pairs.cache.episodes[other].id,
            "at": at,
            "codes": list(example.codes),
            "cosine": round(example.cosine, 3),
        }

    known = [None if np.isnan(each) else round(each, 4) for each in vars(cell.cosine).values()]
    return {
        "from": cell.source,
        "to": cell.target,
        "pairs": cell.pairs,
        "cosine": known,
        "same_code": round(cell.same_code, 4),
        "best": [place(each) for each in cell.best],
        "worst": [place(each) for each in cell.worst],
    }
