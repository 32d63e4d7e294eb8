"""`python -m lapa bench train`: frame pairs a second in training, as it is, as it was, and LAPA's.

One step of each side in turn, in one process, on the same random frames: forward, loss, backward
and the optimiser's update, so that a busy machine slows all alike. What is quoted is the ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from unittest import mock

import torch
from torch import Tensor, nn

from lapa.commands.readme import RESULTS, TRAIN, training_speed
from lapa.files import update_json
from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn import attention
from lapa.nn.processor import multiplies_bfloat16
from lapa.presets.quantizers import official_recipe, robots
from lapa.training import hardware
from lapa.training.loop import make_optimizer
from lapa.training.quantizer.losses import LossWeights, total_loss
from lapa.training.recipe import LoopConfig

CPU = torch.device("cpu")


@dataclass(frozen=True)
class TrainingSpeed:
    """Frame pairs a second, by the median step.

    today: the preset `robots` as this machine trains it. settled: the same while the decoder alone
    learns. before: the same network in float32, with PyTorch's fused attention, not compiled.
    official: LAPA's blocks at the same image size, in float32, as the preset `official-recipe`.
    bfloat16, compiled: what this machine allows.
    """

    today: float
    settled: float
    before: float
    official: float
    bfloat16: bool
    compiled: bool
    batch: int
    threads: int


class _Side:
    """A network with its optimiser, and one step of it."""

    def __init__(
        self, model: LAQConfig, loop: LoopConfig, loss: LossWeights, *, autocast: bool,
        compiled: bool, settled: bool = False, fused: bool = False,
    ) -> None:  # fmt: skip
        torch.manual_seed(0)
        self.model: nn.Module = LatentActionQuantizer(model).train()
        if compiled:
            self.model.compile()
        self.optimizer = make_optimizer(self.model, loop)
        self.loss, self.autocast, self.settled, self.fused = loss, autocast, settled, fused
        self.seconds: list[float] = []

    def step(self, frame: Tensor, future: Tensor) -> None:
        start = time.perf_counter()
        fused = mock.patch.object(attention, "FEW_TOKENS", 0) if self.fused else nullcontext()
        with fused, torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            out = self.model(frame, future, settled=self.settled)
            loss, _ = total_loss(out.image, frame, future, out.loss, self.loss, out.moved)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.seconds.append(time.perf_counter() - start)

    def rate(self, batch: int) -> float:
        return batch / statistics.median(self.seconds)


def run(*, steps: int = 12, batch: int = 32, threads: int = 1) -> TrainingSpeed:
    """Time every side for `steps` steps after warming up.

    Raises:
        ValueError: fewer than one step, pair or thread.
    """
    if min(steps, batch, threads) < 1:
        raise ValueError("steps, batch and threads start at 1")
    ours, theirs = robots(), official_recipe()
    long = hardware.compiles(ours.loop, CPU)
    narrow = multiplies_bfloat16(CPU)
    sides = {
        "today": _Side(ours.model, ours.loop, ours.loss, autocast=narrow, compiled=long),
        "settled": _Side(
            ours.model, ours.loop, ours.loss, autocast=narrow, compiled=long, settled=True
        ),
        "before": _Side(
            ours.model, ours.loop, ours.loss, autocast=False, compiled=False, fused=True
        ),
        "official": _Side(
            theirs.model, theirs.loop, theirs.loss, autocast=False, compiled=False, fused=True
        ),
    }
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        frame, future = torch.rand(2, batch, 3, ours.model.image_size, ours.model.image_size)
        for number in range(steps + 3):
            if number == 3:  # compiled, and the caches warm
                for side in sides.values():
                    side.seconds.clear()
            for side in sides.values():
                side.step(frame, future)
    finally:
        torch.set_num_threads(before)
    rates = {name: side.rate(batch) for name, side in sides.items()}
    return TrainingSpeed(**rates, bfloat16=narrow, compiled=long, batch=batch, threads=threads)


def command(options: argparse.Namespace) -> int:
    """Run with parsed options, print the table, and return the exit code."""
    figures = asdict(
        run(
            steps=12 if options.repeats is None else options.repeats,
            threads=1 if options.threads is None else options.threads,
        )
    )
    print(training_speed(figures))
    if options.write:
        kept = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in figures.items()}
        kept = {"command": "python -m lapa bench train --write"} | kept
        update_json(RESULTS, {(TRAIN,): kept})
    return 0
