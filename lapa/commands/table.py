"""`python -m lapa table`: the paper's tables in small, every method, seen and unseen.

    python -m lapa table --column in-domain --minutes 600
    python -m lapa table --list
    python -m lapa table --scaling

Runs what is missing, step after step, each a command that could be given by hand; stopped at any
moment, by --minutes, Ctrl-C or a kill, the same command goes on. `docs/baselines.md` tells the
methods, and what each of them shares with the others.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from lapa.commands.console import tell
from lapa.files import put, update_json, write_text
from lapa.presets.tables import METHODS, SPLITS, VARIANTS, Plan, Step, debug, full

STOPPED = 130
# seconds: a training that has heard saves within them
RING_AGAIN = 10
# where a cell stands in results.json -> the files of its outcomes
Cells = dict[tuple[str, ...], tuple[Path, ...]]


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    columns = full().columns
    options.add_argument(
        "--column", action="append", default=[], choices=columns, metavar="NAME",
        help=f"{', '.join(columns)}; repeatable (all)",
    )  # fmt: skip
    options.add_argument(
        "--method", action="append", default=[], choices=METHODS, metavar="NAME",
        help=f"{', '.join(METHODS)}; repeatable (all)",
    )  # fmt: skip
    options.add_argument(
        "--variant", action="append", default=[], choices=VARIANTS, metavar="NAME",
        help=f"of finetuning instead of the methods: {', '.join(VARIANTS)}; repeatable",
    )  # fmt: skip
    options.add_argument(
        "--scaling", action="store_true", help="by amount of video and of labels instead"
    )
    options.add_argument("--minutes", type=float, help="stop after so many; it can be resumed")
    options.add_argument("--seeds", type=int, default=1, help="trainings of each method (1)")
    options.add_argument("--start", type=Path, help="a policy that can see, instead of a new one")
    options.add_argument("--workers", type=int, default=2, help="processes, where it helps (2)")
    options.add_argument("--debug", action="store_true", help="toy sizes, in minutes")
    options.add_argument("--list", action="store_true", help="the commands, and which are done")
    options.add_argument("--out", type=Path, help="folder of all runs (runs/table)")
    options.add_argument("--results", type=Path, help="(assets/results.json; --debug: OUT's own)")


def command(options: argparse.Namespace) -> int:
    """Run what is missing, write results.json and print the table; returns the exit code."""
    if options.minutes is not None and options.minutes <= 0:
        raise ValueError(f"--minutes is above 0, received {options.minutes}")
    if options.seeds < 1:
        raise ValueError(f"--seeds is at least 1, received {options.seeds}")
    if options.scaling and options.variant:
        raise ValueError("--scaling and --variant are two tables; ask for one")
    table = debug() if options.debug else full()
    out = options.out or Path("runs") / ("table-debug" if options.debug else "table")
    results = options.results or (
        out / "results.json" if options.debug else Path("assets/results.json")
    )
    plan = Plan(table, out, options.start, options.workers)
    cells: Cells = {}
    for seed in range(options.seeds):
        for place, files in _cells(options, replace(plan, seed=seed)).items():
            cells[place] = cells.get(place, ()) + files
    steps = Steps(plan)
    if options.list:
        for step in plan.steps.values():
            print(f"{'done' if steps.done(step) else 'to do':<6} python -m lapa {_line(step)}")
        return 0
    code = steps.run(options.minutes)
    figures = collect(cells)
    if figures:
        update_json(results, figures)
        print(_printed(put({}, figures)))
    return code


def _line(step: Step) -> str:
    return " ".join(step.words)


def _cells(options: argparse.Namespace, plan: Plan) -> Cells:
    """What is asked for, with one seed; `plan` then knows the steps."""
    methods = options.method or METHODS
    if options.scaling:
        return _scaling(plan, methods)
    cells: Cells = {}
    for name in options.column or plan.table.columns:
        column = plan.table.columns[name]
        for variant in options.variant:
            for split in SPLITS:
                files = plan.cell(VARIANTS[variant][0], column, split, variant)
                cells["variants", name, variant, split] = files
        own = [each for each in methods if each in column.methods and not options.variant]
        for method in own:
            for split in SPLITS:
                cells["table", name, method, split] = plan.cell(method, column, split)
    return cells


def _scaling(plan: Plan, methods: Sequence[str]) -> Cells:
    return {
        ("scaling", varied, value, method, "seen"): plan.cell(method, column, "seen")
        for varied, values in plan.table.scaling.items()
        for value, (column, own) in values.items()
        for method in own
        if method in methods
    }


class Steps:
    """Runs the steps of a plan, and remembers which are done."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def done(self, step: Step) -> bool:
        """Whether this very command has been through.

        Raises:
            ValueError: its results are there, but another command made them.
        """
        mark = self._mark(step)
        if not mark.is_file():
            return False
        if (other := mark.read_text(encoding="utf-8").strip()) != self._told(step):
            raise ValueError(
                f"{self._plan.folder / step.name} was made by `{other}`, and not by "
                f"`{self._told(step)}`: choose another --out"
            )
        return True

    def run(self, minutes: float | None) -> int:
        """What is missing, in order; the exit code: STOPPED if there was no time for all."""
        missing = [step for step in self._plan.steps.values() if not self.done(step)]
        try:
            with _alarm(minutes):
                for number, step in enumerate(missing, 1):
                    tell(f"step {number}/{len(missing)}: {_line(step)}", last=True)
                    code = self._step(step)
                    if code:
                        return code
        except KeyboardInterrupt:
            return _stopped()
        return 0

    def _step(self, step: Step) -> int:
        from lapa.__main__ import options_of
        from lapa.training.remember import finished

        options = options_of(step.words)
        code = int(options.run(options))
        if code == STOPPED or not finished(self._plan.folder / step.name):
            return _stopped()
        if code:
            print(f"lapa table: `{_line(step)}` went wrong", file=sys.stderr)
            return code
        write_text(self._mark(step), self._told(step) + "\n")
        return 0

    def _mark(self, step: Step) -> Path:
        return self._plan.folder / "done" / step.name.replace("/", "+")

    def _told(self, step: Step) -> str:
        """The command; a folder that was moved, and fewer processes, change nothing."""
        words = list(step.words)
        if "--workers" in words:
            at = words.index("--workers")
            del words[at : at + 2]
        folder = str(self._plan.folder)
        return " ".join("OUT" + w[len(folder) :] if w.startswith(folder) else w for w in words)


def _stopped() -> int:
    print("lapa table: stopped; the same command goes on from here", file=sys.stderr)
    return STOPPED


@contextmanager
def _alarm(minutes: float | None) -> Iterator[None]:
    """When the time is up, what Ctrl-C does: a training saves its state and ends.

    It rings until it is heard: between two trainings it may fall into a moment that loses it.
    """
    if minutes is None:
        yield
        return
    before, heard = signal.getsignal(signal.SIGINT), threading.Event()
    # a shell's script ignores Ctrl-C on behalf of what it starts in the background
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def ring() -> None:
        wait = 60 * minutes
        while not heard.wait(wait):
            os.kill(os.getpid(), signal.SIGINT)
            wait = RING_AGAIN

    threading.Thread(target=ring, daemon=True).start()
    try:
        yield
    finally:
        heard.set()
        signal.signal(signal.SIGINT, before)


def collect(cells: Cells) -> dict[tuple[str, ...], Any]:
    """Of each cell that is done, by its place in results.json: how many episodes there were, and
    how many successes, in all and by kind."""
    figures: dict[tuple[str, ...], Any] = {}
    for place, files in cells.items():
        if not all(file.is_file() for file in files):
            continue
        episodes = [each for file in files for each in json.loads(file.read_text())["episodes"]]
        kinds = dict.fromkeys(each["kind"] for each in episodes)
        figures[place] = {
            **_count(episodes),
            "by_kind": {
                kind: _count([each for each in episodes if each["kind"] == kind]) for kind in kinds
            },
        }
    return figures


def _count(episodes: list[dict[str, Any]]) -> dict[str, int]:
    done = sum(each["success"] for each in episodes)
    return {"successes": int(done), "episodes": len(episodes)}


def _printed(figures: dict[str, Any]) -> str:
    parts = [_column(name, methods) for name, methods in figures.get("table", {}).items()]
    parts += [_plain(name, each) for name, each in figures.get("variants", {}).items()]
    for varied, values in figures.get("scaling", {}).items():
        rows = {
            f"{value} {method}": cell
            for value, methods in values.items()
            for method, cell in methods.items()
        }
        parts.append(_plain(f"by {varied}, in-domain", rows))
    return "\n\n".join(parts)


def _column(name: str, methods: dict[str, Any]) -> str:
    """A column beside the paper's, then every kind of task."""
    from lapa.evaluation.paper import reported

    lines = [f"{name:<22}{'seen':<28}{'paper, %':<14}{'unseen':<28}{'paper, %'}"]
    for method, cells in methods.items():
        line = f"{method:<22}"
        for split in SPLITS:
            line += f"{_rate(cells.get(split)):<28}{reported(name, method, split):<14}"
        lines.append(line.rstrip())
    if name == "human-video":
        lines.append("* of SIMPLER: the paper has no human video for Language Table")
    return "\n".join([*lines, "", _by_kind(methods)])


def _plain(name: str, rows: dict[str, Any]) -> str:
    lines = [f"{name:<22}{'seen':<28}{'unseen'}"]
    for row, cells in rows.items():
        lines.append(f"{row:<22}" + "".join(f"{_rate(cells.get(s)):<28}" for s in SPLITS))
    return "\n".join(line.rstrip() for line in lines)


def _by_kind(methods: dict[str, Any]) -> str:
    kinds = list(
        dict.fromkeys(k for cells in methods.values() for c in cells.values() for k in c["by_kind"])
    )
    lines = [f"{'by kind':<22}" + "".join(f"{kind:<21}" for kind in kinds)]
    for method, cells in methods.items():
        for split, cell in cells.items():
            counts = [cell["by_kind"].get(kind) for kind in kinds]
            told = [f"{c['successes']} of {c['episodes']}" if c else "" for c in counts]
            lines.append(f"{method + ', ' + split:<22}" + "".join(f"{each:<21}" for each in told))
    return "\n".join(line.rstrip() for line in lines)


def _rate(cell: dict[str, Any] | None) -> str:
    from lapa.evaluation.success import wilson

    if cell is None:
        return ""
    rate = wilson(cell["successes"], cell["episodes"])
    interval = f"[{100 * rate.low:.0f}, {100 * rate.high:.0f} %]"
    return f"{rate.done} of {rate.of} {interval}"
