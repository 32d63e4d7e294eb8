"""`python -m lapa generate`: oracle episodes of the tabletop, in the format of the `robots` set.

    python -m lapa generate --out data/tabletop --episodes 1000 --workers 2

Needs no other simulator than MuJoCo. A run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.commands import record
from lapa.sim.recorders import FIRST_SEED, SOURCES

THEMES = {"sim": "tabletop", "real": "tabletop-real"}


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    source = SOURCES["tabletop"]
    options.add_argument("--out", type=Path, required=True, help="folder of the set")
    options.add_argument("--episodes", type=int, required=True, help="how many in all")
    options.add_argument("--theme", choices=THEMES, default="sim", help="sim or real (sim)")
    options.add_argument(
        "--seed", type=int, default=FIRST_SEED, help=f"of the first episode ({FIRST_SEED})"
    )
    options.add_argument("--workers", type=int, default=1, help="processes (1)")
    options.add_argument("--size", type=int, default=128, help="side of the frames, pixels (128)")
    options.add_argument(
        "--embodiment", action="append", default=[], choices=source.embodiments,
        help=f"only this one, repeatable: {', '.join(source.embodiments)}", metavar="NAME",
    )  # fmt: skip
    options.add_argument(
        "--task", action="append", default=[], choices=source.tasks, metavar="KIND",
        help=f"only this kind, repeatable: {', '.join(source.tasks)}",
    )  # fmt: skip


def command(options: argparse.Namespace) -> int:
    """Generate, telling progress on standard error; returns the exit code."""
    options.source = THEMES[options.theme]
    return record.run(options)
