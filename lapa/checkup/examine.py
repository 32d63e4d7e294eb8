"""A whole checkup of a quantizer: every measure, with its progress.

The quantizer sees every frame pair once (`table.measure_batches`); measures without a stage are
arithmetic on that, the others ask it further questions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from lapa.checkup.measure import Checkup, Material, Measure, Options
from lapa.checkup.measures import measures
from lapa.checkup.measures.codes import code_use
from lapa.checkup.measures.control import control
from lapa.checkup.measures.reconstruction import reconstruction
from lapa.data import FramePairs
from lapa.evaluation.inferred import Inferred, Quantizer, Table, draws, infer_batches
from lapa.evaluation.sample import by_embodiment, silent
from lapa.evaluation.table import PairTable, measure, measure_batches
from lapa.evaluation.watch import watched

T = TypeVar("T")

# the stages before the measures, and the seconds that a frame pair takes the shipped quantizer on
# one core: encoded and imagined with two latent actions, or encoded only
PAIRS, PAIR_COST = "frame pairs", 0.060
LESSON, LESSON_COST = "training clips", 0.015
DONE = "done"
# the probe learns from so many pairs of the training clips at most
LESSONS = 6000


@dataclass(frozen=True)
class Stage:
    """How far a checkup is.

    name: as in `workload`, or DONE. done, total: steps of this stage. seconds_left: of the whole
    checkup, None while unknown. report: with the last stage only.
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
    stride: int = Options.stride,
    seed: int = Options.seed,
    drift_steps: int = Options.drift_steps,
    transfers: int = Options.transfers,
    learn: FramePairs | None = None,
) -> Generator[Stage, None, None]:
    """Measure everything, telling each step; the last stage carries the report.

    Closing the iterator cancels: the quantizer stops after the batch that it is at.

    Args:
        stride, seed, drift_steps, transfers: see Options.
        learn: pairs of other episodes (the training clips) for the probe and the classifier of
            directions to learn from; without them they learn from the other episodes measured.
    """
    options, pictures = Options(stride, seed, drift_steps, transfers), draws(quantizer)
    clock = _Clock(time.monotonic(), _workload(pairs, options, learn, pictures))
    batches = measure_batches(quantizer, pairs, stride=stride, seed=seed)
    table = yield from clock.follow(_joined(PairTable, batches, len(pairs.all(stride=stride))))
    lessons = None if learn is None else (yield from clock.follow(_lessons(quantizer, learn)))
    material = Material(quantizer, pairs, table, lessons, options)
    results: dict[str, Any] = dict.fromkeys(measures())
    for each in _order(pictures):
        if each.stage:
            work = watched(partial(each.compute, material))
            results[each.key] = yield from clock.follow(work)
        else:
            results[each.key] = each.compute(material, silent)
    names, sizes = np.unique(table.embodiment, return_counts=True)
    report = Checkup(
        results=results,
        pairs_of=dict(zip(names.tolist(), sizes.tolist(), strict=True)),
        episodes=len(set(table.episode.tolist())),
        codebook_size=table.codebook_size,
        seconds=time.monotonic() - clock.started,
        draws=pictures,
        moves=bool(table.copy_mse.any()),
    )
    yield Stage(DONE, 1, 1, 0.0, report)


def workload(
    pairs: FramePairs,
    *,
    stride: int = Options.stride,
    drift_steps: int = Options.drift_steps,
    transfers: int = Options.transfers,
    learn: FramePairs | None = None,
    pictures: bool = True,
) -> dict[str, float]:
    """Seconds that each stage would take the shipped quantizer on one core, in their order.

    pictures: whether the quantizer draws any; the stages that need them are left out otherwise.
    For another quantizer or machine the proportions are what counts. No frame is looked at.
    """
    options = Options(stride, drift_steps=drift_steps, transfers=transfers)
    return _workload(pairs, options, learn, pictures)


def _workload(
    pairs: FramePairs, options: Options, learn: FramePairs | None, pictures: bool
) -> dict[str, float]:
    rows = by_embodiment(pairs, pairs.all(stride=options.stride))
    seconds = {PAIRS: PAIR_COST * sum(map(len, rows.values()))}
    if learn is not None:
        seconds[LESSON] = LESSON_COST * min(len(learn), LESSONS)
    staged = [each for each in _order(pictures) if each.stage]
    return seconds | {each.stage: each.cost * each.work(rows, options) for each in staged}


def activities() -> dict[str, str]:
    """What a checkup does in each stage, told to people: name of the stage -> words."""
    staged = [each for each in measures().values() if each.stage]
    return {
        PAIRS: "Encoding and imagining every frame pair",
        LESSON: "Encoding the training clips",
        **{each.stage: each.doing or each.stage.capitalize() for each in staged},
        DONE: "Writing the report",
    }


def _order(pictures: bool) -> list[Measure[Any]]:
    """The measures that can be asked: first what is quick, because it needs no pictures."""
    possible = [each for each in measures().values() if pictures or not each.pictures]
    return sorted(possible, key=lambda each: each.pictures)


def checkup(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    watch: Callable[[Stage], object] | None = None,
    **options: Any,
) -> Checkup:
    """`examine` to its end, with its options. watch: is told every stage but the last."""
    with closing(examine(quantizer, pairs, **options)) as stages:
        for stage in stages:
            if stage.report is not None:
                return stage.report
            if watch is not None:
                watch(stage)
    raise RuntimeError("a checkup ended without its last stage")


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
                    result: T = end.value
                    return result
                yield Stage(name, done, total, self._left(work, done / max(total, 1)))

    def _left(self, work: float, share: float) -> float | None:
        """Seconds, from the time taken so far and the work that it did."""
        passed = self.passed + work * share
        later = work * (1 - share) + sum(self.waiting.values())
        if passed < 0.01 * (passed + later):
            return None
        return (time.monotonic() - self.started) * later / passed


def _lessons(quantizer: Quantizer, learn: FramePairs) -> Generator[tuple[int, int], None, Inferred]:
    """What is learnt from: up to LESSONS pairs, spread over all episodes."""
    stride = -(-len(learn) // LESSONS)
    batches = infer_batches(quantizer, learn, stride=stride)
    return (yield from _joined(Inferred, batches, len(learn.all(stride=stride))))


def _joined(
    kind: type[Table], batches: Iterator[Table], total: int
) -> Generator[tuple[int, int], None, Table]:
    """The table of all batches, telling (pairs done, pairs in all)."""
    tables: list[Table] = []
    for table in batches:
        tables.append(table)
        yield sum(map(len, tables)), total
    return kind.join(tables)
