"""`python -m lapa caption`: pictures of random boards of the tabletop, with what lies where.

    python -m lapa caption --out data/captions --pictures 30000 --workers 2

`python -m lapa ground` teaches a policy to see with them. A run that is stopped goes on where it
was.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import bar, duration, tell

if TYPE_CHECKING:
    import numpy as np


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    options.add_argument("--pictures", type=int, default=30_000, help="how many (30000)")
    options.add_argument("--size", type=int, default=128, help="side of a picture, pixels (128)")
    options.add_argument("--workers", type=int, default=1, help="processes (1)")


def command(options: argparse.Namespace) -> int:
    """Draw, telling progress; returns the exit code."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from lapa.data.captions import CaptionWriter
    from lapa.sim.recorders.headless import choose_renderer
    from lapa.sim.tabletop.pictures import NAMES, TURN
    from lapa.sim.tabletop.world import ON_BOARD

    if min(options.pictures, options.workers) < 1:
        raise ValueError(
            f"--pictures and --workers are at least 1, received {options.pictures} and "
            f"{options.workers}"
        )
    os.environ.update(choose_renderer())
    writer = CaptionWriter(options.out, NAMES, options.pictures, options.size, ON_BOARD + 1)
    parts = [
        range(first, min(first + TURN, options.pictures))
        for first in range(writer.done, options.pictures, TURN)
    ]
    start, before = time.perf_counter(), writer.done
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        try:
            for batch in pool.map(_part, parts, [options.size] * len(parts)):
                writer.add(*batch)
                rate = (writer.done - before) / (time.perf_counter() - start)
                left = duration((options.pictures - writer.done) / rate)
                tell(
                    f"{bar(writer.done, options.pictures)} {writer.done}/{options.pictures} · "
                    f"{rate:.0f} pictures/s · {left} left",
                    last=writer.done == options.pictures,
                )
        finally:
            # one that is stopped does not wait for what is not begun
            pool.shutdown(wait=False, cancel_futures=True)
    print(f"{options.out}: {writer.done} pictures")
    return 0


def _part(numbers: range, size: int) -> tuple[np.ndarray, ...]:
    """As CaptionWriter.add takes them."""
    import numpy as np

    from lapa.sim.tabletop.pictures import pictures

    rows = (
        (each.image, each.names, each.places, each.instruction, each.block, each.goal)
        for each in pictures(numbers, size)
    )
    return tuple(map(np.array, zip(*rows, strict=True)))
