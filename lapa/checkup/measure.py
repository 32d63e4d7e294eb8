"""What a measure is: what it computes and costs, and the figures that a report judges and shows.

All that is particular to a measure lies in one file of lapa/checkup/measures; one line registers
it there. The checkup, the report, the tables and the command know no measure by name.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from lapa.checkup.scale import VERDICTS, Scale
from lapa.evaluation.estimate import Estimate

if TYPE_CHECKING:
    from lapa.data import FramePairs
    from lapa.evaluation.inferred import Inferred, Quantizer
    from lapa.evaluation.sample import Row
    from lapa.evaluation.table import PairTable
    from lapa.evaluation.watch import Tick

T = TypeVar("T")
# where the figures of a measure stand in results.json: in the group itself, under the measure's
# key in the group, under that key beside the groups, or nowhere
Place = Literal["group", "own", "beside", "nowhere"]

NOTHING_MOVES = "nothing moves in these clips"
NO_ACTIONS = (
    "these clips do not carry a robot's actions with an x and a y, so nobody can say what the "
    "robot truly did"
)
FEW_EPISODES = "with so few recordings nothing is left to test on once a part was learnt from"
ONE_EMBODIMENT = "these clips show one embodiment only"


@dataclass(frozen=True)
class Options:
    """How a checkup is run.

    stride: every stride-th frame pair of an episode is measured. seed: of the random codes, foreign
    frames and draws. drift_steps: length of the imagined rollouts, in gaps. transfers: pairs
    carried over from each embodiment to each other one, at most.
    """

    stride: int = 1
    seed: int = 0
    drift_steps: int = 16
    transfers: int = 8


@dataclass(frozen=True)
class Material:
    """What measures look at: the quantizer, the clips, and what it inferred from each frame pair.

    lessons: the same of other episodes, to learn from; None where there are none.
    """

    quantizer: Quantizer
    pairs: FramePairs
    table: PairTable
    lessons: Inferred | None
    options: Options


@dataclass(frozen=True)
class Context:
    """What a verdict may hang on beside the figure.

    codes: K, the size of the codebook. overall: the figures of all pairs as results.json has them.
    """

    codes: int = 8
    overall: Mapping[str, Any] | None = None

    def of(self, *names: str) -> float:
        """The figure found by following `names` from `overall`; NaN where there is none."""
        value: Any = self.overall
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return math.nan if value is None else value


@dataclass(frozen=True)
class Column:
    """A figure's column in the tables by embodiment.

    field: of the measure's result; a tuple has a number a position. heading: in a terminal and a
    model card; page: on the page of a report; empty where it is left out. legend: what a model card
    says of it. interval: whether a terminal and a card show it. averaged: whether the mean over
    embodiments says something.
    """

    field: str
    heading: str = ""
    page: str = ""
    legend: str = ""
    digits: int = 2
    interval: bool = False
    averaged: bool = True


@dataclass(frozen=True)
class Checkup:
    """What was measured of one quantizer on one set of clips.

    results: by key of the measure, as `checkup[key]`; None where the clips cannot tell, or the
    quantizer imagines nothing and the measure needs pictures. An embodiment that cannot tell is
    absent from a result's `embodiments`. pairs_of: how many frame pairs each embodiment has, in
    alphabetical order. codebook_size: K. draws: whether the quantizer imagines pictures. moves:
    whether anything moves in the clips. seconds: how long it took.
    """

    results: Mapping[str, Any]
    pairs_of: Mapping[str, int]
    episodes: int
    codebook_size: int
    seconds: float
    draws: bool = True
    moves: bool = True

    def __getitem__(self, key: str) -> Any:
        return self.results[key]

    @property
    def pairs(self) -> int:
        """How many frame pairs were measured."""
        return sum(self.pairs_of.values())

    @property
    def embodiments(self) -> tuple[str, ...]:
        """Their names in alphabetical order."""
        return tuple(self.pairs_of)


class Figure(ABC, Generic[T]):
    """One number of a measure's result T, judged and explained.

    key: its name in reports and bars (`ratio<=0.45`). name: what people call it. question: the one
    of `questions` that it answers; a question of its own comes last. explanation: exactly two
    sentences, what is done and how to read what comes out. scale: where good and fair end.
    decides: whether it counts for the verdict of its question. still: whether clips in which
    nothing moves can tell it. unknown: why it may be NaN.
    """

    key: str
    name: str
    question: str
    explanation: str
    scale: Scale
    decides: bool = True
    still: bool = False
    unknown: str = NOTHING_MOVES
    column: Column | None = None

    def estimate(self, result: T) -> Estimate:
        """The figure with its interval: by default its column's, overall."""
        assert self.column is not None
        groups: Any = result
        estimate: Estimate = getattr(groups.overall, self.column.field)
        return estimate

    @abstractmethod
    def sentence(self, result: T, scale: Scale) -> str:
        """What a known figure means here, in plain words."""

    def picture(self, result: T, checkup: Checkup) -> str:
        """Inline SVG or HTML of a known figure that needs no other file, or nothing."""
        return ""

    def scale_in(self, context: Context) -> Scale:
        """The scale, where it hangs on the codebook or on another figure."""
        return self.scale

    def at_best(self, value: float) -> str:
        """A verdict that an excess of this figure allows at best; good by default."""
        return VERDICTS[0]

    def silence(self, result: T, scale: Scale) -> str:
        """Why the figure cannot be told, empty where it can."""
        return self.unknown if math.isnan(self.estimate(result).value) else ""

    def verdict(self, value: float, context: Context) -> str:
        """One of VERDICTS; unknown for NaN."""
        verdict = self.scale_in(context).verdict(value)
        if verdict == "unknown":
            return verdict
        return max(verdict, self.at_best(value), key=VERDICTS.index)


class Measure(ABC, Generic[T]):
    """What is measured of a quantizer on frame pairs, with a result T.

    key: its name in a Checkup and in results.json. figures: what a report tells of it.
    stage: what its progress is called; empty for arithmetic on the table, which takes no time.
    doing: the same as the page tells it, by itself; without it the stage's name is told.
    cost: seconds that a unit of `work` takes the shipped quantizer on one core. sample: how many
    frame pairs of each embodiment are looked at, at most; 0 for all. pictures: whether
    it needs a quantizer that imagines. absent: why there may be no result at all, because the clips
    lack what it needs. place: see Place. unplaced: fields too long for results.json.
    """

    key: str
    figures: Sequence[Figure[T]] = ()
    stage: str = ""
    doing: str = ""
    cost: float = 0.0
    sample: int = 0
    pictures: bool = False
    absent: str = ""
    place: Place = "nowhere"
    unplaced: tuple[str, ...] = ()

    @abstractmethod
    def compute(self, material: Material, tick: Tick) -> T | None:
        """The result, telling `tick(done, total)`; None where the clips cannot tell."""

    def work(self, rows: Mapping[str, Sequence[Row]], options: Options) -> int:
        """How many things it looks at, given the frame pairs of each embodiment."""
        return sum(min(len(group), self.sample or len(group)) for group in rows.values())


def certain(value: float) -> Estimate:
    """A figure without an interval."""
    return Estimate(value, math.nan, math.nan)


def fitting(scale: Scale, value: float, good: str, fair: str, poor: str) -> str:
    """The sentence that fits the verdict."""
    return {"good": good, "fair": fair, "poor": poor}[scale.verdict(value)]


def percent(share: float) -> str:
    """A share as a whole percentage, kept on one line."""
    return f"{100 * share:.0f}\u00a0%"
