"""An inverse dynamics model learns from a few labelled episodes (VPT, Baker et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data import Cache
from lapa.data.bins import CONSTANT, ActionBins
from lapa.models.frames import to_batch
from lapa.models.inverse_dynamics import InverseDynamics, InverseDynamicsConfig
from lapa.training import parallel
from lapa.training.loop import fit
from lapa.training.policy.recipe import loss_of_bins
from lapa.training.policy.samples import labelled_episodes
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.remember import remember

# held-out episodes that an evaluation looks at
_MEASURED = 32
# clips (B, T, 3, s, s) uint8 and the bins of their actions (B, T − 1, A), negative where none is
Clips = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class InverseRun:
    """A complete run. The model's `dimensions` and `bins` are those of the actions.

    clip: frames of a training example: what lies beyond its ends is not seen, as in a short
    imagined video. smooth: see PolicyRun.
    """

    loop: LoopConfig
    model: InverseDynamicsConfig
    clip: int = 16
    smooth: float = 0.025


def train_inverse(
    run: InverseRun,
    cache: Cache,
    folder: str | Path,
    *,
    episodes: int | None = None,
    embodiment: str | None = None,
    bins: int = 256,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on labelled episodes; the model lies in `folder`/model.

    episodes, embodiment: which, as for `action_samples`. bins: a dimension.

    Raises:
        ValueError: no such episodes, or the folder holds a run with other settings.
    """
    chosen = labelled_episodes(cache, "train", episodes=episodes, embodiment=embodiment)
    known = np.concatenate([own for at in chosen if (own := cache.actions(at)) is not None])
    fitted = ActionBins.fit(known, bins)
    model = replace(run.model, dimensions=len(fitted), bins=max(fitted.counts))
    run = replace(run, model=model)
    held_out = [
        at
        for at, episode in enumerate(cache.episodes)
        if episode.split == "holdout"
        and episode.action_dim == len(fitted)
        and embodiment in (None, episode.embodiment)
    ]
    torch.manual_seed(run.loop.seed)
    recipe = InverseRecipe(run, InverseDynamics(model, fitted), cache, chosen, held_out)
    remember(run, Path(folder))
    evaluate = recipe.evaluate if held_out else None
    yield from fit(recipe, run.loop, folder, resume=resume, evaluate=evaluate)


class InverseRecipe(Recipe[InverseDynamics, Clips]):
    """The bins of the actions between the frames of random clips. `evaluate` takes whole held-out
    episodes."""

    def __init__(
        self,
        run: InverseRun,
        model: InverseDynamics,
        cache: Cache,
        episodes: list[int],
        held_out: list[int],
    ) -> None:
        self.run, self.model, self._cache = run, model, cache
        self._episodes, self._held_out = episodes, held_out[:_MEASURED]
        self._bins = {
            at: model.bins.encode(own) for at in episodes if (own := cache.actions(at)) is not None
        }

    def batch(self, index: int) -> Clips:
        rng = np.random.default_rng((self.run.loop.seed, index))
        parts = [self._clip(rng) for _ in range(self.run.loop.batch_size)][parallel.rows()]
        frames, targets = zip(*parts, strict=True)
        return torch.from_numpy(np.stack(frames)), torch.from_numpy(np.stack(targets))

    def _clip(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A clip of one episode; a shorter one stands still at its end, where nothing is asked."""
        length = self.run.clip
        at = self._episodes[int(rng.integers(len(self._episodes)))]
        clip, bins = self._cache.clip(at), self._bins[at]
        first = int(rng.integers(max(1, len(clip) - length + 1)))
        frames = np.asarray(clip[first : first + length])
        target = bins[first : first + length - 1]
        missing = length - len(frames)
        if missing:
            frames = np.concatenate([frames, np.repeat(frames[-1:], missing, 0)])
            target = np.concatenate([target, np.full((missing, target.shape[1]), CONSTANT)])
        pixels, _ = to_batch(frames, self.run.model.image_size)
        return (pixels * 255).round().to(torch.uint8).numpy(), target

    def loss(
        self, model: nn.Module, batch: Clips, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        frames, target = (part.to(accelerator.device) for part in batch)
        return loss_of_bins(model(frames.float() / 255), target, self.run.smooth)

    def evaluate(self, model: InverseDynamics) -> dict[str, Metric]:
        """How far off inferred actions are: the mean absolute error, and that of always saying the
        mean action, which is what knowing nothing gets; in the actions' units."""
        own = [each for at in self._held_out if (each := self._cache.actions(at)) is not None]
        inferred = np.concatenate([model.infer(self._cache.clip(at)) for at in self._held_out])
        true = np.concatenate(own)
        return {
            "error": float(np.abs(inferred - true).mean()),
            "error_of_mean": float(np.abs(true - true.mean(0)).mean()),
        }

    def export(self, model: InverseDynamics, folder: Path) -> None:
        model.save_pretrained(folder)
