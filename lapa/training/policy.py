"""LAPA's stages 2 and 3: a policy learns latent actions, then a robot's actions (§3.2, §3.3).

Both are the same recipe: the next code, or the next bin, given frame, instruction and those
before it. Stage 3 starts from stage 2 without its latent action head, with a new action head; from
nothing it is the baseline that latent pretraining is held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data.bins import ActionBins
from lapa.models.policy import LatentPolicy, PolicyConfig
from lapa.models.tokenizers import Tokenizer
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel
from lapa.training.average import WeightAverage
from lapa.training.loop import fit
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import LoopConfig
from lapa.training.remember import remember
from lapa.training.samples import Samples

_MEASURED = 512


@dataclass(frozen=True)
class PolicyRun:
    """A complete run of either stage.

    dim, layers, heads, hidden: of the trunk. prompt_length: text tokens before the frame.
    keypoints: positions of the trunk that `Sight` makes of a frame; 0: one a vision token. smooth:
    in place of an action's bin alone, its neighbours are right, too, by a normal distribution whose
    deviation is this share of all bins (Imani and White 2018): a few episodes say little about a
    single bin.
    """

    loop: LoopConfig
    dim: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 688
    prompt_length: int = 48
    keypoints: int = 0
    smooth: float = 0.0

    def on(self, policy: LatentPolicy) -> PolicyRun:
        """The same run with the network of this policy."""
        c = policy.model.config
        return replace(
            self, dim=c.dim, layers=c.layers, heads=c.heads, hidden=c.hidden, keypoints=c.keypoints,
            prompt_length=policy.config.prompt_length,
        )  # fmt: skip

    def model(
        self, frames: Tokenizer, *, text: int, latent: int, action: int
    ) -> VisionLanguageConfig:
        """The network for vocabularies of these sizes and this image tokenizer; one vision token
        more ends a frame."""
        c = frames.config
        return VisionLanguageConfig(
            dim=self.dim, layers=self.layers, heads=self.heads, hidden=self.hidden, text=text,
            vision=c.codebook_size + 1, latent=latent, action=action, theta=10_000.0,
            grid=c.grid if self.keypoints else 0, parts=c.parts, keypoints=self.keypoints,
        )  # fmt: skip


class Teachable(Protocol):
    """A policy as the recipe sees it: `LatentPolicy` or `ImageTextPolicy`."""

    model: nn.Module
    bins: ActionBins | None

    def taught(
        self, seen: np.ndarray, instructions: Sequence[str], before: Tensor, kind: str
    ) -> dict[str, Tensor]: ...
    def logits(
        self, model: nn.Module, inputs: dict[str, Tensor], kind: str, count: int
    ) -> Tensor: ...
    def with_model(self, model: nn.Module) -> Any: ...


def new_policy(
    run: PolicyRun,
    image_tokenizer: Tokenizer,
    text: Path,
    *,
    code_length: int,
    latent: int,
    bins: ActionBins | None = None,
) -> LatentPolicy:
    """A policy that has learned nothing; latent: codes a position, 0 for no latent action head."""
    from lapa.official.prompts import Text

    frames, action = image_tokenizer.config.codebook_size, max(bins.counts) if bins else 0
    torch.manual_seed(run.loop.seed)
    model = VisionLanguageModel(
        run.model(image_tokenizer, text=len(Text(text)), latent=latent, action=action)
    )
    _alike(model.embeddings["vision"].weight, image_tokenizer)
    config = PolicyConfig(code_length, run.prompt_length, vision_end=frames)
    return LatentPolicy(model, image_tokenizer, text, config, bins=bins)


@torch.no_grad()
def _alike(embeddings: Tensor, image_tokenizer: Tokenizer) -> None:
    """Tokens that stand for like patches begin with like embeddings: random projections of the
    tokenizer's own vectors, a part each."""
    parts = image_tokenizer.codebook.chunk(image_tokenizer.config.parts)
    near = [part / part.std() @ torch.randn(part.shape[1], embeddings.shape[1]) for part in parts]
    embeddings[: len(image_tokenizer.codebook)] = torch.cat(near) / parts[0].shape[1] ** 0.5


def with_latent_head(
    policy: LatentPolicy, *, code_length: int, latent: int, seed: int = 0
) -> LatentPolicy:
    """Stage 2 begins with a policy that can see: it gets a new head for `latent` codes a position.

    All else (trunk, text, vision) is copied; what was learned about seeing stays as it is, as LAPA
    freezes the vision encoder (section 3.2).
    """
    model = _regrown(policy.model, replace(policy.model.config, latent=latent, action=0), seed)
    config = replace(policy.config, code_length=code_length)
    return LatentPolicy(model, policy.image_tokenizer, policy.text.path, config)


def with_action_head(policy: LatentPolicy, bins: ActionBins, seed: int = 0) -> LatentPolicy:
    """Stage 3 begins: the latent action head and embedding are dropped, those of actions are new.

    All else (trunk, text, vision) is copied from the policy; it sees as before, as in stage 2.
    """
    grown = replace(policy.model.config, latent=0, action=max(bins.counts))
    model = _regrown(policy.model, grown, seed)
    return LatentPolicy(model, policy.image_tokenizer, policy.text.path, policy.config, bins=bins)


def _regrown(
    model: VisionLanguageModel, config: VisionLanguageConfig, seed: int
) -> VisionLanguageModel:
    """A model of this config with the weights of all that both have, but heads that act; its sight
    is frozen."""
    torch.manual_seed(seed)
    grown = VisionLanguageModel(config)
    new = ("heads.latent", "heads.action", "embeddings.latent", "embeddings.action")
    kept = {
        name: value
        for name, value in model.state_dict().items()
        if name in grown.state_dict() and not name.startswith(new)
    }
    grown.load_state_dict(kept, strict=False)
    grown.freeze_sight()
    return grown


def train_policy(
    run: PolicyRun,
    policy: Teachable,
    seen: np.ndarray,
    samples: Samples,
    held_out: Samples | None,
    folder: str | Path,
    *,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on samples; the policy lies in `folder`/model.

    policy: `LatentPolicy`, or `ImageTextPolicy`, for which only the run's loop counts. seen: of the
    cache's frames what the policy takes: (N, h · w) vision tokens, or the frames. held_out: for the
    accuracy.

    Raises:
        ValueError: the folder holds a run with other settings.
    """
    kind = "action" if policy.bins is not None else "latent"
    held = Taken(seen, held_out, kind) if held_out is not None else None
    recipe = PolicyRecipe(run, policy, Taken(seen, samples, kind), held)
    yield from trained(recipe, folder, resume=resume)


def trained(recipe: PolicyRecipe, folder: str | Path, *, resume: bool) -> Iterator[Progress]:
    """Run a recipe; ValueError if the folder holds a run with other settings."""
    remember(recipe.run, Path(folder))
    evaluate = recipe.evaluate if recipe.held_out is not None else None
    yield from fit(recipe, recipe.run.loop, folder, resume=resume, evaluate=evaluate)


class Lessons(Protocol):
    """What a policy learns from. kind: of KINDS, what it has to predict."""

    kind: str

    def __len__(self) -> int: ...

    def given(
        self, policy: Teachable, chosen: np.ndarray, rng: np.random.Generator
    ) -> tuple[dict[str, Tensor], Tensor]:
        """What the model is given, all targets but the last at its end, and targets (B, L) int64,
        negative where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Taken:
    """Samples of a cache, whose frames are `seen`."""

    seen: np.ndarray
    samples: Samples
    kind: str

    def __len__(self) -> int:
        return len(self.samples)

    def given(
        self, policy: Teachable, chosen: np.ndarray, rng: np.random.Generator
    ) -> tuple[dict[str, Tensor], Tensor]:
        told = [self.samples.instruction[at] for at in chosen]
        target = torch.from_numpy(self.samples.target[chosen])
        before = target[:, :-1].clamp(min=0)
        seen = np.asarray(self.seen[self.samples.frame[chosen]])
        return policy.taught(seen, told, before, self.kind), target


class PolicyRecipe:
    """The recipe on the loop."""

    place = 0.0

    def __init__(
        self, run: PolicyRun, policy: Teachable, lessons: Lessons, held_out: Lessons | None
    ) -> None:
        self.run, self.policy, self.model = run, policy, policy.model
        self.kind, self.lessons, self.held_out = lessons.kind, lessons, held_out

    def batch(self, index: int) -> tuple[dict[str, Tensor], Tensor]:
        rng = np.random.default_rng((self.run.loop.seed, index))
        chosen = rng.integers(len(self.lessons), size=self._size)
        return self.lessons.given(self.policy, chosen, rng)

    @property
    def _size(self) -> int:
        return self.run.loop.batch_size

    def loss(
        self, model: nn.Module, batch: tuple[dict[str, Tensor], Tensor], accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        logits, target = self._logits(model, batch, accelerator.device)
        known = target >= 0
        if self.kind == "action" and self.run.smooth:
            count = logits.shape[-1]
            wanted = around(target[known], count, self.run.smooth * count)
        else:
            wanted = target[known]
        loss = F.cross_entropy(logits[known], wanted)
        return loss, {"accuracy": (logits.argmax(-1) == target)[known].float().mean()}

    def _logits(
        self, model: nn.Module, batch: tuple[dict[str, Tensor], Tensor], device: torch.device
    ) -> tuple[Tensor, Tensor]:
        inputs, target = batch
        there = {name: part.to(device) for name, part in inputs.items()}
        return self.policy.logits(model, there, self.kind, target.shape[1]), target.to(device)

    def after_step(
        self, step: int, model: nn.Module, average: WeightAverage, accelerator: Accelerator
    ) -> dict[str, Metric]:
        return {}

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, Metric]:
        """Of what is held out, those before it given: top-1 accuracy, all positions and each; of
        actions also the mean distance in bins."""
        logits, target = self.answered(model)
        known, off = target >= 0, (logits.argmax(-1) - target).float()
        right = (off == 0).float().masked_fill(~known, torch.nan)
        found = {"held_out": float(right.nanmean()), "by_position": right.nanmean(0).tolist()}
        return found | ({"off": float(off[known].abs().mean())} if self.kind == "action" else {})

    def answered(self, model: nn.Module) -> tuple[Tensor, Tensor]:
        """Logits (N, L, K) and targets (N, L) of some of what is held out."""
        model.eval()
        device, rng, parts = next(model.parameters()).device, np.random.default_rng(0), []
        for chosen in self.judged():
            parts.append(self._logits(model, self.held_out.given(self.policy, chosen, rng), device))
        return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    def judged(self) -> list[np.ndarray]:
        """Batches of what is held out, _MEASURED in all, spread over it."""
        chosen = np.unique(np.linspace(0, len(self.held_out) - 1, _MEASURED).astype(int))
        return np.split(chosen, range(self._size, len(chosen), self._size))

    def preview(self, model: nn.Module) -> np.ndarray:
        raise NotImplementedError("a policy has no picture; set preview_every to 0")

    def export(self, model: nn.Module, folder: Path) -> None:
        self.policy.with_model(model).save_pretrained(folder)

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """There is nothing but the model."""


def around(target: Tensor, count: int, deviation: float) -> Tensor:
    """Normal distributions over `count` bins around the targets (N,), in bins: (N, count)."""
    places = torch.arange(count, device=target.device)
    return (-((places - target[:, None]) / deviation).square() / 2).softmax(-1)
