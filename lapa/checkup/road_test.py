"""A road test: do the codes of a car steer and change its speed, and does a dream keep the road?

Only something that is driven can be tested (lapa/evaluation/driven.py). The measures of a checkup
hold of it, too; these three are what they do not ask.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lapa.checkup.measures.drift import drift
from lapa.data import FramePairs
from lapa.data.directions import STILL_BELOW
from lapa.evaluation import ridge
from lapa.evaluation.codes import one_hot
from lapa.evaluation.driven import is_driven
from lapa.evaluation.estimate import Estimate, mean
from lapa.evaluation.folds import predict_out_of_fold
from lapa.evaluation.inferred import Inferred, Quantizer, infer_batches
from lapa.evaluation.sample import silent
from lapa.evaluation.watch import Tick

STEPS = 10
AXES = ("steering", "speed")


@dataclass(frozen=True)
class RoadTest:
    """What came of it.

    steering, speed: of the pairs in which the car was steered (or was on gas or brake), the share
        whose codes say the right sign: left or right (faster or slower). The motion of a code is
        learnt by ridge regression from the other episodes, as named motion learns it. Chance is
        half, or `commonest`: what always saying the commoner sign would get, in the same order.
    sharpness: after ten imagined steps with the true codes, the detail where the picture moves over
        the true frame's; 1 is as sharp as the truth (see measures/drift.py).
    """

    pairs: int
    episodes: int
    steering: Estimate
    speed: Estimate
    commonest: tuple[float, float]
    sharpness: float

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded."""
        plain = asdict(self)
        for name in AXES:
            plain[name] = [round(value, 4) for value in plain[name].values()]
        plain["commonest"] = [round(each, 4) for each in self.commonest]
        return {**plain, "sharpness": round(self.sharpness, 4)}


def road_test(
    quantizer: Quantizer, pairs: FramePairs, *, stride: int = 1, tick: Tick = silent
) -> RoadTest:
    """Test a quantizer on frame pairs of cars, those of every stride-th frame.

    Raises:
        ValueError: none of the pairs is of something that is driven.
    """
    parts, total = [], len(pairs.all(stride=stride))
    for part in infer_batches(quantizer, pairs, stride=stride):
        parts.append(part)
        tick(sum(map(len, parts)), total)
    table = Inferred.join(parts)
    cars = [name for name, names in table.action_names.items() if is_driven(names)]
    table = table.where(np.isin(table.embodiment, cars))
    if not len(table):
        raise ValueError(
            "A road test needs episodes whose actions are steering, gas and brake; none here are."
        )
    dreamt = drift(quantizer, pairs, steps=STEPS, draws=0)
    signs = _signs(table)
    return RoadTest(
        pairs=len(table),
        episodes=len(np.unique(table.episode)),
        steering=signs[0][0],
        speed=signs[1][0],
        commonest=(signs[0][1], signs[1][1]),
        sharpness=dreamt.overall.sharpness[-1] if dreamt else float("nan"),
    )


def _signs(table: Inferred) -> list[tuple[Estimate, float]]:
    """Along each axis, how often the codes say the sign, and the share of the commoner one."""
    inputs = one_hot(table.codes, table.codebook_size)
    told = predict_out_of_fold(ridge.predict, inputs, table.motion, table.episode)
    found = []
    for axis in range(2):
        true, said = table.motion[:, axis], told[:, axis]
        moved = np.abs(true) > STILL_BELOW * np.sqrt(np.square(true).mean())
        rows = moved & np.isfinite(said)
        right = (np.sign(true) == np.sign(said))[rows].astype(np.float64)
        positive = float((true[rows] > 0).mean())
        found.append((mean(right, table.episode[rows]), max(positive, 1 - positive)))
    return found
