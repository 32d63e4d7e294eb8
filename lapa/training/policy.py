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

_MEASURED, _IGNORED = 256, -100


@dataclass(frozen=True)
class PolicyRun:
    """A complete run of either stage.

    dim, layers, heads, hidden: of the trunk. prompt_length: text tokens before the frame.
    """

    loop: LoopConfig
    dim: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 688
    prompt_length: int = 48

    def model(self, *, text: int, frames: int, latent: int, action: int) -> VisionLanguageConfig:
        """The network for vocabularies of these sizes; one vision token more ends a frame."""
        return VisionLanguageConfig(
            dim=self.dim, layers=self.layers, heads=self.heads, hidden=self.hidden, text=text,
            vision=frames + 1, latent=latent, action=action, theta=10_000.0,
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
        run.model(text=len(Text(text)), frames=frames, latent=latent, action=action)
    )
    config = PolicyConfig(code_length, run.prompt_length, vision_end=frames)
    return LatentPolicy(model, image_tokenizer, text, config, bins=bins)


def with_action_head(policy: LatentPolicy, bins: ActionBins, seed: int = 0) -> LatentPolicy:
    """Stage 3 begins: the latent action head and embedding are dropped, those of actions are new.

    All else (trunk, text, vision) is copied from the policy.
    """
    torch.manual_seed(seed)
    model = VisionLanguageModel(replace(policy.model.config, latent=0, action=max(bins.counts)))
    kept = {n: v for n, v in policy.model.state_dict().items() if n in model.state_dict()}
    model.load_state_dict(kept, strict=False)
    return LatentPolicy(model, policy.image_tokenizer, policy.text.path, policy.config, bins=bins)


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
    recipe = PolicyRecipe(run, policy, seen, samples, held_out)
    remember(run, Path(folder))
    evaluate = recipe.evaluate if held_out is not None else None
    yield from fit(recipe, run.loop, folder, resume=resume, evaluate=evaluate)


class PolicyRecipe:
    """The recipe on the loop. The kind of target follows from the policy: bins or codes."""

    def __init__(
        self,
        run: PolicyRun,
        policy: Teachable,
        seen: np.ndarray,
        samples: Samples,
        held_out: Samples | None,
    ) -> None:
        self.run, self.policy, self.model = run, policy, policy.model
        self.kind = "action" if policy.bins is not None else "latent"
        self._seen, self._samples, self._held_out = seen, samples, held_out

    def batch(self, index: int) -> tuple[dict[str, Tensor], Tensor]:
        rng = np.random.default_rng((self.run.loop.seed, index))
        return self._made(self._samples, rng.integers(len(self._samples), size=self._size))

    @property
    def _size(self) -> int:
        return self.run.loop.batch_size

    def _made(self, samples: Samples, chosen: np.ndarray) -> tuple[dict[str, Tensor], Tensor]:
        """What the model is given, all targets but the last at its end, and targets (B, L)."""
        told = [samples.instruction[at] for at in chosen]
        target = torch.from_numpy(samples.target[chosen])
        before = target[:, :-1].clamp(min=0)
        seen = np.asarray(self._seen[samples.frame[chosen]])
        return self.policy.taught(seen, told, before, self.kind), target

    def loss(
        self, model: nn.Module, batch: tuple[dict[str, Tensor], Tensor], accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        logits, target = self._logits(model, batch, accelerator.device)
        wanted = torch.where(target < 0, _IGNORED, target)
        loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=_IGNORED)
        return loss, {"accuracy": (logits.argmax(-1) == target)[target >= 0].float().mean()}

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
        """Held-out top-1 accuracy, all positions and each, those before it given."""
        samples = self._held_out
        chosen = np.unique(np.linspace(0, len(samples) - 1, _MEASURED).astype(int))
        model.eval()
        device, right = next(model.parameters()).device, []
        for start in range(0, len(chosen), self._size):
            batch = self._made(samples, chosen[start : start + self._size])
            logits, target = self._logits(model, batch, device)
            right.append((logits.argmax(-1) == target).float().masked_fill(target < 0, torch.nan))
        each = torch.cat(right).nanmean(0)
        return {"held_out": float(each.nanmean()), "by_position": each.tolist()}

    def preview(self, model: nn.Module) -> np.ndarray:
        raise NotImplementedError("a policy has no picture; set preview_every to 0")

    def export(self, model: nn.Module, folder: Path) -> None:
        self.policy.with_model(model).save_pretrained(folder)

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """There is nothing but the model."""
