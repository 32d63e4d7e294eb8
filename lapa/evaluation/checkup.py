"""The health report of a quantizer: every measure, with its progress, and the figures to watch.

The quantizer sees every frame pair once (`table.measure`); use, agreement with the robot's actions
and the probe are arithmetic on that. Leak, no-op, drift and transfer ask it further questions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

from lapa.data import FramePairs
from lapa.evaluation.codes import (
    CodeUse,
    Divergence,
    FrequentCodes,
    code_use,
    divergence,
    frequent_codes,
)
from lapa.evaluation.consistency import Consistency, consistency
from lapa.evaluation.control import Control, control
from lapa.evaluation.distinctness import SAMPLE as SWEEPS
from lapa.evaluation.distinctness import Distinctness, distinctness
from lapa.evaluation.drift import Drift, drift
from lapa.evaluation.inferred import Quantizer, Table, draws, infer_batches
from lapa.evaluation.leak import SAMPLE as LEAKS
from lapa.evaluation.leak import Leak, leak
from lapa.evaluation.naming import Naming, naming
from lapa.evaluation.picture import Picture, picture
from lapa.evaluation.probe import Probe, probe
from lapa.evaluation.reconstruction import Reconstruction, reconstruction
from lapa.evaluation.sample import by_embodiment
from lapa.evaluation.still import SAMPLE as STILLS
from lapa.evaluation.still import NoOp, no_op
from lapa.evaluation.table import Groups, PairTable, measure, measure_batches
from lapa.evaluation.transfer import SAMPLE as TRANSFERS
from lapa.evaluation.transfer import Transfer, transfer
from lapa.evaluation.watch import Tick, watched
from lapa.evaluation.worst import Worst, worst

T = TypeVar("T")

# what the probe learns from, where there are training clips, and how many pairs of them at most
LESSON, LESSONS = "training clips", 6000
# the stages of a checkup, and what each thing that they look at costs the shipped quantizer on one
# core, in seconds: a frame pair, a lesson, …, an imagined step, a pair carried over
STAGES = {
    "frame pairs": 0.060,
    LESSON: 0.015,
    "same action, same code": 0.0005,
    "words for codes": 0.0005,
    "actions in the codes": 0.002,
    "sweeps": 0.25,
    "leak": 0.044,
    "doing nothing": 0.018,
    "drift": 0.019,
    "transfer": 0.034,
    "worst pairs": 0.1,
}
# the stages that ask for pictures
PICTURED = ("sweeps", "leak", "doing nothing", "drift", "transfer", "worst pairs")


@dataclass(frozen=True)
class Checkup:
    """All measures of one quantizer on one set of clips; None where the clips cannot tell, or the
    quantizer draws nothing and a measure needs pictures.

    consistency and probe need the robot's actions, transfer two embodiments, drift episodes that
    are long enough. An embodiment that cannot tell is absent from a measure's `embodiments`.
    draws: whether the quantizer imagines pictures. moves: whether anything moves in the clips.
    worst: the pairs that were predicted worst. seconds: how long it took.
    """

    reconstruction: Groups[Reconstruction] | None
    picture: Groups[Picture] | None
    control: Groups[Control] | None
    distinctness: Groups[Distinctness] | None
    codes: Groups[CodeUse]
    frequent: Groups[FrequentCodes]
    divergence: Divergence
    consistency: Groups[Consistency] | None
    naming: Groups[Naming]
    probe: Groups[Probe] | None
    leak: Groups[Leak] | None
    no_op: Groups[NoOp] | None
    drift: Groups[Drift] | None
    transfer: Transfer | None
    worst: tuple[Worst, ...]
    episodes: int
    seconds: float
    draws: bool = True
    moves: bool = True

    @property
    def pairs(self) -> int:
        return self.codes.overall.pairs

    @property
    def embodiments(self) -> tuple[str, ...]:
        return tuple(self.codes.embodiments)


@dataclass(frozen=True)
class Stage:
    """How far a checkup is.

    name: one of STAGES. done, total: steps of this stage. seconds_left: of the whole checkup,
    None while unknown. report: with the last stage only.
    """

    name: str
    done: int
    total: int
    seconds_left: float | None = None
    report: Checkup | None = None


def examine(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    stride: int = 1,
    seed: int = 0,
    drift_steps: int = 16,
    transfers: int = TRANSFERS,
    learn: FramePairs | None = None,
) -> Iterator[Stage]:
    """Measure everything, telling each step; the last stage carries the report.

    Closing the iterator cancels: the quantizer stops after the batch that it is at.

    Args:
        stride: every stride-th frame pair of an episode is measured.
        seed: of the random codes, foreign frames and draws.
        drift_steps: length of the imagined rollouts, in gaps.
        transfers: pairs carried over from each embodiment to each other one, at most.
        learn: pairs of other episodes (the training clips) for the probe and the classifier of
            directions to learn from; without them they learn from the other episodes measured.
    """
    clock = _Clock(
        time.monotonic(),
        workload(
            pairs, stride=stride, drift_steps=drift_steps, transfers=transfers, learn=learn,
            pictures=draws(quantizer),
        ),
    )  # fmt: skip
    batches = measure_batches(quantizer, pairs, stride=stride, seed=seed)
    table = yield from clock.follow(_joined(batches, len(pairs.all(stride=stride))))
    lessons = None
    if learn is not None:
        apart = -(-len(learn) // LESSONS)
        batches = infer_batches(quantizer, learn, stride=apart)
        lessons = yield from clock.follow(_joined(batches, len(learn.all(stride=apart))))
    sampled = {"stride": stride, "seed": seed}
    calls: dict[str, Callable[[Tick], Any]] = {
        "consistency": lambda tick: consistency(table, learn=lessons, tick=tick),
        "naming": lambda tick: naming(table, learn=lessons, tick=tick),
        "probe": lambda tick: probe(table, learn=lessons, tick=tick),
    }
    pictured: dict[str, Callable[[Tick], Any]] = {
        "distinctness": lambda tick: distinctness(quantizer, pairs, **sampled, tick=tick),
        "leak": lambda tick: leak(quantizer, pairs, **sampled, tick=tick),
        "no_op": lambda tick: no_op(quantizer, pairs, **sampled, tick=tick),
        "drift": lambda tick: drift(quantizer, pairs, steps=drift_steps, seed=seed, tick=tick),
        "transfer": lambda tick: transfer(quantizer, pairs, count=transfers, seed=seed, tick=tick),
        "worst": lambda tick: worst(quantizer, pairs, table, tick=tick),
    }
    found: dict[str, Any] = dict.fromkeys(pictured) | {"worst": ()}
    for name, call in (calls | (pictured if draws(quantizer) else {})).items():
        found[name] = yield from clock.follow(watched(call))
    seen = draws(quantizer)
    report = Checkup(
        reconstruction=reconstruction(table) if seen else None,
        picture=picture(table) if seen else None,
        control=control(table) if seen else None,
        codes=code_use(table),
        frequent=frequent_codes(table),
        divergence=divergence(table),
        **found,
        episodes=len(set(table.episode.tolist())),
        seconds=time.monotonic() - clock.started,
        draws=seen,
        moves=bool(table.copy_mse.any()),
    )
    yield Stage("done", 1, 1, 0.0, report)


def workload(
    pairs: FramePairs,
    *,
    stride: int = 1,
    drift_steps: int = 16,
    transfers: int = TRANSFERS,
    learn: FramePairs | None = None,
    pictures: bool = True,
) -> dict[str, float]:
    """Seconds that each stage would take the shipped quantizer on one core, in their order.

    pictures: whether the quantizer draws any; the stages that need them are left out otherwise.
    For another quantizer or machine the proportions are what counts. No frame is looked at.
    """
    rows = by_embodiment(pairs, pairs.all(stride=stride))
    sizes = [len(group) for group in rows.values()]
    things = {
        "frame pairs": sum(sizes),
        LESSON: 0 if learn is None else min(len(learn), LESSONS),
        "sweeps": sum(min(size, SWEEPS) for size in sizes),
        "leak": sum(min(size, LEAKS) for size in sizes),
        "doing nothing": sum(min(size, STILLS) for size in sizes),
        "drift": drift_steps * len({index for group in rows.values() for index, _, _ in group}),
        "transfer": len(sizes) * (len(sizes) - 1) * transfers,
        "worst pairs": 1,
    }
    return {
        name: cost * things.get(name, sum(sizes))
        for name, cost in STAGES.items()
        if (learn is not None or name != LESSON) and (pictures or name not in PICTURED)
    }


def checkup(quantizer: Quantizer, pairs: FramePairs, **options: int) -> Checkup:
    """`examine` to its end, with its options."""
    for stage in examine(quantizer, pairs, **options):
        report = stage.report
    return report


def headline(quantizer: Quantizer, pairs: FramePairs, *, stride: int = 4) -> dict[str, float]:
    """The figures to watch while training, on every `stride`-th frame of the held-out episodes."""
    table = measure(quantizer, pairs, stride=stride)
    rebuilt, codes = reconstruction(table, draws=0), code_use(table).overall
    ratios = {f"ratio/{name}": float(r.ratio) for name, r in rebuilt.embodiments.items()}
    return {
        "ratio": float(rebuilt.overall.ratio),
        "delta_psnr": float(control(table, draws=0).overall.delta_psnr),
        "psnr": rebuilt.overall.psnr,
        "codes_used": codes.least_used,
        "perplexity": codes.least_perplexity,
        **ratios,
    }


@dataclass
class _Clock:
    """Turns the steps of one stage after the other into Stages with the time that is left.

    waiting: the `workload` of the stages to come.
    """

    started: float
    waiting: dict[str, float]
    passed: float = 0.0

    def follow(self, steps: Generator[tuple[int, int], None, T]) -> Generator[Stage, None, T]:
        """The steps of the next stage as Stages; returns what they return."""
        name = next(iter(self.waiting))
        work = self.waiting.pop(name)
        yield Stage(name, 0, 1, self._left(work, 0))
        with closing(steps):
            while True:
                try:
                    done, total = next(steps)
                except StopIteration as end:
                    self.passed += work
                    return end.value
                yield Stage(name, done, total, self._left(work, done / max(total, 1)))

    def _left(self, work: float, share: float) -> float | None:
        """Seconds, from the time taken so far and the work that it did."""
        passed = self.passed + work * share
        later = work * (1 - share) + sum(self.waiting.values())
        if passed < 0.01 * (passed + later):
            return None
        return (time.monotonic() - self.started) * later / passed


def _joined(batches: Iterator[Table], total: int) -> Generator[tuple[int, int], None, Table]:
    """The table of all batches, telling (pairs done, pairs in all)."""
    tables = []
    for table in batches:
        tables.append(table)
        yield sum(map(len, tables)), total
    return tables[0].join(tables) if tables else PairTable.join([])
