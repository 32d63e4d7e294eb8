"""ImageTokenizer: frames as a grid of discrete tokens and back, the vision tokens of a policy.

A VQGAN (Esser, Rombach and Ommer 2021) laid out like the one of Large World Model, which LAPA
takes its vision tokens from: `lapa.official.vqgan` reads that one's weights.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lapa import pretrained
from lapa.models import frames
from lapa.models.frames import Frames
from lapa.official import vqgan

# of the group norms, as in LWM's VQGAN
GROUPS, EPSILON = 32, 1e-6


@dataclass(frozen=True)
class ImageTokenizerConfig:
    """image_size: side of a frame in pixels. widths: channels at each scale, each half as large as
    the one before. blocks: residual blocks a scale. latent: channels before quantization.
    codebook_size, code_dim: K vectors of D numbers.

    The grid has image_size / 2^(scales − 1) tokens a side. Widths are multiples of 32.
    """

    image_size: int = 256
    widths: tuple[int, ...] = (128, 256, 256, 512, 768)
    blocks: int = 2
    latent: int = 64
    codebook_size: int = 8192
    code_dim: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))
        whole = (self.image_size, self.blocks, self.latent, self.codebook_size, self.code_dim)
        if not self.widths or min(whole) < 1:
            raise ValueError(f"every size must be at least 1, received {self}")
        if any(width < 1 or width % GROUPS for width in self.widths):
            raise ValueError(f"widths must be multiples of {GROUPS}, received {self.widths}")
        if self.image_size % self.shrink:
            raise ValueError(
                f"image_size is {self.image_size}; {len(self.widths)} scales need a multiple of "
                f"{self.shrink}"
            )

    @property
    def shrink(self) -> int:
        """Pixels a token's side stands for."""
        return 2 ** (len(self.widths) - 1)

    @property
    def grid(self) -> int:
        """Tokens a side."""
        return self.image_size // self.shrink

    @property
    def parts(self) -> int:
        """Tokens a cell of the grid; see `PatchTokenizerConfig`."""
        return 1

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ImageTokenizerConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "an image tokenizer")


class ImageTokenizer(nn.Module):
    """encode: frames -> tokens; decode: tokens -> frames. Deterministic; on CPU bit for bit."""

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        self.config = c = config
        self.encoder = Encoder(c)
        self.to_code = nn.Conv2d(c.latent, c.code_dim, 1)
        self.codebook = nn.Parameter(torch.randn(c.codebook_size, c.code_dim) / c.code_dim**0.5)
        self.from_code = nn.Conv2d(c.code_dim, c.latent, 1)
        self.decoder = Decoder(c)

    @classmethod
    def from_pretrained(
        cls, source: str | os.PathLike[str], *, device: str | torch.device = "cpu"
    ) -> ImageTokenizer:
        """Load a checkpoint folder, a Hub id, or the official `vqgan` file.

        Raises:
            FileNotFoundError: nothing there. ValueError: not a tokenizer, or keys that differ.
        """
        path = pretrained.resolve(source)
        config, state = vqgan.read(path) if path.is_file() else pretrained.load(path)
        chosen = ImageTokenizerConfig.from_dict(config)
        model = pretrained.built(lambda: cls(chosen), path.name)
        pretrained.load_strictly(model, state, path.name)
        return model.to(device).eval()

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json and model.safetensors; `from_pretrained(folder)` reads them back."""
        pretrained.save(folder, asdict(self.config), self.state_dict())

    @torch.inference_mode()
    def encode(self, frame: Frames) -> Frames:
        """Tokens of a frame, int64 (h, w), or (B, h, w) for a batch, 0 to K − 1.

        frame: uint8 (H, W, 3) or (B, H, W, 3), or a tensor (B, 3, H, W) in [0, 1], of any size.
        """
        batch, kind = frames.to_batch(frame, self.config.image_size, device=self.codebook.device)
        return kind.numbers(self.nearest(self.embed(2 * batch - 1)))

    @torch.inference_mode()
    def decode(self, tokens: np.ndarray | Tensor) -> np.ndarray:
        """The frame behind tokens (h, w) or (B, h, w): uint8 (H, W, 3) or (B, H, W, 3).

        Raises:
            ValueError: another grid, or tokens that are not there.
        """
        c = self.config
        chosen, single = frames.to_tokens(tokens, grid=c.grid, size=c.codebook_size)
        image = self.draw(self.codebook[chosen[..., 0].to(self.codebook.device)])
        pixels = ((image.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        images = pixels.permute(0, 2, 3, 1).cpu().numpy()
        return images[0] if single else images

    # ---- the computation --------------------------------------------------------------------

    def embed(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) in [−1, 1] -> vectors before quantization, (B, h, w, D)."""
        return self.to_code(self.encoder(image)).permute(0, 2, 3, 1)

    def nearest(self, vectors: Tensor) -> Tensor:
        """The tokens (B, h, w) int64 of vectors (B, h, w, D): the nearest in the codebook."""
        flat = vectors.flatten(0, 2).double()
        book = self.codebook.double()
        square = flat.square().sum(1, keepdim=True) - 2 * flat @ book.T + book.square().sum(1)
        return square.argmin(1).reshape(vectors.shape[:3])

    def draw(self, vectors: Tensor) -> Tensor:
        """Vectors (B, h, w, D) -> images (B, 3, H, W), about in [−1, 1]."""
        return self.decoder(self.from_code(vectors.permute(0, 3, 1, 2)))


class Encoder(nn.Module):
    """Images (B, 3, H, W) -> (B, latent, h, w)."""

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        widths = config.widths
        self.first = _conv(3, widths[0])
        self.scales = nn.ModuleList()
        before = widths[0]
        for place, width in enumerate(widths):
            blocks = [Block(before if n == 0 else width, width) for n in range(config.blocks)]
            last = place == len(widths) - 1
            self.scales.append(nn.Sequential(*blocks, *([] if last else [Shrink(width)])))
            before = width
        self.middle = nn.Sequential(Block(before, before), Block(before, before))
        self.norm = _norm(before)
        self.last = _conv(before, config.latent)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in [−1, 1] -> (B, latent, h, w)."""
        x = self.first(x)
        for scale in self.scales:
            x = scale(x)
        return self.last(F.silu(self.norm(self.middle(x))))


class Decoder(nn.Module):
    """(B, latent, h, w) -> images (B, 3, H, W)."""

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        widths = config.widths[::-1]
        before = widths[0]
        self.first = _conv(config.latent, before)
        self.middle = nn.Sequential(Block(before, before), Block(before, before))
        self.scales = nn.ModuleList()
        for place, width in enumerate(widths):
            blocks = [Block(before if n == 0 else width, width) for n in range(config.blocks + 1)]
            last = place == len(widths) - 1
            self.scales.append(nn.Sequential(*blocks, *([] if last else [Grow(width)])))
            before = width
        self.norm = _norm(before)
        self.last = _conv(before, 3)

    def forward(self, x: Tensor) -> Tensor:
        """(B, latent, h, w) -> (B, 3, H, W), about in [−1, 1]."""
        x = self.middle(self.first(x))
        for scale in self.scales:
            x = scale(x)
        return self.last(F.silu(self.norm(x)))


class Block(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))), x through a 1×1 convolution if it widens."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = _norm(before), _conv(before, after)
        self.norm2, self.conv2 = _norm(after), _conv(after, after)
        self.skip = nn.Conv2d(before, after, 1) if before != after else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, h, w) -> (B, after, h, w)."""
        inner = self.conv1(F.silu(self.norm1(x)))
        inner = self.conv2(F.silu(self.norm2(inner)))
        return inner + (x if self.skip is None else self.skip(x))


class Shrink(nn.Module):
    """Half the size by a strided convolution, one row and column of zeros after the last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, c, h, w) -> (B, c, h / 2, w / 2)."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Grow(nn.Module):
    """Twice the size by repetition, then a convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, c, h, w) -> (B, c, 2 · h, 2 · w)."""
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(GROUPS, width, eps=EPSILON)
