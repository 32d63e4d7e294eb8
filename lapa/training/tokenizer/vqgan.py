"""The image tokenizer's training: frames rebuilt from a grid of codes (Esser et al. 2021).

Without the adversarial and perceptual terms: a policy needs to know what lies where, not to please
the eye, and small things (blocks, the pusher) count for more than the still background.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data import Cache
from lapa.models.frames import to_batch
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.training import parallel
from lapa.training.average import WeightAverage
from lapa.training.loop import fit
from lapa.training.policy.samples import frame_places
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.remember import remember

# frames whose mean is taken as the background
_BACKGROUND, _SHOWN = 256, 6


@dataclass(frozen=True)
class TokenizeConfig:
    """A complete run.

    commitment: weight of the encoder's distance to its codes. objects: how much more a pixel counts
    that is unlike the mean frame. replace_every: steps after which unused codes are moved to where
    vectors are; until replace_until.
    """

    model: ImageTokenizerConfig
    loop: LoopConfig
    commitment: float = 0.25
    objects: float = 8.0
    replace_every: int = 50
    replace_until: int = 1000


class Rebuilding(nn.Module):
    """The tokenizer with its loss, as one function of frames."""

    mean: Tensor

    def __init__(self, tokenizer: ImageTokenizer, config: TokenizeConfig, mean: Tensor) -> None:
        super().__init__()
        self.tokenizer, self.config = tokenizer, config
        self.register_buffer("mean", mean)

    def forward(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor, Tensor]:
        """frames: (B, 3, H, W) in [0, 1] -> the loss, its parts, tokens (B, h, w), vectors."""
        target = 2 * frames - 1
        vectors = self.tokenizer.embed(target)
        tokens = self.tokenizer.nearest(vectors.detach())
        codes = self.tokenizer.codebook[tokens]
        image = self.tokenizer.draw(vectors + (codes - vectors).detach())
        unlike = (frames - self.mean).abs().amax(1, keepdim=True)
        weight = 1 + self.config.objects * (unlike / 0.2).clamp(max=1)
        rebuilt = (weight * (image - target).abs()).mean() / weight.mean()
        parts = {
            "rebuilt": rebuilt,
            "codebook": F.mse_loss(codes, vectors.detach()),
            "commitment": F.mse_loss(vectors, codes.detach()),
        }
        loss = rebuilt + parts["codebook"] + self.config.commitment * parts["commitment"]
        return loss, parts, tokens, vectors


def tokenize(
    config: TokenizeConfig, cache: Cache, folder: str | Path, *, resume: bool = False
) -> Iterator[Progress]:
    """Train on the `train` frames of a cache; the tokenizer lies in `folder`/model.

    Raises:
        ValueError: smaller frames than it takes, none to train on, or a run with other settings.
    """
    size = config.model.image_size
    if cache.image_size < size:
        raise ValueError(f"the cache holds {cache.image_size} px frames, the model takes {size}")
    recipe = TokenizeRecipe(config, cache)
    remember(config, Path(folder))
    yield from fit(recipe, config.loop, folder, resume=resume, evaluate=recipe.evaluate)


class TokenizeRecipe(Recipe[Rebuilding, Tensor]):
    """The recipe on the loop."""

    def __init__(self, config: TokenizeConfig, cache: Cache) -> None:
        self.config, self._cache = config, cache
        self._train = frame_places(cache, "train")
        self._held_out = frame_places(cache, "holdout")
        if not len(self._train):
            raise ValueError("the cache holds no frame to train on")
        torch.manual_seed(config.loop.seed)
        rng = np.random.default_rng(config.loop.seed)
        some = np.sort(rng.choice(self._train, min(_BACKGROUND, len(self._train)), replace=False))
        mean = self._floats(some).mean(0, keepdim=True)
        self.model = Rebuilding(ImageTokenizer(config.model), config, mean)
        self._use = torch.zeros(config.model.codebook_size)
        # of the last batch, (N, D)
        self._vectors = torch.zeros(0, config.model.code_dim)

    def batch(self, index: int) -> Tensor:
        rng = np.random.default_rng((self.config.loop.seed, index))
        chosen = rng.choice(self._train, self.config.loop.batch_size)
        return self._floats(np.sort(chosen)[parallel.rows()])

    def _floats(self, chosen: np.ndarray) -> Tensor:
        return to_batch(self._cache.frames[chosen], self.config.model.image_size)[0]

    def _small(self, chosen: np.ndarray) -> np.ndarray:
        """The same as the model's own pictures, uint8 (B, H, W, 3)."""
        pixels = (self._floats(chosen) * 255).round().to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).numpy()

    def loss(
        self, model: nn.Module, batch: Tensor, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        loss, parts, tokens, vectors = model(batch.to(accelerator.device))
        use = torch.bincount(tokens.flatten(), minlength=len(self._use))
        self._use += parallel.total(use).cpu()
        self._vectors = parallel.gather_rows(vectors.detach()).flatten(0, 2)
        return loss, parts

    def after_step(
        self,
        step: int,
        model: Rebuilding,
        average: WeightAverage[Rebuilding],
        accelerator: Accelerator,
    ) -> dict[str, Metric]:
        """Move unused codes to where vectors are, when that is due."""
        config, used = self.config, int((self._use > 0).sum())
        if config.replace_every and step % config.replace_every == 0:
            if self.place <= config.replace_until:
                with average.following(model):
                    self._replace(model.tokenizer.codebook)
            self._use.zero_()
        return {"codes_used": used}

    def _replace(self, codebook: nn.Parameter) -> None:
        unused = (self._use == 0).nonzero().flatten().to(codebook.device)
        chosen = torch.randint(len(self._vectors), (len(unused),), device=codebook.device)
        with torch.no_grad():
            codebook[unused] = self._vectors[chosen].to(codebook.dtype)

    def evaluate(self, model: Rebuilding) -> dict[str, Metric]:
        """Mean absolute error of held-out frames, in 0 to 255, and the codes that they use."""
        chosen = self._held_out if len(self._held_out) else self._train
        frames = self._small(chosen[:: max(1, len(chosen) // 64)][:64])
        model.tokenizer.eval()
        tokens = model.tokenizer.encode(frames)
        error = np.abs(model.tokenizer.decode(tokens).astype(int) - frames)
        return {"error": float(error.mean()), "held_out_codes": len(np.unique(tokens))}

    def preview(self, model: Rebuilding) -> np.ndarray:
        """Frames above what their tokens give back."""
        chosen = self._held_out if len(self._held_out) else self._train
        frames = self._small(chosen[:: max(1, len(chosen) // _SHOWN)][:_SHOWN])
        rebuilt = model.tokenizer.eval().decode(model.tokenizer.encode(frames))
        return np.vstack([np.hstack(list(frames)), np.hstack(list(rebuilt))])

    def export(self, model: Rebuilding, folder: Path) -> None:
        model.tokenizer.save_pretrained(folder)

    def state(self) -> dict[str, Tensor]:
        return {"use": self._use}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        self._use = tensors["use"].clone()
