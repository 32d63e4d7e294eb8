"""`python -m lapa record`: new clips from simulators, in the format of the `robots` set.

    python -m lapa record robosuite --out clips --episodes 600 --workers 2

Runs of the same command go on where the last one stopped. The simulators are installed on their
own: pip install -r requirements-sim.txt (no torch is needed); language-table and simpler, the
originals, as docs/benchmarks.md says.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import closing
from pathlib import Path

from lapa.commands.console import checkout_option, take_checkout
from lapa.sim.recorders import FIRST_SEED, SOURCES, RecordProgress, record

# characters of the bar
_WIDTH = 24


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.epilog = "\n".join(
        f"{name}: {', '.join(source.embodiments)}; {', '.join(source.tasks)}"
        for name, source in SOURCES.items()
    )
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("source", choices=SOURCES, metavar="SOURCE", help=", ".join(SOURCES))
    options.add_argument("--out", type=Path, required=True, help="folder of the set")
    options.add_argument("--episodes", type=int, required=True, help="how many in all")
    options.add_argument(
        "--seed", type=int, default=FIRST_SEED, help=f"of the first episode ({FIRST_SEED})"
    )
    options.add_argument("--workers", type=int, default=1, help="processes (1)")
    options.add_argument("--size", type=int, default=256, help="side of the frames, pixels (256)")
    options.add_argument(
        "--embodiment", action="append", default=[], help="only this one; repeatable"
    )
    options.add_argument("--task", action="append", default=[], help="only this one; repeatable")
    checkout_option(options)


def command(options: argparse.Namespace) -> int:
    """Record; returns the exit code."""
    take_checkout(options)
    return run(options)


def run(options: argparse.Namespace) -> int:
    """Record, telling progress on standard error; returns the exit code."""
    problems: list[str] = []
    name = f"lapa {options.command}"
    last = None
    # asked to end is as good as Ctrl-C
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    recording = record(
        options.source,
        options.out,
        episodes=options.episodes,
        seed=options.seed,
        workers=options.workers,
        size=options.size,
        embodiments=options.embodiment,
        tasks=options.task,
    )
    try:
        with closing(recording):
            for last in recording:
                if last.problem:
                    problems.append(f"{last.name}: {last.problem}")
                _tell(last)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{name}: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    for problem in problems:
        print(f"{name}: not recorded: {problem}", file=sys.stderr)
    frames = last.frames if last else 0
    print(f"{options.out}: {options.episodes - len(problems)} episodes, {frames} new frames")
    return 1 if problems else 0


def _tell(progress: RecordProgress) -> None:
    """A bar that changes on a terminal, a line each fifty episodes elsewhere."""
    full = round(_WIDTH * progress.done / progress.total)
    bar = "█" * full + "░" * (_WIDTH - full)
    pace = f"{progress.fps:.1f} frames/s · {clock(progress.seconds_left)}"
    text = f"{bar} {progress.done}/{progress.total} · {pace}"
    if sys.stderr.isatty():
        end = "\n" if progress.done == progress.total else ""
        print(f"\r\033[K{text} left · {progress.name}", end=end, file=sys.stderr, flush=True)
    elif progress.done % 50 == 0 or progress.done == progress.total:
        print(f"{text} left", file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Seconds as people read them: 48 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
