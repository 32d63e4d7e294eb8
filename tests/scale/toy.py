"""Work in parts that needs no model: numbers and their squares, a little slow.

`python -m tests.scale.toy FOLDER [ADDRESS]` does it in one process, or by the actors of a Ray.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lapa.scale import Made, Parts, Work, here, run
from lapa.scale.parts import content
from lapa.scale.work import in_parts

COUNT, PART = 24, 2


def work(seconds: float = 0.0) -> Work:
    """Twelve parts of two "episodes"; one of them cannot be read."""
    chosen = [list(each) for each in in_parts(COUNT, PART)]
    names = [[f"clip-{n}" for n in own] for own in chosen]
    return Work(names, chosen.__getitem__, partial(_open, seconds))


def parts_in(folder: Path) -> Parts:
    return Parts(folder, "toy.json", {"power": 2})


def _open(seconds: float) -> Callable[[list[int]], Made]:
    return partial(_make, seconds)


def _make(seconds: float, numbers: list[int]) -> Made:
    import pyarrow as pa

    time.sleep(seconds)
    if 13 in numbers and os.environ.get("TOY_KILLED"):
        os.kill(os.getpid(), 9)
    table = pa.table({"clip": [f"clip-{n}" for n in numbers], "square": [n * n for n in numbers]})
    notes = ("skipped clip-7: is broken",) if 7 in numbers else ()
    return Made(content(table, [f"clip-{n}" for n in numbers]), len(numbers), notes)


if __name__ == "__main__":
    engine = here
    if len(sys.argv) > 2:
        from lapa.scale.cluster import on_ray

        engine = on_ray(sys.argv[2])
    for step in run(work(0.5), parts_in(Path(sys.argv[1])), engine):
        print(step.done, step.total, step.note, flush=True)
