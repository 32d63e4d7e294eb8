"""LAPA's stage 1: learn a quantizer whose codes name what changes between two frames (§3.1).

`quantize(config, cache, folder)` is the whole run: the frame pairs, the model, the recipe below
and the loop. The paper trains with mean squared error alone; the other terms and the
care for the codebook are ours, each with a weight or an interval in the config.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data import Cache, FramePairs, PairBatch, RolloutBatch, Rollouts
from lapa.data.augment import augment
from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.features import FeatureNet
from lapa.nn.quantizers import Codebook
from lapa.training import parallel
from lapa.training.adversary import Adversary, AdversaryConfig
from lapa.training.average import WeightAverage
from lapa.training.loop import fit
from lapa.training.progress import Metric, Progress
from lapa.training.quantizer.closed_loop import ClosedLoop
from lapa.training.quantizer.health import CodebookCare, CodebookWatch
from lapa.training.quantizer.losses import LossWeights, normalised_features, total_loss
from lapa.training.quantizer.replacement import OfficialReplacement
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.remember import remember
from lapa.training.window import windows

# latents that k-means places codes among: some sixty batches, more than enough for eight means and
# few enough to be of one state of the encoder
_PLACED_AMONG = 2_000

# pixels of white around a picture of a preview
_GAP = 2


@dataclass(frozen=True)
class QuantizeConfig:
    """A complete run.

    gap_seconds: None takes the model's gap; a dict gives one per source or embodiment. start_from:
    a checkpoint whose weights the run starts with (its config must equal `model`). reverse: play
    every other pair of a batch backwards, (x_t+H, x_t): as many pairs again, and no film shows
    which way round it runs. settled_loss: the loss once the codes are settled; None keeps `loss`.
    A discriminator learns (as `adversary` says) where it is weighed there; it and the features
    teach the decoder to draw, so neither can be weighed in `loss`, which the codes learn from.
    rollouts: how many of a batch's pairs are, once the codes are settled, steps of closed loops of
    `rollout_steps` steps, in which the decoder goes on from what it imagined at the step before;
    their errors are held against copying the first frame. keep_codes: the codes of `start_from`
    are settled from the first step on, so that its decoder alone learns, however long it already
    has, and everything that was made of those codes stays true.
    """

    model: LAQConfig
    loop: LoopConfig
    loss: LossWeights = field(default_factory=LossWeights)
    codebook: CodebookCare = field(default_factory=CodebookCare)
    gap_seconds: float | dict[str, float] | None = None
    augment: bool = True
    reverse: bool = False
    settled_loss: LossWeights | None = None
    adversary: AdversaryConfig = field(default_factory=AdversaryConfig)
    rollouts: int = 0
    rollout_steps: int = 16
    start_from: str | None = None
    keep_codes: bool = False

    def __post_init__(self) -> None:
        if self.keep_codes and self.start_from is None:
            raise ValueError("keep_codes keeps those of start_from, and no checkpoint is named.")
        if self.loss.feature or self.loss.adversarial:
            raise ValueError(
                "features and discriminator teach the decoder alone: weigh them in settled_loss."
            )

    def pairs(self, cache: Cache, split: str) -> FramePairs:
        """The frame pairs of one split at this run's gap."""
        gap = self.model.gap_seconds if self.gap_seconds is None else self.gap_seconds
        return FramePairs(cache, gap, split=split, seed=self.loop.seed)


class Judge(Protocol):
    """Figures of a quantizer on frame pairs; lapa.checkup.examine.headline is one."""

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


class QuantizeRecipe(Recipe[LatentActionQuantizer, Batch]):
    """The recipe on the loop: batches of frame pairs, the loss, and the care for the codebook."""

    def __init__(
        self, config: QuantizeConfig, pairs: FramePairs, preview_pairs: FramePairs
    ) -> None:
        self.config, self.pairs, self.preview_pairs = config, pairs, preview_pairs
        self.model = _initial_model(config)
        if not parallel.alone():
            self.model.codebook.total = parallel.total
        model = config.model
        self.watch = CodebookWatch(model.code_length, model.codebook_size, config.codebook)
        self.replacement = _official_replacement(config)
        self.rollouts = self._rollouts(pairs)
        self.closed_loop = ClosedLoop()
        self._codes: list[Tensor] = []
        # of the last batch, (B, S, D)
        self._latent = torch.zeros(0, model.code_length, model.quant_dim)
        # of the last batches of all processes while there are no codes yet, (N, S, D)
        self._latents = self._latent
        # the step from which on the codes are settled, once that is known
        care, minutes = config.codebook, config.loop.minutes
        self.settled_from = care.settle_at + 1 if care.settle_at and minutes is None else 0
        # the place in the schedule at which they settle
        self.settles_at = care.settle_at
        if config.keep_codes:
            self.settled_from, self.settles_at = 1, 0
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
        parallel.rows(config.rollouts, config.loop.batch_size - config.rollouts)
        return Rollouts(pairs, slots=config.rollouts, steps=config.rollout_steps)

    def batch(self, index: int) -> Batch:
        size = self.config.loop.batch_size
        if self.rollouts is None or not self._is_settled(index):
            return index, self.pairs.batch(index, size, parallel.rows()), None
        pairs = self.pairs.batch(index, size - self.rollouts.slots, parallel.rows())
        return index, pairs, self.rollouts.batch(index, parallel.rows())

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
            count = len(frame) * parallel.processes().num_processes
            frame, future = augment(frame, future, generator, rows=parallel.rows(), whole=count)
        if rollouts is None:
            continuous = self._is_continuous(self._step_of(index))
            out = model(frame, future, settled=settled, continuous=continuous)
            against = frame
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
        total = image.new_zeros(())
        parts: dict[str, Tensor] = {}
        if not weights.feature and not weights.adversarial:
            return total, parts
        frame, future, image, against = windows(before[0], future, image, before[1])
        if weights.feature:
            net = self._feature_net(accelerator)
            parts["feature"] = normalised_features(net, image.clamp(0, 1), against, future)
            total = total + weights.feature * parts["feature"]
        if weights.adversarial:
            objection, figures = self._objection(frame, image, future, accelerator)
            parts |= figures | {"adversarial": objection}
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
        settled = self.config.loop.steps - self.settles_at
        gone = (self.place - self.settles_at) / max(settled, 1)
        if gone < self.config.adversary.alone:
            objection = 0 * objection
        return objection, {"discriminator": loss, "told_apart": right}

    def _begin_adversary(self, accelerator: Accelerator) -> Adversary:
        with torch.random.fork_rng():
            # the same weights in every process, and whenever the run is resumed
            torch.manual_seed(self.config.loop.seed)
            adversary = Adversary(self.config.adversary, accelerator.device)
        if self._adversary_state:
            adversary.load_state(self._adversary_state)
        return adversary

    def _feature_net(self, accelerator: Accelerator) -> FeatureNet:
        if self._features is None:
            self._features = FeatureNet.pretrained().to(accelerator.device)
        return self._features

    def _is_settled(self, index: int) -> bool:
        """Whether batch `index` belongs to a step with settled codes."""
        return 0 < self.settled_from <= self._step_of(index)

    def _is_continuous(self, step: int) -> bool:
        """Whether there are no codes yet at a step; kept ones are there from the first on."""
        return step <= self.config.codebook.continuous_until and not self.config.keep_codes

    def _step_of(self, index: int) -> int:
        """The step, from 1 on, to which batch `index` belongs."""
        return index // self.config.loop.accumulate + 1

    def _settle_by_the_clock(self, step: int) -> None:
        """Of a run that ends by the clock: decide from which step on the codes are settled.

        Batches are made ahead, so the step lies beyond those that exist already.
        """
        due = self.config.loop.minutes is not None and self.settles_at > 0
        if due and not self.settled_from and self.place >= self.settles_at:
            self.settled_from = step + self.config.loop.workers + 2

    def after_step(
        self,
        step: int,
        model: LatentActionQuantizer,
        average: WeightAverage[LatentActionQuantizer],
        accelerator: Accelerator,
    ) -> dict[str, Metric]:
        """Re-seed unused codes when due, settle them, count the use, watch for collapse."""
        codes = parallel.gather_rows(torch.cat(self._codes))
        self.watch.update(codes)
        if self.replacement is not None:
            self.replacement.count(codes)
        self._codes.clear()
        metrics = self.watch.metrics()
        if self._is_continuous(step):
            with average.following(model):
                self._place_codes(step, model.codebook)
        elif self._replacement_due(step):
            with average.following(model):
                metrics["codes_replaced"] = self._replace_unused(model)
        self._settle_by_the_clock(step)
        if step + 1 == self.settled_from:
            average.give(model)
        self.watch.check(step)
        return metrics

    def _place_codes(self, step: int, codebook: Codebook) -> None:
        """Keep the latents of a step without codes; after the last, put codes among them."""
        latents = parallel.gather_rows(self._latent)
        latents = torch.cat([self._latents.to(latents), latents])
        self._latents = latents[-_PLACED_AMONG:]
        if step == self.config.codebook.continuous_until:
            codebook.fit(self._latents)
            self._latents = self._latents[:0]

    def _replacement_due(self, step: int) -> bool:
        care = self.config.codebook
        if 0 < self.settled_from <= step:
            return False
        if care.official:
            return OfficialReplacement.due(step)
        due = care.replace_every and step % care.replace_every == 0
        return bool(due) and self.place <= care.replace_until

    def _replace_unused(self, model: LatentActionQuantizer) -> int:
        # every process counted the codes of all and draws the same numbers, so all do the same
        if self.replacement is None:
            return model.codebook.replace_unused(parallel.gather_rows(self._latent))
        return self.replacement.replace(model.codebook, self.config.loop.batch_size)

    def preview(self, model: LatentActionQuantizer) -> np.ndarray:
        return preview_grid(model, self.preview_pairs)

    def export(self, model: LatentActionQuantizer, folder: Path) -> None:
        model.save_pretrained(folder)

    def state(self) -> dict[str, Tensor]:
        official = {} if self.replacement is None else self.replacement.state()
        adversary = self._adversary_state if self._adversary is None else self._adversary.state()
        settled = {"settled_from": torch.tensor(self.settled_from), "latents": self._latents}
        mine = {f"adversary/{name}": value for name, value in adversary.items()}
        return self.watch.state() | self.closed_loop.state() | official | settled | mine

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        self.watch.load_state(tensors)
        self.closed_loop.load_state(tensors)
        if self.replacement is not None:
            self.replacement.load_state(tensors)
        self.settled_from = int(tensors["settled_from"])
        self._latents = tensors["latents"]
        prefix = "adversary/"
        self._adversary_state = {
            k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)
        }


def preview_grid(quantizer: LatentActionQuantizer, pairs: FramePairs, rows: int = 8) -> np.ndarray:
    """Columns x_t, x_t+H, prediction, |prediction − x_t+H| (brightened ×3); (H, W, 3) uint8.

    The pairs are those of batch 0, which balances embodiments: the same in every preview of a run.
    """
    batch = pairs.batch(0, rows)
    prediction = quantizer.decode(batch.frame, quantizer.encode(batch.frame, batch.future))
    difference = np.abs(prediction.astype(int) - batch.future)
    brightened = np.clip(3 * difference, 0, 255).astype(np.uint8)
    columns = (batch.frame, batch.future, prediction, brightened)
    lines = [np.hstack([_framed(column[row]) for column in columns]) for row in range(rows)]
    return np.vstack(lines)


def _framed(image: np.ndarray) -> np.ndarray:
    """A thin white border keeps neighbouring pictures apart."""
    return np.pad(image, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)


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


def _every_other_backwards(frame: Tensor, future: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Even pairs exchanged in even batches, odd pairs in odd ones."""
    turn = parallel.numbers(len(frame), frame.device) % 2 == index % 2
    turn = turn[:, None, None, None]
    return torch.where(turn, future, frame), torch.where(turn, frame, future)


def _floats(images: np.ndarray, device: torch.device) -> Tensor:
    """(B, h, w, 3) uint8 -> (B, 3, h, w) float in [0, 1], converted on the device."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float().div(255).contiguous()
