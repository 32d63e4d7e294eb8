"""The one training loop: `fit(recipe, config, folder)` yields `Progress` until the run ends.

What is trained, on what and with which loss is the recipe's business; the loop owns devices
(CPU, one GPU, several: parallel.py), precision, the schedule, the weight average, checkpoints and
the exact resume. Everything random in a step is a function of (seed, step), and so is the data
position, so that a run killed at any moment and resumed gives the same losses bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Generic

import torch
from accelerate import Accelerator
from PIL import Image
from torch import Tensor, nn

from lapa.training import parallel
from lapa.training.average import Model, WeightAverage
from lapa.training.checkpoint import (
    check_fits,
    list_checkpoints,
    load_optimizer_tensors,
    newest_whole,
    optimizer_tensors,
    replace_folder,
    save_checkpoint,
)
from lapa.training.hardware import autocasts, compiles
from lapa.training.muon import Muon, Together
from lapa.training.progress import Clock, Metric, Progress
from lapa.training.recipe import Batch, LoopConfig, Recipe
from lapa.training.records import Records
from lapa.training.support import Ahead, seed_everything, stop_on_signals

# a linear layer with fewer rows or columns than this stays with AdamW
NARROW = 32
Evaluate = Callable[[Model], Mapping[str, Metric]]


def fit(
    recipe: Recipe[Model, Batch],
    config: LoopConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    evaluate: Evaluate[Model] | None = None,
    sharded: bool = False,
) -> Iterator[Progress]:
    """Train and yield what happens. Seeds the global generators of python, numpy and torch.

    folder: the run's folder. With resume=True the run continues from its newest checkpoint that is
    whole (a damaged one is logged), or starts if there is none yet. SIGINT and SIGTERM save, yield
    "stopped" and end the iterator. sharded: among several processes every one holds a share of the
    model (FSDP2), which needs `parallel.InBlocks`; else each holds all of it (DDP).

    Raises ValueError for a folder that holds a run when resume is False, a batch that the processes
    cannot share, or a checkpoint of another model; FloatingPointError when the loss is no longer a
    number; ConnectionError when another process is gone. Exceptions leave the checkpoints alone.
    """
    with parallel.together():
        run = _Run(recipe, config, Path(folder), resume, sharded)
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


class _Run(Generic[Model, Batch]):
    """The state of a run and its verbs; `fit` above gives their order."""

    def __init__(
        self,
        recipe: Recipe[Model, Batch],
        config: LoopConfig,
        folder: Path,
        resume: bool,
        sharded: bool,
    ) -> None:
        self.recipe, self.config, self.folder = recipe, config, folder
        parallel.rows(config.batch_size)  # all can share it
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
        )
        self.device = self.accelerator.device
        self.sharded = sharded and not parallel.alone()
        self.autocast = autocasts(config, self.device)
        self.step, self.loss, self.saved, self.evaluated = 0, math.nan, -1, -1
        self.started, self.spent = time.monotonic(), 0.0
        self._prepare(recipe.model)
        self.optimizer = make_optimizer(recipe.model, config)
        if checkpoints:
            self._load(checkpoints)
        parallel.agree(self.step, "the step to go on from", self.device)
        self.compiled = compiles(config, self.device)
        if self.compiled:
            recipe.model.compile()
        self.model: nn.Module = recipe.model
        if not self.sharded:
            self.model = parallel.replicate(recipe.model, self.device)
        self.clock = Clock()
        self.main = self.accelerator.is_main_process
        self.records = Records(self.accelerator, folder, self.step, asdict(config))
        first = self.step * config.accumulate
        self.batches = Ahead(recipe.batch, first, workers=config.workers)

    def _prepare(self, model: Model) -> None:
        """Put the model, and its average, where they are trained."""
        if self.config.gradient_checkpointing:
            if not isinstance(model, parallel.InBlocks):
                raise ValueError(
                    f"{type(model).__name__} has no blocks: it is trained without gradient "
                    "checkpointing"
                )
            model.checkpoint_gradients()
        if not self.sharded:
            model.to(self.device)
            self.average = WeightAverage(model, self.config.ema_decay)
            return
        self.empty = parallel.skeleton(model)
        self.average = WeightAverage(model, self.config.ema_decay)
        parallel.shard(self.average.module, self.device)
        parallel.shard(model, self.device, bfloat16=self.autocast)

    def _load(self, checkpoints: list[Path]) -> None:
        model, average = self.recipe.model, self.average.module
        tensors, state = newest_whole(checkpoints, model if self.sharded else None)
        self.step, self.loss = state["step"], state["loss"]
        self.saved = self.step
        self.spent = state.get("spent", 0.0)
        check_fits(tensors["model"], model, self.folder)
        model.load_state_dict(parallel.place(tensors["model"], model))
        average.load_state_dict(parallel.place(tensors["average"], average))
        load_optimizer_tensors(model, self.optimizer, tensors["optimizer"])
        self.recipe.load_state(tensors["recipe"])

    @property
    def over(self) -> bool:
        """Whether all steps are done, or the time is up."""
        if self.config.minutes is None:
            return self.step >= self.config.steps
        return self.everywhere(self.seconds >= 60 * self.config.minutes)

    @property
    def seconds(self) -> float:
        """How long the run has taken, those before it was resumed included."""
        return self.spent + time.monotonic() - self.started

    def _place(self) -> float:
        """Where the step that begins now lies in the schedule; the same in every process."""
        if self.config.minutes is None:
            return self.step
        share = min(self.seconds / (60 * self.config.minutes), 1.0)
        if not parallel.alone():
            share = float(parallel.mean(torch.tensor(share, device=self.device)))
        return 1 + share * (self.config.steps - 1)

    def advance(self) -> Progress:
        """One optimiser step."""
        self.clock.start()
        self.step += 1
        self.recipe.place = self._place()
        # the last was the process's number once; without it a run would draw other numbers
        seed_everything(self.config.seed, self.step, 0)
        rate = self.config.rate_at(self.recipe.place)
        self.model.train()
        means = self._gradients()
        self.loss = means.pop("loss")
        self._check("loss", self.loss)
        norm = self._update(rate)
        plain = self.recipe.model
        self.average.update(plain, self.step)
        parts: dict[str, Metric] = {**means}
        parts |= self.recipe.after_step(self.step, plain, self.average, self.accelerator)
        self.clock.stop()
        return self._report("step", parts | {"learning_rate": rate, "gradient_norm": norm})

    def _gradients(self) -> dict[str, float]:
        """Accumulated gradients; the mean of the loss (under "loss") and of each of its parts."""
        count = self.config.accumulate
        sums: dict[str, Tensor] = {}
        for index in range(count):
            batch = self.batches.take()
            last = index == count - 1
            with (
                parallel.unsynchronised(self.model, last=last),
                parallel.draws(compiled=self.compiled),
            ):
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
                    loss, parts = self.recipe.loss(self.model, batch, self.accelerator)
                (loss / count).backward()
            for name, part in {"loss": loss, **parts}.items():
                share = part.detach().float() / count
                sums[name] = sums[name] + share if name in sums else share
        # One transfer: on a GPU every .item() would wait for the device.
        means = parallel.mean(torch.stack(list(sums.values())))
        return dict(zip(sums, means.tolist(), strict=True))

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
        norm = parallel.clip(self.model.parameters(), limit)
        self._check("gradient norm", norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm

    def visit(self, evaluate: Evaluate[Model] | None) -> Iterator[Progress]:
        """What is due at this step, in the order preview, evaluation, checkpoint."""
        if self._due(self.config.preview_every):
            yield self._preview()
        if evaluate is not None and self._due(self.config.evaluate_every):
            yield self._evaluate(evaluate)
        if self._due(self.config.save_every):
            yield self._save()

    def finish(self, event: str, evaluate: Evaluate[Model] | None) -> Iterator[Progress]:
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

    def _evaluate(self, evaluate: Evaluate[Model]) -> Progress:
        self.evaluated = self.step
        # of a model in shards each process computes a part
        looking = self.main or self.sharded
        metrics = dict(evaluate(self.average.module)) if looking else {}
        self.accelerator.wait_for_everyone()
        return self._report("evaluated", metrics)

    def _save(self) -> Progress:
        self.saved = self.step
        model, average = self.recipe.model, self.average.module
        tensors = {
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer_tensors(model, self.optimizer),
            "recipe": self.recipe.state(),
        }
        state = {"loss": self.loss, "spent": self.seconds}
        folder, keep = self.folder / "checkpoints", self.config.keep
        path = save_checkpoint(folder, self.step, tensors, state, keep=keep)
        if self.sharded:
            average = parallel.assembled(average, self.empty)
        if self.main:
            export = self.recipe.export
            replace_folder(self.folder / "model", lambda f: export(average, f))
        self.accelerator.wait_for_everyone()
        return self._report("saved", {}, path)

    def _report(self, event: str, metrics: dict[str, Metric], path: Path | None = None) -> Progress:
        config = self.config
        samples = config.batch_size * config.accumulate
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
        if parallel.alone():
            return flag
        return bool(parallel.total(torch.tensor(float(flag), device=self.device)) > 0)

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


def linear_weights(model: nn.Module) -> set[Tensor]:
    """Trained weights of linear layers; those to or from a few numbers are no matrices to turn."""
    weights = {m.weight for m in model.modules() if isinstance(m, nn.Linear)}
    return {w for w in weights if w.requires_grad and min(w.shape) >= NARROW}
