"""LAPA's stages 2 and 3: a policy learns latent actions, then a robot's actions (§3.2, §3.3).

Both are the same recipe: the next code, or the next bin, given frame, instruction and those
before it. Stage 3 starts from stage 2 without its latent action head, with a new action head; from
nothing it is the baseline that latent pretraining is held against.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data.bins import ActionBins
from lapa.data.layout import Layout
from lapa.models.policy import LatentPolicy, PolicyConfig
from lapa.models.tokenizers import Tokenizer
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel
from lapa.training import parallel
from lapa.training.average import Model
from lapa.training.loop import fit
from lapa.training.parallel import InBlocks
from lapa.training.policy.samples import Samples
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import Batch, LoopConfig, Recipe
from lapa.training.remember import remember

# examples that an evaluation looks at
_MEASURED = 512
# what the model is given, all targets but the last at its end, and the targets (B, L) int64,
# negative where there is none
Examples = tuple[dict[str, Tensor], Tensor]


@dataclass(frozen=True)
class PolicyRun:
    """A complete run of either stage.

    dim, layers, heads, hidden: of the trunk. prompt_length: text tokens before the frame.
    keypoints: positions of the trunk that `Sight` makes of a frame; 0: one a vision token. smooth:
    in place of an action's bin alone, its neighbours are right, too, by a normal distribution whose
    deviation is this share of all bins (Imani and White 2018): a few episodes say little about a
    single bin. head_first: share of the steps in which the new head learns alone, so that its first
    guesses do not spoil what the rest has learned (LP-FT, Kumar et al. 2022). chunk, direction,
    mean: see `PolicyConfig`.
    """

    loop: LoopConfig
    dim: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 688
    prompt_length: int = 48
    keypoints: int = 0
    smooth: float = 0.0
    head_first: float = 0.0
    chunk: int = 1
    direction: bool = False
    mean: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.head_first < 1:
            raise ValueError(f"head_first is a share below 1, received {self.head_first}")

    @property
    def layout(self) -> Layout:
        """Of what is predicted of an action."""
        return Layout(self.chunk, self.direction)

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


class Teachable(Protocol[Model]):
    """A policy as the recipe sees it: `LatentPolicy` or `ImageTextPolicy`."""

    model: Model
    bins: ActionBins | None

    def taught(
        self, frames: np.ndarray, instructions: Sequence[str], before: Tensor, kind: str
    ) -> dict[str, Tensor]:
        """The model's inputs, ended by the targets before the last one."""

    def logits(self, model: nn.Module, inputs: dict[str, Tensor], kind: str, count: int) -> Tensor:
        """(B, count, K): of the codes or bins that follow."""

    def with_model(self, model: Model) -> Teachable[Model]:
        """The same policy with other weights."""

    def save_pretrained(self, folder: Path) -> None:
        """Write it as people load it."""


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

    frames = image_tokenizer.config.codebook_size
    action = max(run.layout.counts(bins)) if bins else 0
    torch.manual_seed(run.loop.seed)
    model = VisionLanguageModel(
        run.model(image_tokenizer, text=len(Text(text)), latent=latent, action=action)
    )
    _alike(model.table("vision"), image_tokenizer)
    config = PolicyConfig(
        code_length, run.prompt_length, vision_end=frames, chunk=run.chunk,
        direction=run.direction, mean=run.mean,
    )  # fmt: skip
    return LatentPolicy(model, image_tokenizer, text, config, bins=bins)


@torch.no_grad()
def _alike(embeddings: Tensor, image_tokenizer: Tokenizer) -> None:
    """Tokens that stand for like patches begin with like embeddings: random projections of the
    tokenizer's own vectors, a part each."""
    parts = image_tokenizer.codebook.chunk(image_tokenizer.config.parts)
    near = [part / part.std() @ torch.randn(part.shape[1], embeddings.shape[1]) for part in parts]
    embeddings[: len(image_tokenizer.codebook)] = torch.cat(near) / parts[0].shape[1] ** 0.5


def train_policy(
    run: PolicyRun,
    policy: Teachable[Model],
    frames: np.ndarray,
    samples: Samples,
    held_out: Samples | None,
    folder: str | Path,
    *,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on samples; the policy lies in `folder`/model.

    policy: `LatentPolicy`, or `ImageTextPolicy`, for which only the run's loop counts. frames: of
    the cache's frames what the policy takes: (N, h · w) vision tokens, or the frames. held_out: for
    the accuracy.

    Raises:
        ValueError: the folder holds a run with other settings.
    """
    kind = "action" if policy.bins is not None else "latent"
    held = SampleLessons(frames, held_out, kind) if held_out is not None else None
    recipe = PolicyRecipe(run, policy, SampleLessons(frames, samples, kind), held)
    yield from train(recipe, folder, resume=resume, sharded=isinstance(recipe.model, InBlocks))


def train(
    recipe: TokenRecipe[Model, Any], folder: str | Path, *, resume: bool, sharded: bool = False
) -> Iterator[Progress]:
    """Run a recipe, as `fit` does; ValueError if the folder holds a run with other settings."""
    remember(recipe.run, Path(folder))
    evaluate = recipe.evaluate if recipe.held_out is not None else None
    yield from fit(
        recipe, recipe.run.loop, folder, resume=resume, evaluate=evaluate, sharded=sharded
    )


class Lessons(Protocol):
    """What a policy learns from. kind: of KINDS, what it has to predict."""

    @property
    def kind(self) -> str: ...

    def __len__(self) -> int: ...

    def examples(
        self, policy: Teachable[Any], chosen: np.ndarray, rng: np.random.Generator
    ) -> Examples:
        """The lessons `chosen`, (B,) places, as the model takes them."""


@dataclass(frozen=True, eq=False)
class SampleLessons:
    """Samples of a cache. frames: all of its frames, or their vision tokens."""

    frames: np.ndarray
    samples: Samples
    kind: str

    def __len__(self) -> int:
        return len(self.samples)

    def examples(
        self, policy: Teachable[Any], chosen: np.ndarray, rng: np.random.Generator
    ) -> Examples:
        """See `Lessons.examples`."""
        instructions = [self.samples.instruction[at] for at in chosen]
        target = torch.from_numpy(self.samples.target[chosen])
        before = target[:, :-1].clamp(min=0)
        frames = np.asarray(self.frames[self.samples.frame[chosen]])
        return policy.taught(frames, instructions, before, self.kind), target


class TokenRecipe(Recipe[Model, Batch]):
    """What recipes on the loop have in common that teach a policy to predict tokens."""

    def __init__(
        self, run: PolicyRun, policy: Teachable[Model], lessons: Lessons, held_out: Lessons | None
    ) -> None:
        self.run, self.policy, self.model = run, policy, policy.model
        self.kind, self.lessons, self.held_out = lessons.kind, lessons, held_out

    @abstractmethod
    def evaluate(self, model: Model) -> dict[str, Metric]:
        """Figures of a model on what is held out."""

    def _logits(
        self, model: nn.Module, examples: Examples, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, L, K) and targets (B, L)."""
        inputs, target = examples
        there = {name: part.to(device) for name, part in inputs.items()}
        return self.policy.logits(model, there, self.kind, target.shape[1]), target.to(device)

    def answers(self, model: Model, lessons: Lessons) -> tuple[Tensor, Tensor]:
        """Logits (N, L, K) and targets (N, L) of some of the lessons."""
        model.eval()
        device, rng = next(model.parameters()).device, np.random.default_rng(0)
        parts = [
            self._logits(model, lessons.examples(self.policy, chosen, rng), device)
            for chosen in self.excerpt(lessons)
        ]
        return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    def excerpt(self, lessons: Lessons) -> list[np.ndarray]:
        """Batches of lessons, _MEASURED in all, spread over them."""
        size = self.run.loop.batch_size
        chosen = np.unique(np.linspace(0, len(lessons) - 1, _MEASURED).astype(int))
        return np.split(chosen, range(size, len(chosen), size))

    def export(self, model: Model, folder: Path) -> None:
        self.policy.with_model(model).save_pretrained(folder)


class PolicyRecipe(TokenRecipe[Model, Examples]):
    """Stages 2 and 3."""

    def __init__(
        self, run: PolicyRun, policy: Teachable[Model], lessons: Lessons, held_out: Lessons | None
    ) -> None:
        super().__init__(run, policy, lessons, held_out)
        own = (f"heads.{self.kind}", f"embeddings.{self.kind}")
        self._rest = {
            name
            for name, parameter in self.model.named_parameters()
            if parameter.requires_grad and not name.startswith(own)
        }

    def batch(self, index: int) -> Examples:
        rng = np.random.default_rng((self.run.loop.seed, index))
        chosen = rng.integers(len(self.lessons), size=self.run.loop.batch_size)[parallel.rows()]
        return self.lessons.examples(self.policy, chosen, rng)

    def loss(
        self, model: nn.Module, batch: Examples, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if self.run.head_first:
            together = self.place > self.run.head_first * self.run.loop.steps
            for name, parameter in self.model.named_parameters():
                if name in self._rest:
                    parameter.requires_grad_(together)
        logits, target = self._logits(model, batch, accelerator.device)
        known = target >= 0
        labels = self._labels(target, logits.shape[-1])[known] if self._smooth else target[known]
        share = parallel.weight(known.sum())
        loss = F.cross_entropy(logits[known], labels) * share
        right = (logits.argmax(-1) == target)[known].float().mean()
        return loss, {"accuracy": right * share}

    @property
    def _smooth(self) -> bool:
        return self.kind == "action" and self.run.smooth > 0

    def _labels(self, target: Tensor, count: int) -> Tensor:
        """Shares (B, L, count); a direction is a name, to which no number lies near."""
        labels = around(target.flatten(), count, self.run.smooth * count).unflatten(0, target.shape)
        if self.run.direction:
            labels[:, 0] = F.one_hot(target[:, 0].clamp(min=0), count).to(labels)
        return labels

    @torch.inference_mode()
    def evaluate(self, model: Model) -> dict[str, Metric]:
        """Of what is held out, those before it given: top-1 accuracy, all positions and each; of
        actions also the mean distance in bins. Nothing where nothing is held out."""
        if self.held_out is None:
            return {}
        logits, target = self.answers(model, self.held_out)
        known, off = target >= 0, (logits.argmax(-1) - target).float()
        right = (off == 0).float().masked_fill(~known, torch.nan)
        figures: dict[str, Metric] = {
            "held_out": float(right.nanmean()),
            "by_position": right.nanmean(0).tolist(),
        }
        return figures | ({"off": float(off[known].abs().mean())} if self.kind == "action" else {})


def around(target: Tensor, count: int, deviation: float) -> Tensor:
    """Normal distributions over `count` bins around the targets (N,), in bins: (N, count)."""
    places = torch.arange(count, device=target.device)
    return (-((places - target[:, None]) / deviation).square() / 2).softmax(-1)


def loss_of_bins(logits: Tensor, target: Tensor, smooth: float) -> tuple[Tensor, dict[str, Tensor]]:
    """The cross entropy of logits (…, K) against the bins of actions (…), negative where none is
    known, and by how many bins the likeliest is off. smooth: as in `PolicyRun`."""
    count, known = logits.shape[-1], target >= 0
    labels = around(target[known], count, smooth * count)
    share = parallel.weight(known.sum())
    loss = F.cross_entropy(logits[known], labels) * share
    off = (logits.argmax(-1) - target)[known].abs().float().mean()
    return loss, {"off": off * share}
