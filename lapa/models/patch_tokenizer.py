"""PatchTokenizer: frames as a grid of typical patches, and back.

Each patch is projected to its principal components, these are dealt out to parts, and each part is
named by the nearest of its centres (k-means; Coates and Ng, Learning Feature Representations with
K-means, 2012; in parts: product quantization, Jégou et al. 2011). It has the interface of
`ImageTokenizer` and is learned in minutes where a VQGAN takes hours: what lies where, in which
colour and shape, is kept even if it is small.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.models import frames
from lapa.models.frames import Frames

# few frames at a time: their distances fit a processor's cache, which is five times faster
_AT_ONCE = 4


@dataclass(frozen=True)
class PatchTokenizerConfig:
    """image_size, patch_size: sides in pixels. parts: tokens a patch, P. codebook_size: K, of all
    parts together. components: D of a patch."""

    image_size: int = 128
    patch_size: int = 16
    codebook_size: int = 2048
    components: int = 48
    parts: int = 1

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1 or self.image_size % self.patch_size:
            raise ValueError(f"patch_size must divide image_size, both at least 1; received {self}")
        if self.codebook_size % self.parts or self.components % self.parts:
            raise ValueError(f"parts must divide codebook_size and components; received {self}")
        if self.components > self.numbers:
            raise ValueError(f"components is {self.components}; a patch has {self.numbers} numbers")

    @property
    def grid(self) -> int:
        """Tokens a side."""
        return self.image_size // self.patch_size

    @property
    def numbers(self) -> int:
        """Of a patch."""
        return 3 * self.patch_size**2

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PatchTokenizerConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "a patch tokenizer")


class PatchTokenizer(nn.Module):
    """encode: frames -> tokens; decode: tokens -> frames. Deterministic.

    mean: (N,) of a patch; components: (D, N) orthonormal; codebook: (K, D / P), a part after the
    other. Component d belongs to part d modulo P, so that all parts tell about as much.
    """

    def __init__(self, config: PatchTokenizerConfig) -> None:
        super().__init__()
        self.config = c = config
        self.mean = _fixed(c.numbers)
        self.components = _fixed(c.components, c.numbers)
        self.codebook = _fixed(c.codebook_size, c.components // c.parts)

    @classmethod
    def from_pretrained(
        cls, source: str | os.PathLike[str], *, device: str | torch.device = "cpu"
    ) -> PatchTokenizer:
        """Load a checkpoint folder or a Hub id.

        Raises:
            FileNotFoundError: nothing there. ValueError: not a tokenizer, or keys that differ.
        """
        path = pretrained.resolve(source)
        config, state = pretrained.load(path)
        chosen = PatchTokenizerConfig.from_dict(config)
        model = pretrained.built(lambda: cls(chosen), path.name)
        pretrained.load_strictly(model, state, path.name)
        return model.to(device).eval()

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json and model.safetensors; `from_pretrained(folder)` reads them back."""
        pretrained.save(folder, asdict(self.config), self.state_dict())

    @torch.inference_mode()
    def encode(self, frame: Frames) -> Frames:
        """Tokens of a frame, int64 (h, w), or (B, h, w) for a batch, 0 to K − 1; of several parts
        (h, w, P) and (B, h, w, P).

        frame: uint8 (H, W, 3) or (B, H, W, 3), or a tensor (B, 3, H, W) in [0, 1], of any size.
        """
        batch, kind = frames.to_batch(frame, self.config.image_size, device=self.codebook.device)
        tokens = []
        for some in batch.split(_AT_ONCE):
            vectors = self.divided((self.patches(some) - self.mean) @ self.components.T)
            tokens.append(self._nearest(vectors.flatten(0, 2)).unflatten(0, vectors.shape[:3]))
        batch_tokens = torch.cat(tokens)
        return kind.numbers(batch_tokens if self.config.parts > 1 else batch_tokens[..., 0])

    @torch.inference_mode()
    def decode(self, tokens: np.ndarray | Tensor) -> np.ndarray:
        """The frame behind the tokens of a frame or a batch: uint8 (H, W, 3) or (B, H, W, 3).

        Raises:
            ValueError: another grid, or tokens that are not there.
        """
        c = self.config
        chosen, single = frames.to_tokens(tokens, grid=c.grid, size=c.codebook_size, parts=c.parts)
        vectors = self.codebook[chosen.to(self.codebook.device)]
        flat = vectors.transpose(-1, -2).flatten(-2) @ self.components + self.mean
        grid, side = c.grid, c.patch_size
        image = flat.reshape(-1, grid, grid, side, side, 3).transpose(2, 3)
        pixels = (image.clamp(0, 1) * 255).round().to(torch.uint8)
        images = pixels.reshape(-1, grid * side, grid * side, 3).cpu().numpy()
        return images[0] if single else images

    def divided(self, vectors: Tensor) -> Tensor:
        """Components (…, D) -> (…, P, D / P)."""
        return vectors.unflatten(-1, (-1, self.config.parts)).transpose(-1, -2)

    def _nearest(self, vectors: Tensor) -> Tensor:
        """(M, P, D / P) -> (M, P) the tokens of the nearest centres."""
        nearest = []
        for part, centres in enumerate(self.codebook.chunk(self.config.parts)):
            # |v|² is the same for all centres
            far = torch.addmm(centres.square().sum(1), vectors[:, part], centres.T, alpha=-2)
            nearest.append(far.argmin(1) + part * len(centres))
        return torch.stack(nearest, 1)

    def patches(self, batch: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 1] -> (B, h, w, N)."""
        grid, side = self.config.grid, self.config.patch_size
        parts = batch.reshape(len(batch), 3, grid, side, grid, side)
        return parts.permute(0, 2, 4, 3, 5, 1).reshape(len(batch), grid, grid, -1)


def _fixed(*shape: int) -> nn.Parameter:
    """Part of the state, but learned outside of gradients."""
    return nn.Parameter(torch.zeros(shape), requires_grad=False)
