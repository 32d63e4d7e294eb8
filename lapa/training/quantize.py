"""LAPA's stage 1: learn a quantizer whose codes name what changes between two frames (§3.1).

`quantize(config, cache, folder)` is the whole run: the frame pairs, the model, the recipe below
and the loop. The paper trains with mean squared error alone; the other terms and the
care for the codebook are ours, each with a weight or an interval in the config.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor, nn

from lapa.data import Cache, FramePairs, PairBatch, RolloutBatch, Rollouts, augment
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.features import FeatureNet
from lapa.training.adversary import Adversary
from lapa.training.average import WeightAverage
from lapa.training.closed_loop import ClosedLoop
from lapa.training.health import CodebookWatch
from lapa.training.loop import fit
from lapa.training.losses import LossWeights, normalised_features, total_loss
from lapa.training.preview import preview_grid
from lapa.training.progress import Metric, Progress
from lapa.training.quantize_config import QuantizeConfig
from lapa.training.remember import remember
from lapa.training.replacement import OfficialReplacement
from lapa.training.support import processes
from lapa.training.window import windows


class Judge(Protocol):
    """Figures of a quantizer on frame pairs; lapa.evaluation.checkup.headline is one."""

    def __call__(
        self, quantizer: LatentActionQuantizer, pairs: FramePairs
    ) -> Mapping[str, Metric]: ...


# its number, the frame pairs, and the steps of rollouts that come with them
Batch = tuple[int, PairBatch, RolloutBatch | None]


def quantize(
    config: QuantizeConfig,
    cache: Cache,
    folder: str | Path,
    *,
    resume: bool = False,
    judge: Judge | None = None,
) -> Iterator[Progress]:
    """Train a quantizer on the `train` episodes of `cache` and yield what happens.

    judge: figures of the averaged model on the held-out frame pairs, every `evaluate_every` steps;
    never called when the cache holds no `holdout` episode.
    The run lies in `folder`; the trained model in its `model/`. Raises ValueError when the cache
    does not fit the model or the config differs from the run that is resumed, and
    `health.CodebookCollapse` when the codes stop carrying information.
    """
    size = config.model.image_size
    if cache.image_size != size:
        raise ValueError(f"The cache holds {cache.image_size} px frames, the model takes {size}.")
    pairs = config.pairs(cache, "train")
    _check_motion(cache)
    held_out = config.pairs(cache, "holdout") if has_holdout(cache) else None
    recipe = QuantizeRecipe(config, pairs, pairs if held_out is None else held_out)
    remember(config, Path(folder))
    evaluate = None
    if judge is not None and held_out is not None:
        evaluate = partial(judge, pairs=held_out)
    yield from fit(recipe, config.loop, folder, resume=resume, evaluate=evaluate)


def _check_motion(cache: Cache) -> None:
    """Raises ValueError when every training clip shows one picture from its start to its end."""
    clips = [episode for episode in cache.episodes if episode.split == "train"]
    for clip in clips:
        frames = cache.frames[clip.start : clip.start + clip.length]
        if any((frame != frames[0]).any() for frame in frames[1:]):
            return
    raise ValueError(
        f"Nothing moves in any of the {len(clips)} training clips: every frame equals the one "
        "before it, so there is no change to learn a code for."
    )


def has_holdout(cache: Cache) -> bool:
    """Whether any episode is held out: of a set of fewer than ten, none is."""
    return any(episode.split == "holdout" for episode in cache.episodes)


class QuantizeRecipe:
    """The recipe on the loop: batches of frame pairs, the loss, and the care for the codebook."""

    def __init__(self, config: QuantizeConfig, pairs: FramePairs, shown: FramePairs) -> None:
        self.config, self.pairs, self.shown = config, pairs, shown
        self.model = _initial_model(config)
        model = config.model
        self.watch = CodebookWatch(model.code_length, model.codebook_size, config.codebook)
        self.replacement = _official_replacement(config)
        self.rollouts = self._rollouts(pairs)
        self.closed_loop = ClosedLoop()
        self._codes: list[Tensor] = []
        self._latent: Tensor | None = None
        self.place = 0.0
        # the step from which on the codes are settled, once that is known
        care, minutes = config.codebook, config.loop.minutes
        self.settled_from = care.settle_at + 1 if care.settle_at and minutes is None else 0
        self._features: FeatureNet | None = None
        self._adversary: Adversary | None = None
        self._adversary_state: dict[str, Tensor] = {}

    def _rollouts(self, pairs: FramePairs) -> Rollouts | None:
        config = self.config
        if not config.rollouts:
            return None
        if config.rollouts >= config.loop.batch_size:
            raise ValueError(
                f"{config.rollouts} of {config.loop.batch_size} pairs of a batch are rollouts; "
                f"at least one must not be."
            )
        mine = processes().process_index
        steps = config.rollout_steps
        return Rollouts(pairs, slots=config.rollouts, steps=steps, seed=mine)

    def batch(self, index: int) -> Batch:
        size = self.config.loop.batch_size
        if self.rollouts is None or not self._is_settled(index):
            return index, self.pairs.batch(index, size), None
        pairs = self.pairs.batch(index, size - self.rollouts.slots)
        return index, pairs, self.rollouts.batch(index // processes().num_processes)

    def loss(
        self, model: nn.Module, batch: Batch, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        index, pairs, rollouts = batch
        settled = self._is_settled(index)
        weights = self.config.loss
        if settled and self.config.settled_loss is not None:
            weights = self.config.settled_loss
        frame, future = (_floats(x, accelerator.device) for x in (pairs.frame, pairs.future))
        if self.config.reverse:
            frame, future = _every_other_backwards(frame, future, index)
        if self.config.augment:
            generator = torch.Generator().manual_seed(self.config.loop.seed * 1_000_003 + index)
            frame, future = augment(frame, future, generator)
        if rollouts is None:
            out, against = model(frame, future, settled=settled), frame
        else:
            images = rollouts.first, rollouts.frame, rollouts.future
            first, true, last = (_floats(x, accelerator.device) for x in images)
            imagined = torch.cat([frame, self.closed_loop.start(rollouts, true)])
            against = torch.cat([frame, first])
            frame, future = torch.cat([frame, true]), torch.cat([future, last])
            out = model(frame, future, settled=settled, imagined=imagined)
            self.closed_loop.keep(out.image[-len(first) :])
        self._codes.append(out.codes.detach())
        self._latent = out.latent.detach().float()
        sharp, criticism = self._criticism(
            weights, (frame, against), out.image, future, accelerator
        )
        loss, parts = total_loss(out.image, against, future, out.loss, weights, out.moved)
        return loss + sharp, parts | criticism

    def _criticism(
        self,
        weights: LossWeights,
        before: tuple[Tensor, Tensor],
        image: Tensor,
        future: Tensor,
        accelerator: Accelerator,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What features and the discriminator add to the loss, and the parts before weighting.

        before: x_t as the discriminator is to know it, and what copying is measured by.
        """
        total, parts = image.new_zeros(()), {}
        if not weights.feature and not weights.adversarial:
            return total, parts
        frame, future, image, against = windows(before[0], future, image, before[1])
        if weights.feature:
            net = self._feature_net(accelerator)
            parts["feature"] = normalised_features(net, image.clamp(0, 1), against, future)
            total = total + weights.feature * parts["feature"]
        if weights.adversarial:
            objection, told = self._objection(frame, image, future, accelerator)
            parts |= told | {"adversarial": objection}
            total = total + weights.adversarial * objection
        return total, parts

    def _objection(
        self, frame: Tensor, image: Tensor, future: Tensor, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """A step of the discriminator, and what it objects to once it has learned enough."""
        if self._adversary is None:
            self._adversary = self._begin_adversary(accelerator)
        rate = self.config.loop.rate_at(self.place)
        loss, right = self._adversary.learn(frame, image, future, rate=rate)
        objection = self._adversary.objection(frame, image, future)
        settle_at, steps = self.config.codebook.settle_at, self.config.loop.steps
        gone = (self.place - settle_at) / max(steps - settle_at, 1)
        if gone < self.config.adversary.alone:
            objection = 0 * objection
        return objection, {"discriminator": loss, "told_apart": right}

    def _begin_adversary(self, accelerator: Accelerator) -> Adversary:
        with torch.random.fork_rng():
            # the same weights in every process, and whenever the run is resumed
            torch.manual_seed(self.config.loop.seed)
            adversary = Adversary(self.config.adversary, accelerator)
        if self._adversary_state:
            adversary.load_state(self._adversary_state)
        return adversary

    def _feature_net(self, accelerator: Accelerator) -> FeatureNet:
        if self._features is None:
            self._features = FeatureNet.pretrained().to(accelerator.device)
        return self._features

    def _is_settled(self, index: int) -> bool:
        """Whether batch `index` (of all processes) belongs to a step with settled codes."""
        step = index // (self.config.loop.accumulate * processes().num_processes) + 1
        return 0 < self.settled_from <= step

    def _settle_by_the_clock(self, step: int) -> None:
        """Of a run that ends by the clock: decide from which step on the codes are settled.

        Batches are made ahead, so the step lies beyond those that exist already.
        """
        due = self.config.loop.minutes is not None and self.config.codebook.settle_at > 0
        if due and not self.settled_from and self.place >= self.config.codebook.settle_at:
            self.settled_from = step + self.config.loop.workers + 2

    def after_step(
        self, step: int, model: nn.Module, average: WeightAverage, accelerator: Accelerator
    ) -> dict[str, Metric]:
        """Re-seed unused codes when due, settle them, count the use, watch for collapse."""
        codes = accelerator.gather(torch.cat(self._codes))
        self.watch.update(codes)
        if self.replacement is not None:
            self.replacement.count(codes)
        self._codes.clear()
        metrics = self.watch.metrics()
        if self._replacement_due(step):
            with average.following(model):
                metrics["codes_replaced"] = self._replace_unused(model, accelerator)
        self._settle_by_the_clock(step)
        if step + 1 == self.settled_from:
            average.give(model)
        self.watch.check(step)
        return metrics

    def _replacement_due(self, step: int) -> bool:
        care = self.config.codebook
        if care.official:
            return OfficialReplacement.due(step)
        due = care.replace_every and step % care.replace_every == 0
        return bool(due) and self.place <= care.replace_until

    def _replace_unused(self, model: nn.Module, accelerator: Accelerator) -> int:
        if self.replacement is None:
            return _replace_unused(model, self._latent, accelerator)
        # every process counted the codes of all, so all do the same but for the noise of 1e-12
        return self.replacement.replace(model.codebook, self.config.loop.batch_size)

    def preview(self, model: nn.Module) -> np.ndarray:
        return preview_grid(model, self.shown)

    def export(self, model: nn.Module, folder: Path) -> None:
        model.save_pretrained(folder)

    def state(self) -> dict[str, Tensor]:
        official = {} if self.replacement is None else self.replacement.state()
        adversary = self._adversary_state if self._adversary is None else self._adversary.state()
        settled = {"settled_from": torch.tensor(self.settled_from)}
        mine = {f"adversary/{name}": value for name, value in adversary.items()}
        return self.watch.state() | self.closed_loop.state() | official | settled | mine

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        self.watch.load_state(tensors)
        self.closed_loop.load_state(tensors)
        if self.replacement is not None:
            self.replacement.load_state(tensors)
        self.settled_from = int(tensors["settled_from"])
        prefix = "adversary/"
        self._adversary_state = {
            k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)
        }


def _initial_model(config: QuantizeConfig) -> LatentActionQuantizer:
    if config.start_from is None:
        torch.manual_seed(config.loop.seed)
        return LatentActionQuantizer(config.model)
    model = LatentActionQuantizer.from_pretrained(config.start_from)
    if model.config != config.model:
        raise ValueError(f"The model in {config.start_from} has another config than this run.")
    return model


def _official_replacement(config: QuantizeConfig) -> OfficialReplacement | None:
    if not config.codebook.official:
        return None
    if config.model.quantizer != "nsvq" or not config.model.shared_codebook:
        raise ValueError("LAPA's replacement of unused codes is for NSVQ with a shared codebook.")
    return OfficialReplacement(config.model.codebook_size)


def _replace_unused(model: nn.Module, latent: Tensor, accelerator: Accelerator) -> int:
    """Judge by the use in all processes together, and leave all with the same codebook."""
    codebook = model.codebook
    several = accelerator.num_processes > 1
    if several:
        codebook.usage.copy_(accelerator.reduce(codebook.usage, "sum"))
    replaced = codebook.replace_unused(latent)
    if several:
        for tensor in (*codebook.parameters(), *codebook.buffers()):
            broadcast(tensor.data)
    return int(replaced)


def _every_other_backwards(frame: Tensor, future: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Even pairs exchanged in even batches, odd pairs in odd ones."""
    turn = torch.arange(len(frame), device=frame.device) % 2 == index % 2
    turn = turn[:, None, None, None]
    return torch.where(turn, future, frame), torch.where(turn, frame, future)


def _floats(images: np.ndarray, device: torch.device) -> Tensor:
    """(B, h, w, 3) uint8 -> (B, 3, h, w) float in [0, 1], converted on the device."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div(255).contiguous()
