"""What a recipe tells the loop: the numbers (`LoopConfig`) and the verbs (`Recipe`)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.training.average import Model, WeightAverage
from lapa.training.progress import Metric
from lapa.training.support import check_trackers

Batch = TypeVar("Batch")
CHOICES = {
    "precision": ("auto", "float32", "bfloat16"),
    "compiled": ("auto", "on", "off"),
    "optimizer": ("adamw", "muon"),
}


@dataclass(frozen=True)
class LoopConfig:
    """How long and how to train. Intervals are in optimiser steps; 0 switches one off.

    batch_size: frame pairs per backward pass, of all processes together, which share them equally;
    one optimiser step sees batch_size × accumulate. The rate rises linearly over `warmup_steps`,
    then falls along a cosine to `final_share` of itself. precision: "bfloat16" is autocast; "auto"
    is that where the hardware multiplies it faster, else float32 (see hardware.py). compiled:
    "on", "off", or "auto" for on where a C++ compiler is there and the run is long enough to pay
    for it. optimizer: "adamw", or "muon" for the linear layers (AdamW for the rest, at the same
    rate). keep: working checkpoints kept. trackers: see support.TRACKERS. gradient_checkpointing:
    what the blocks of a model compute is computed again for the backward pass, not kept.

    minutes: end by the clock instead of by the number of steps. The whole schedule then follows
    the share of the time that is gone: wherever a setting is a step of the schedule (`steps`,
    `warmup_steps`, when codes settle), it is a place in a schedule of `steps` steps, stretched or
    shortened to fit.
    """

    steps: int
    batch_size: int
    learning_rate: float
    accumulate: int = 1
    warmup_steps: int = 0
    final_share: float = 0.05
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    gradient_clip: float = 1.0
    ema_decay: float = 0.999
    precision: str = "auto"
    compiled: str = "auto"
    optimizer: str = "adamw"
    seed: int = 0
    save_every: int = 1000
    evaluate_every: int = 0
    preview_every: int = 0
    keep: int = 2
    workers: int = 2
    trackers: tuple[str, ...] = ()
    minutes: float | None = None
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulate", "keep", "workers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}.")
        for name, accepted in CHOICES.items():
            if getattr(self, name) not in accepted:
                either = ", ".join(map(repr, accepted[:-1])) + f" or {accepted[-1]!r}"
                raise ValueError(f"{name} is {either}, got {getattr(self, name)!r}.")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ValueError(f"minutes is a positive number, got {self.minutes}.")
        check_trackers(self.trackers)

    def rate_at(self, step: float) -> float:
        """The learning rate at `step` of the schedule, counted from 1."""
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        done = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        cosine = 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        return self.learning_rate * (self.final_share + (1 - self.final_share) * cosine)


class Recipe(Protocol[Model, Batch]):
    """What the loop needs to know of a model's training. A recipe that inherits writes `batch`,
    `loss` and `export`; the rest is as it is where nothing but the model learns and remembers.

    model: what is trained and averaged. place: where the run is in its schedule, in steps; the
    loop writes it before every step. It is the step's number, unless the run ends by the clock
    (`LoopConfig.minutes`).
    """

    model: Model
    place: float = 0.0

    @abstractmethod
    def batch(self, index: int) -> Batch:
        """Batch number `index`, or of it the rows of this process (`parallel.rows`): a pure
        function of it, called from background threads."""

    @abstractmethod
    def loss(
        self, model: nn.Module, batch: Batch, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The scalar loss and its parts; `model` is the wrapped one, to be called as a function."""

    def after_step(
        self, step: int, model: Model, average: WeightAverage[Model], accelerator: Accelerator
    ) -> dict[str, Metric]:
        """Interventions and health after optimiser step `step`; may raise to end the run."""
        return {}

    def preview(self, model: Model) -> np.ndarray:
        """A picture (H, W, 3) uint8 of what the averaged model does now.

        Raises:
            ValueError: there is none.
        """
        raise ValueError("this model has no picture to preview; set preview_every to 0")

    @abstractmethod
    def export(self, model: Model, folder: Path) -> None:
        """Write the averaged model as people load it."""

    def state(self) -> dict[str, Tensor]:
        """Everything the recipe itself remembers between steps."""
        return {}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state()` back.

        Raises:
            ValueError: it is that of another recipe.
        """
        if tensors:
            raise ValueError(f"the run remembers {', '.join(tensors)}, which this recipe does not")
