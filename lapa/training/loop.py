"""The one training loop: `fit(recipe, config, folder)` yields `Progress` until the run ends.

What is trained, on what and with which loss is the recipe's business; the loop owns devices
(accelerate: CPU, one GPU, several), precision, the schedule, the weight average, checkpoints and
the exact resume. Everything random in a step is a function of (seed, step, process), and so is the
data position, so that a run killed at any moment and resumed gives the same losses bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from PIL import Image
from torch import nn

from lapa.training.average import WeightAverage
from lapa.training.checkpoint import (
    list_checkpoints,
    load_checkpoint,
    load_optimizer_tensors,
    optimizer_tensors,
    replace_folder,
    save_checkpoint,
)
from lapa.training.hardware import autocasts, compiles
from lapa.training.muon import Muon, Together
from lapa.training.progress import Clock, Metric, Progress
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.records import Records
from lapa.training.support import Ahead, seed_everything, stop_on_signals

# a linear layer with fewer rows or columns than this stays with AdamW
NARROW = 32
Evaluate = Callable[[nn.Module], Mapping[str, Metric]]


def fit(
    recipe: Recipe,
    config: LoopConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    evaluate: Evaluate | None = None,
) -> Iterator[Progress]:
    """Train and yield what happens. Seeds the global generators of python, numpy and torch.

    folder: the run's folder. With resume=True the run continues from its newest checkpoint, or
    starts if there is none yet. SIGINT and SIGTERM save, yield "stopped" and end the iterator.
    Raises ValueError for a folder that holds a run when resume is False, and
    FloatingPointError when the loss is no longer a number. Exceptions leave the checkpoints alone.
    """
    run = _Run(recipe, config, Path(folder), resume)
    with stop_on_signals() as stop:
        try:
            while not run.over:
                yield run.advance()
                if run.everywhere(bool(stop)):
                    yield from run.finish("stopped", None)
                    return
                yield from run.visit(evaluate)
            yield from run.finish("finished", evaluate)
        finally:
            run.close()


class _Run:
    """The state of a run and its verbs; `fit` above gives their order."""

    def __init__(self, recipe: Recipe, config: LoopConfig, folder: Path, resume: bool) -> None:
        self.recipe, self.config, self.folder = recipe, config, folder
        checkpoints = list_checkpoints(folder / "checkpoints")
        if checkpoints and not resume:
            raise ValueError(
                f"{folder} already holds a run ({checkpoints[-1].name}): resume it, or choose "
                f"another folder."
            )
        self.accelerator = Accelerator(
            cpu=not torch.cuda.is_available(),
            log_with=list(config.trackers) or None,
            project_dir=str(folder),
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.device = self.accelerator.device
        recipe.model.to(self.device)
        self.average = WeightAverage(recipe.model, config.ema_decay)
        self.step, self.loss, self.saved, self.evaluated = 0, math.nan, -1, -1
        self.began, self.spent = time.monotonic(), 0.0
        optimizer = make_optimizer(recipe.model, config)
        if checkpoints:
            self._load(checkpoints[-1], optimizer)
        if compiles(config, self.device):
            recipe.model.compile()
        self.model, self.optimizer = self.accelerator.prepare(recipe.model, optimizer)
        self.autocast = autocasts(config, self.device)
        self.clock = Clock()
        self.main = self.accelerator.is_main_process
        self.records = Records(self.accelerator, folder, self.step, asdict(config))
        first = self.step * config.accumulate
        self.batches = Ahead(self._batch, first, workers=config.workers)

    def _load(self, path: Path, optimizer: torch.optim.Optimizer) -> None:
        tensors, state = load_checkpoint(path)
        self.step, self.loss = state["step"], state["loss"]
        self.saved = self.step
        self.spent = state.get("spent", 0.0)
        self.recipe.model.load_state_dict(tensors["model"])
        self.average.module.load_state_dict(tensors["average"])
        load_optimizer_tensors(self.recipe.model, optimizer, tensors["optimizer"])
        self.recipe.load_state(tensors["recipe"])

    def _batch(self, index: int) -> Any:
        """Every process takes its own share of one global order of batches."""
        accelerator = self.accelerator
        return self.recipe.batch(index * accelerator.num_processes + accelerator.process_index)

    @property
    def over(self) -> bool:
        """Whether all steps are done, or the time is up."""
        if self.config.minutes is None:
            return self.step >= self.config.steps
        return self.everywhere(self.seconds >= 60 * self.config.minutes)

    @property
    def seconds(self) -> float:
        """How long the run has taken, those before it was resumed included."""
        return self.spent + time.monotonic() - self.began

    def _place(self) -> float:
        """Where the step that begins now lies in the schedule; the same in every process."""
        if self.config.minutes is None:
            return self.step
        share = min(self.seconds / (60 * self.config.minutes), 1.0)
        if self.accelerator.num_processes > 1:
            mine = torch.tensor(share, device=self.device)
            share = float(self.accelerator.reduce(mine, "mean"))
        return 1 + share * (self.config.steps - 1)

    def advance(self) -> Progress:
        """One optimiser step."""
        self.clock.start()
        self.step += 1
        self.recipe.place = self._place()
        seed_everything(self.config.seed, self.step, self.accelerator.process_index)
        rate = self.config.rate_at(self.recipe.place)
        self.model.train()
        parts = self._gradients()
        self._check("loss", parts["loss"])
        norm = self._update(rate)
        plain = self.accelerator.unwrap_model(self.model)
        self.average.update(plain, self.step)
        self.loss = parts.pop("loss")
        parts |= self.recipe.after_step(self.step, plain, self.average, self.accelerator)
        self.clock.stop()
        return self._report("step", parts | {"learning_rate": rate, "gradient_norm": norm})

    def _gradients(self) -> dict[str, Metric]:
        """Accumulated gradients; the mean of the loss (under "loss") and of each of its parts."""
        count, sums = self.config.accumulate, {}
        for index in range(count):
            batch = self.batches.take()
            last = index == count - 1
            with nullcontext() if last else self.accelerator.no_sync(self.model):
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
                    loss, parts = self.recipe.loss(self.model, batch, self.accelerator)
                self.accelerator.backward(loss / count)
            for name, part in {"loss": loss, **parts}.items():
                sums[name] = sums.get(name, 0) + part.detach().float() / count
        # One transfer: on a GPU every .item() would wait for the device.
        return dict(zip(sums, torch.stack(list(sums.values())).tolist(), strict=True))

    def _check(self, name: str, value: float) -> None:
        if not math.isfinite(value):
            raise FloatingPointError(
                f"The {name} is {value} at step {self.step}: lower the learning rate or the "
                f"gradient clip. The last checkpoint is untouched."
            )

    def _update(self, rate: float) -> float:
        """The optimiser's step with clipped gradients; returns their norm before clipping."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        limit = self.config.gradient_clip or math.inf
        norm = float(self.accelerator.clip_grad_norm_(self.model.parameters(), limit))
        self._check("gradient norm", norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm

    def visit(self, evaluate: Evaluate | None) -> Iterator[Progress]:
        """What is due at this step, in the order preview, evaluation, checkpoint."""
        if self._due(self.config.preview_every):
            yield self._preview()
        if evaluate is not None and self._due(self.config.evaluate_every):
            yield self._evaluate(evaluate)
        if self._due(self.config.save_every):
            yield self._save()

    def finish(self, event: str, evaluate: Evaluate | None) -> Iterator[Progress]:
        """Save what is not saved yet; a finished run is also evaluated."""
        if self.saved != self.step:
            yield self._save()
        if evaluate is not None and event == "finished" and self.evaluated != self.step:
            yield self._evaluate(evaluate)
        yield self._report(event, {}, self.folder / "model")

    def _due(self, every: int) -> bool:
        return every > 0 and self.step % every == 0

    def _preview(self) -> Progress:
        path = self.folder / "previews" / f"step-{self.step:08d}.png"
        if self.main:
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(self.recipe.preview(self.average.module)).save(path)
        return self._report("previewed", {}, path)

    def _evaluate(self, evaluate: Evaluate) -> Progress:
        self.evaluated = self.step
        metrics = dict(evaluate(self.average.module)) if self.main else {}
        self.accelerator.wait_for_everyone()
        return self._report("evaluated", metrics)

    def _save(self) -> Progress:
        self.saved = self.step
        path = self.folder / "checkpoints"
        if self.main:
            model = self.accelerator.unwrap_model(self.model)
            tensors = {
                "model": model.state_dict(),
                "average": self.average.module.state_dict(),
                "optimizer": optimizer_tensors(model, self.optimizer),
                "recipe": self.recipe.state(),
            }
            state = {"loss": self.loss, "spent": self.seconds}
            path = save_checkpoint(path, self.step, tensors, state, keep=self.config.keep)
            export = self.recipe.export
            replace_folder(self.folder / "model", lambda f: export(self.average.module, f))
        self.accelerator.wait_for_everyone()
        return self._report("saved", {}, path)

    def _report(self, event: str, metrics: dict[str, Metric], path: Path | None = None) -> Progress:
        config = self.config
        samples = config.batch_size * config.accumulate * self.accelerator.num_processes
        per_step, rate = self.clock.seconds_per_step, self.clock.rate(samples)
        if config.minutes is None:
            left = (config.steps - self.step) * per_step
            steps = config.steps
        else:
            left = max(60 * config.minutes - self.seconds, 0.0)
            steps = self.step + round(left / max(per_step, 1e-9))
        progress = Progress(event, self.step, steps, self.loss, metrics, rate, left, path)
        self.records.write(progress)
        return progress

    def everywhere(self, flag: bool) -> bool:
        """True in every process when `flag` is true in any: all must leave the loop together."""
        if self.accelerator.num_processes == 1:
            return flag
        mine = torch.tensor(float(flag), device=self.device)
        return bool(self.accelerator.reduce(mine, "sum") > 0)

    def close(self) -> None:
        self.batches.close()
        self.records.close()


def make_optimizer(model: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW, or Muon for the linear layers and AdamW for the rest.

    Weight decay is on matrices only, and never on a codebook, which it would shrink.
    """
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    turned = linear_weights(model) if config.optimizer == "muon" else set()
    rest = {name: p for name, p in trained.items() if p not in turned}
    decayed = [p for name, p in rest.items() if p.ndim >= 2 and "codebook" not in name]
    plain = [p for p in rest.values() if p not in set(decayed)]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    adamw = torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=config.betas,
        fused=True,
    )
    if not turned:
        return adamw
    matrices = [p for p in trained.values() if p in turned]
    muon = Muon(matrices, lr=config.learning_rate, weight_decay=config.weight_decay)
    return Together(muon, adamw)


def linear_weights(model: nn.Module) -> set[nn.Parameter]:
    """Trained weights of linear layers; those to or from a few numbers are no matrices to turn."""
    weights = {m.weight for m in model.modules() if isinstance(m, nn.Linear)}
    return {w for w in weights if w.requires_grad and min(w.shape) >= NARROW}
