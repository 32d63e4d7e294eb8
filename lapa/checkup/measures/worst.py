"""The frame pairs that a quantizer predicts worst, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.checkup.measure import Material, Measure, Options
from lapa.data import FramePairs
from lapa.evaluation.codes import Codes
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, silent
from lapa.evaluation.table import PairTable
from lapa.evaluation.watch import Tick

# about two grey levels a pixel: a pair in which hardly anything moves is not the worst for noise
HARDLY = (2 / 255) ** 2


@dataclass(frozen=True)
class Worst:
    """One pair: x_t (`frame`), x_t+H (`future`) and the imagined frame, uint8 (h, w, 3).

    ratio: mse / (copy_mse + (2/255)²), by which they are ranked; above 1 copying x_t is better.
    """

    episode_id: str
    embodiment: str
    t: int
    codes: Codes
    ratio: float
    frame: np.ndarray
    future: np.ndarray
    imagined: np.ndarray


def worst(
    quantizer: Quantizer,
    pairs: FramePairs,
    table: PairTable,
    count: int = 6,
    *,
    tick: Tick = silent,
) -> tuple[Worst, ...]:
    """The `count` worst pairs of the table, the worst first, at most one of an episode.

    `table` is that of `measure(quantizer, pairs)`.
    """
    ratio = table.mse / (table.copy_mse + HARDLY)
    order = np.argsort(-ratio, kind="stable")
    firsts = np.unique(table.episode[order], return_index=True)[1]
    rows = order[np.sort(firsts)][:count]
    if not len(rows):
        return ()
    where = np.stack([table.episode, table.t, table.gap_frames], 1)[rows]
    batch = pairs.take(where.tolist())
    frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
    imagined = quantizer.decode(frame, table.codes[rows])
    tick(1, 1)
    return tuple(
        Worst(
            episode_id=pairs.cache.episodes[batch.episode[place]].id,
            embodiment=batch.embodiment[place],
            t=int(batch.t[place]),
            codes=tuple(table.codes[row].tolist()),
            ratio=float(ratio[row]),
            frame=frame[place],
            future=future[place],
            imagined=imagined[place],
        )
        for place, row in enumerate(rows)
    )


class WorstMeasure(Measure[tuple[Worst, ...]]):
    """The pairs that are imagined worst, for a picture; no figure is judged."""

    key = "worst"
    stage = "worst pairs"
    doing = "Looking for the worst pairs"
    cost = 0.1
    pictures = True

    def work(self, rows: Mapping[str, Sequence[Row]], options: Options) -> int:
        return 1

    def compute(self, material: Material, tick: Tick) -> tuple[Worst, ...]:
        return worst(material.quantizer, material.pairs, material.table, tick=tick)


MEASURE = WorstMeasure()
