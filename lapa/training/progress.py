"""What a run reports: `Progress` records, and the clock behind their figures.

The command line, the page and the tests all read the same records, so a run never prints.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TECHNICAL = ("learning_rate", "gradient_norm", "quantizer")

Metric = float | int | list[float] | list[int]


@dataclass(frozen=True)
class Progress:
    """One thing that happened in a run.

    event: "step" (one optimiser step), "evaluated", "previewed", "saved", "stopped" (asked to end
    early: the state is saved) or "finished". `metrics` belong to that event only; `loss` is the
    last step's. `seconds_left` is an estimate from recent steps, `path` the file or folder written.
    """

    event: str
    step: int
    steps: int
    loss: float
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    samples_per_second: float = 0.0
    seconds_left: float = 0.0
    path: Path | None = None

    def line(self) -> str:
        """The record as one line for a terminal."""
        head = f"{self.step}/{self.steps} {self.event}"
        if self.path is not None:
            return f"{head} {self.path}"
        if self.event == "step":
            speed = f"{self.samples_per_second:.1f} pairs/s  {duration(self.seconds_left)} left"
            return f"{head}  loss {self.loss:.5f}  {_short(self.metrics)}  {speed}"
        return f"{head}  {_short(self.metrics)}"


def duration(seconds: float) -> str:
    """Seconds as "1 h 05 min", "3 min 20 s" or "12 s"."""
    whole = round(max(seconds, 0))
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


def _short(metrics: Mapping[str, Metric]) -> str:
    """The metrics that are watched; the file keeps the per-position and the technical ones too."""
    watched = {k: v for k, v in metrics.items() if not isinstance(v, list) and k not in _TECHNICAL}
    return "  ".join(f"{name} {value:.4g}" for name, value in watched.items())


class Clock:
    """Throughput and time left, from the last `window` steps (evaluations are not counted)."""

    def __init__(self, window: int = 50) -> None:
        self._seconds: deque[float] = deque(maxlen=window)
        self._started = time.perf_counter()

    def start(self) -> None:
        """A step begins."""
        self._started = time.perf_counter()

    def stop(self) -> None:
        """The step is done."""
        self._seconds.append(time.perf_counter() - self._started)

    @property
    def seconds_per_step(self) -> float:
        """The mean of the last steps; 0 before the first."""
        return sum(self._seconds) / max(len(self._seconds), 1)

    def rate(self, samples_per_step: int) -> float:
        """Samples a second."""
        return samples_per_step / max(self.seconds_per_step, 1e-9)
