"""`python -m lapa extract`: one split of the `robots` set, files as they are.

python -m lapa extract ../shared/robots --out assets/clips
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.data.episodes import SPLITS


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("data", type=Path, help="robots set")
    options.add_argument("--out", type=Path, required=True, help="where to write")
    options.add_argument("--split", default="holdout", choices=SPLITS, help="(holdout)")


def command(options: argparse.Namespace) -> int:
    """Copy the episodes of a split; returns the exit code."""
    from lapa.data.extract import extract_split

    number = extract_split(options.data, options.out, split=options.split)
    print(f"{options.out}: {number} episodes of the split {options.split}")
    return 0
