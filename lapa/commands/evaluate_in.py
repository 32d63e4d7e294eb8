"""`python -m lapa evaluate POLICY --in language-table|simpler`: a policy in the originals.

docs/benchmarks.md says what has to be installed, and what the figures may be called.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import (
    bar,
    checkout_option,
    checkpoint_folder,
    duration,
    take_checkout,
    tell,
    will_write,
)
from lapa.commands.outcomes import Kept
from lapa.files import update_json

if TYPE_CHECKING:
    from lapa.evaluation.benchmarks import Films, Played
    from lapa.sim.benchmarks import Benchmark

# options of the tabletop's evaluation
_TABLETOP = ("split", "embodiment", "theme", "longest", "labels", "film")


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of evaluation in the originals."""
    from lapa.sim.benchmarks import BENCHMARKS

    options.add_argument(
        "--in", dest="benchmark", choices=BENCHMARKS, metavar="NAME",
        help=f"evaluate in an original instead: {', '.join(BENCHMARKS)}",
    )  # fmt: skip
    options.add_argument("--films", type=Path, help="with --in: keep the first successes and "
                         "failures of each kind in this folder")  # fmt: skip
    checkout_option(options)


def command(options: argparse.Namespace) -> int:
    """Run the episodes, telling progress, and print the table; returns the exit code."""
    from lapa.evaluation.benchmarks import Films, Played, counts
    from lapa.sim.benchmarks import BENCHMARKS

    benchmark = BENCHMARKS[options.benchmark]
    kinds, many = _asked(options, benchmark)
    take_checkout(options)
    will_write(options.json, options.results if options.write else None)
    about = {"benchmark": benchmark.name, "policy": options.policy, "size": options.size}
    about |= {"episodes": many, "kind": kinds}
    kept = Kept(Played, options.json, about, resume=options.resume)
    films = Films(options.films) if options.films else None
    outcomes = _run(options, benchmark, kinds, many, kept, films)
    outcomes.sort(key=lambda each: (kinds.index(each.kind), each.number))
    by_kind = counts(benchmark, outcomes)
    print(_table(benchmark, by_kind))
    line = f"python -m lapa {options.line}"
    record = {**by_kind, "name": benchmark.called(), "command": line}
    kept.done(record, outcomes)
    if options.write:
        update_json(options.results, {("benchmarks", benchmark.name, options.write): record})
    return 0


def _run(
    options: argparse.Namespace,
    benchmark: Benchmark,
    kinds: list[str],
    many: int,
    kept: Kept[Played],
    films: Films | None,
) -> list[Played]:
    """All outcomes, those of before included."""
    from lapa.evaluation.benchmarks import WORDS, evaluate
    from lapa.evaluation.remote import is_address

    outcomes = list(kept.outcomes)
    known = {(each.kind, each.number) for each in outcomes}
    left = [(kind, at) for kind in kinds for at in range(many) if (kind, at) not in known]
    who = options.policy
    if who not in WORDS and not is_address(who):
        who = str(checkpoint_folder(Path(who)))
    start, total = time.perf_counter(), len(known) + len(left)
    for done, each in enumerate(
        evaluate(
            benchmark, who, left, workers=options.workers, image_size=options.size, films=films
        ),
        start=1,
    ):
        outcomes.append(each)
        kept.add([each])
        rest = (time.perf_counter() - start) * (len(left) - done) / done
        line = f"{bar(len(outcomes), total)} episode {len(outcomes)}/{total}"
        tell(f"{line}, {duration(rest)} left", last=done == len(left))
    return outcomes


def _asked(options: argparse.Namespace, benchmark: Benchmark) -> tuple[list[str], int]:
    """The kinds and the episodes of each.

    Raises:
        ValueError: something that the benchmark does not have.
    """
    from lapa.sim.benchmarks import METHODS

    for name in _TABLETOP:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} is the tabletop's; {benchmark.name} knows no such choice")
    kinds = options.kind or list(benchmark.kinds)
    unknown = [kind for kind in kinds if kind not in benchmark.kinds]
    if unknown:
        raise ValueError(f"no kind {unknown[0]!r}; there are {', '.join(benchmark.kinds)}")
    many = benchmark.episodes if options.episodes is None else options.episodes
    if not 1 <= many <= benchmark.most or options.workers < 1:
        raise ValueError(
            f"--episodes is 1 to {benchmark.most} and --workers at least 1, received {many} and "
            f"{options.workers}"
        )
    if options.write and options.write not in METHODS:
        raise ValueError(
            f"--write names a method, one of {', '.join(METHODS)}; received {options.write!r}"
        )
    return kinds, many


def _table(benchmark: Benchmark, by_kind: dict[str, dict[str, int]]) -> str:
    from lapa.evaluation.success import wilson

    rates = "".join(f"{name:>10}" for name in benchmark.rates)
    lines = [benchmark.called(), f"{'kind':<22}{'success':>9}   95 % interval{rates}"]
    names = ["successes", "episodes", *benchmark.rates]
    total = {name: sum(each[name] for each in by_kind.values()) for name in names}
    for kind, each in {**by_kind, "all": total}.items():
        rate = wilson(each["successes"], each["episodes"])
        interval = f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %"
        more = "".join(f"{each[name]:>10}" for name in benchmark.rates)
        lines.append(f"{kind:<22}{rate.done:>5}/{rate.of:<5}{interval:>15}{more}")
    return "\n".join(lines)
