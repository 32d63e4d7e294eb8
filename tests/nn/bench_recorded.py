"""A picture beside a thread that computes in Python: `python -m tests.nn.bench_recorded`.

Prints milliseconds of a decode of `robots`, eager and frozen, alone and beside such a thread, by
the seconds after which Python lets another thread go on.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch

from lapa import LatentActionQuantizer

MODEL = Path(__file__).parents[2] / "assets" / "checkpoints" / "robots"
INTERVALS = (0.005, 0.0005)


def main() -> None:
    """Prints the figures."""
    torch.set_num_threads(1)
    models = {
        "eager": LatentActionQuantizer.from_pretrained(MODEL),
        "frozen": LatentActionQuantizer.from_pretrained(MODEL).freeze(),
    }
    found = {"alone": {name: _milliseconds(model) for name, model in models.items()}}
    over = threading.Event()
    threading.Thread(target=_compute, args=(over,), daemon=True).start()
    for seconds in INTERVALS:
        sys.setswitchinterval(seconds)
        beside = {name: _milliseconds(model) for name, model in models.items()}
        found[f"beside a thread, let go after {seconds:g} s"] = beside
    over.set()
    print(json.dumps(found, indent=1))


def _milliseconds(model: LatentActionQuantizer, times: int = 8) -> float:
    side = model.config.image_size
    scene = model.prepare(np.full((side, side, 3), 128, np.uint8))
    codes = np.zeros(model.config.code_length, int)
    for _ in range(3):
        model.decode(scene, codes)
    start = time.perf_counter()
    for _ in range(times):
        model.decode(scene, codes)
    return round(1000 * (time.perf_counter() - start) / times, 1)


def _compute(over: threading.Event) -> None:
    total = 0
    while not over.is_set():
        for number in range(1000):
            total += number


if __name__ == "__main__":
    main()
