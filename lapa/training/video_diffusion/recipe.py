"""A video diffusion model learns what follows a frame when something is asked for (UniPi)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data import Cache
from lapa.models.frames import to_batch
from lapa.models.inverse_dynamics import InverseDynamics
from lapa.models.video_diffusion import VideoDiffusion, VideoDiffusionConfig
from lapa.models.video_policy import VideoPolicy
from lapa.training import parallel
from lapa.training.loop import fit
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.remember import remember

# held-out videos that an evaluation looks at
_MEASURED = 32
# how much more a pixel counts that changes: nine tenths of a picture stand still
_MOVING = 8.0
# of full brightness, from which on a pixel has changed
_CHANGED = 0.1
# first frames (B, s, s, 3), what follows (B, T, s, s, 3), both uint8, and words (B, longest)
Videos = tuple[np.ndarray, np.ndarray, Tensor]


@dataclass(frozen=True)
class VideoRun:
    """A complete run. finetune: the loop where it goes on with labelled episodes alone."""

    loop: LoopConfig
    model: VideoDiffusionConfig
    finetune: LoopConfig


def new_diffusion(run: VideoRun, text: Path) -> VideoDiffusion:
    """A model that has learned nothing; text: the sentencepiece model of its words."""
    from lapa.official.prompts import Text

    torch.manual_seed(run.loop.seed)
    return VideoDiffusion(replace(run.model, text=len(Text(text))), text)


def train_video(
    run: VideoRun,
    model: VideoDiffusion,
    cache: Cache,
    episodes: list[int],
    folder: str | Path,
    *,
    inverse: InverseDynamics | None = None,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on video of these episodes, indices of the cache; the model lies in `folder`/model.

    inverse: with it, what is written is a `VideoPolicy` that acts.

    Raises:
        ValueError: an episode without an instruction, or the folder holds a run with other
            settings.
    """
    run = replace(run, model=model.config)
    recipe = VideoRecipe(run, model, cache, episodes, inverse)
    remember(run, Path(folder))
    evaluate = recipe.evaluate if recipe.held_out else None
    yield from fit(recipe, run.loop, folder, resume=resume, evaluate=evaluate)


class VideoRecipe(Recipe[VideoDiffusion, Videos]):
    """How frames differ from the first one, told from a mixture of that and noise."""

    def __init__(
        self,
        run: VideoRun,
        model: VideoDiffusion,
        cache: Cache,
        episodes: list[int],
        inverse: InverseDynamics | None,
    ) -> None:
        mute = [cache.episodes[at].id for at in episodes if not cache.episodes[at].instruction]
        if mute or not episodes:
            raise ValueError(
                f"video needs instructions: {mute[0]} has none" if mute else "there is no video"
            )
        self.run, self.model = run, model
        self._cache, self._episodes, self._inverse = cache, episodes, inverse
        # as many steps of an episode as it has: every frame counts the same
        self._ends = np.cumsum([cache.episodes[at].length for at in episodes])
        self.held_out = [
            at for at, e in enumerate(cache.episodes) if e.split == "holdout" and e.instruction
        ][:_MEASURED]

    def batch(self, index: int) -> Videos:
        rng = np.random.default_rng((self.run.loop.seed, index))
        numbers = rng.integers(self._ends[-1], size=self.run.loop.batch_size)[parallel.rows()]
        places = np.searchsorted(self._ends, numbers, side="right")
        lengths = [self._cache.episodes[self._episodes[place]].length for place in places]
        t = numbers - (self._ends[places] - lengths)
        chosen = [(self._episodes[place], int(at)) for place, at in zip(places, t, strict=True)]
        return self._videos(chosen)

    def _videos(self, chosen: list[tuple[int, int]]) -> Videos:
        """Videos from (episode, t) on; beyond its end an episode stands still."""
        clips = np.stack([self._clip(at, t) for at, t in chosen])
        told = [self._cache.episodes[at].instruction for at, _ in chosen]
        return clips[:, 0], clips[:, 1:], self.model.tokens(told)

    def _clip(self, at: int, t: int) -> np.ndarray:
        clip, steps = self._cache.clip(at), np.arange(t, t + self.run.model.frames + 1)
        frames = np.asarray(clip[np.minimum(steps, len(clip) - 1)])
        pixels, _ = to_batch(frames, self.run.model.image_size)
        return (pixels * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()

    def loss(
        self, model: nn.Module, batch: Videos, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        device = accelerator.device
        first, following = (_floats(part, device) for part in batch[:2])
        change = self.model.change(first, following)
        noise, time = torch.randn_like(change), torch.rand_like(change[:, 0, 0, 0, 0])
        way = time[:, None, None, None, None]
        there = torch.lerp(noise, change, way)
        off = model(there, first, time, batch[2].to(device)) - change
        moving = (following - first[:, None]).abs().amax(2, keepdim=True) > _CHANGED
        weight = 1 + _MOVING * moving
        loss = (weight * off.square()).mean() / parallel.mean(weight.mean())
        return loss, {"plain": off.square().mean()}

    @torch.inference_mode()
    def evaluate(self, model: VideoDiffusion) -> dict[str, Metric]:
        """Of held-out videos, from their first frame on: the mean squared error of what is imagined
        over that of a video that stands still; below 1 it knows something of what comes."""
        first, following, tokens = self._videos([(at, 0) for at in self.held_out])
        device = next(model.parameters()).device
        start, true = _floats(first, device), _floats(following, device)
        imagined = model.sample(start, tokens)
        error = (imagined - true).square().mean()
        still = (start[:, None] - true).square().mean()
        return {"error": float(error), "ratio": float(error / still.clamp(min=1e-9))}

    def preview(self, model: VideoDiffusion) -> np.ndarray:
        """A held-out video a row, true and imagined under each other."""
        rows = []
        for at in (self.held_out or self._episodes)[:4]:
            true = self._clip(at, 0)
            imagined = model.imagine(true[0], self._cache.episodes[at].instruction)
            rows += [np.concatenate(list(true), 1), np.concatenate(list(imagined), 1)]
        return np.concatenate(rows)

    def export(self, model: VideoDiffusion, folder: Path) -> None:
        if self._inverse is None:
            model.save_pretrained(folder)
        else:
            VideoPolicy(model, self._inverse).save_pretrained(folder)


def _floats(pixels: np.ndarray, device: torch.device) -> Tensor:
    """uint8 (…, h, w, 3) -> float (…, 3, h, w) in [0, 1]."""
    return torch.from_numpy(pixels).to(device).float().div(255).movedim(-1, -3)
