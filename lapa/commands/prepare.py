"""`python -m lapa prepare`: video decoded once into a memory-mapped cache.

python -m lapa prepare ../shared/robots --out cache/robots-128
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lapa.commands.console import (
    build,
    format_options,
    format_words,
    size_option,
)


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    from lapa.data.readers.registry import accepted

    options.add_argument("data", type=Path, help=accepted())
    options.add_argument("--out", type=Path, help="cache folder (default: cache/NAME-SIZE)")
    size_option(options)
    format_options(options)


def command(options: argparse.Namespace) -> int:
    """Build a cache, or go on with one, and say what was skipped; returns the exit code."""
    cache = build(options.data, options.out, options.size, **format_words(options))
    print(f"{cache.folder}: {len(cache.episodes)} episodes, {len(cache.frames)} frames")
    return 0
