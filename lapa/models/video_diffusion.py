"""VideoDiffusion: a frame and an instruction -> the frames that follow (UniPi, Du et al. 2023).

Flow matching (Lipman et al. 2023): between noise at time 0 and the video at time 1 lies a straight
line, and a handful of Euler steps follow it from noise. What the network predicts on the way is the
line's end, of which the velocity follows (Li and He 2025): noise is no picture, and hard to say.
What is generated is how each frame differs from the first one, so that what stands still is copied.
UniPi's own network has billions of parameters and a pretrained T5; this one is a small U-Net in
pixels, whose words are learned with it.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lapa import pretrained
from lapa.models.frames import to_batch
from lapa.official.prompts import Text

TEXT = "tokenizer.model"
# sides of squares of pixels that are one place for the network
_FOLD = 2
# most of a picture stands still, so that differences are small beside noise of deviation 1
_SCALE = 2.0


@dataclass(frozen=True)
class VideoDiffusionConfig:
    """image_size: side of a frame, pixels, a multiple of 8. frames: that are imagined, T. width:
    channels of the finest level, of 16; there are two and three times as many below. heads: of
    attention. text: words of the tokenizer. longest: of an instruction that are read, from its end.
    steps: from noise to video.
    """

    image_size: int = 64
    frames: int = 8
    width: int = 32
    heads: int = 4
    text: int = 512
    longest: int = 32
    steps: int = 8

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1 or self.image_size % (4 * _FOLD) or self.width % 16:
            raise ValueError(
                f"image_size is a multiple of {4 * _FOLD}, width of 16, all at least 1; "
                f"received {self}"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VideoDiffusionConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "a video diffusion model")


class VideoDiffusion(nn.Module):
    """A U-Net over the frames of a video, with attention along time at its two coarser levels, and
    among all places of a frame and the words at its coarsest.

    text: a sentencepiece model file.
    """

    def __init__(self, config: VideoDiffusionConfig, text: Path) -> None:
        super().__init__()
        self.config, self.text = config, Text(Path(text))
        if len(self.text) > config.text:
            raise ValueError(
                f"the text tokenizer has {len(self.text)} tokens, the model {config.text}"
            )
        fine, middle, coarse = (config.width * factor for factor in (1, 2, 3))
        pixels, told = 3 * _FOLD**2, 4 * config.width
        self.words = nn.Embedding(config.text, coarse)
        self.order = nn.Parameter(0.02 * torch.randn(config.longest, coarse))
        self.read = _Attention(coarse, config.heads)
        self.when = nn.Sequential(nn.Linear(64, told), nn.SiLU(), nn.Linear(told, told))
        self.number = nn.Parameter(0.02 * torch.randn(config.frames, told))
        self.said = nn.Linear(coarse, told)
        self.enter = nn.Conv2d(2 * pixels, fine, 3, padding=1)
        self.fine, self.halve = _Block(fine, fine, told), nn.Conv2d(fine, fine, 2, stride=2)
        self.middle, self.quarter = _Block(fine, middle, told), nn.Conv2d(middle, middle, 2, 2)
        self.coarse = nn.ModuleList([_Block(middle, coarse, told), _Block(coarse, coarse, told)])
        side = config.image_size // _FOLD // 4
        self.place = nn.Parameter(0.02 * torch.randn(side**2, coarse))
        self.look = _Attention(coarse, config.heads)
        self.along = nn.ModuleList(
            [_Along(width, config) for width in (middle, coarse, middle)]
        )  # fmt: skip
        self.widen = nn.Conv2d(coarse, 4 * middle, 1)
        self.upper = _Block(2 * middle, middle, told)
        self.open = nn.Conv2d(middle, 4 * fine, 1)
        self.last = _Block(2 * fine, fine, told)
        self.leave = nn.Conv2d(fine, pixels, 3, padding=1)
        nn.init.zeros_(self.leave.weight)

    @classmethod
    def from_pretrained(
        cls, source: str | os.PathLike[str], *, device: str | torch.device = "cpu"
    ) -> VideoDiffusion:
        """Load a folder that `save_pretrained` wrote.

        Raises:
            FileNotFoundError: nothing there. ValueError: no such model, or keys that differ.
        """
        path = pretrained.resolve(source)
        values, state = pretrained.load(path)
        config = VideoDiffusionConfig.from_dict(values)
        model = pretrained.built(lambda: cls(config, path / TEXT), path.name)
        pretrained.load_strictly(model, state, path.name)
        return model.to(device).eval()

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json, model.safetensors and tokenizer.model."""
        pretrained.save(folder, asdict(self.config), self.state_dict())
        shutil.copyfile(self.text.path, Path(folder) / TEXT)

    def tokens(self, instructions: Sequence[str]) -> Tensor:
        """(B, longest) int64, padded with −1 at the end.

        Raises:
            ValueError: an empty instruction.
        """
        if not all(isinstance(each, str) and each.strip() for each in instructions):
            raise ValueError("an instruction is empty; it says what the robot should do")
        rows = torch.full((len(instructions), self.config.longest), -1)
        for row, instruction in zip(rows, instructions, strict=True):
            pieces = self.text.pieces(instruction)[-self.config.longest :]
            row[: len(pieces)] = torch.tensor(pieces)
        return rows

    def forward(self, change: Tensor, first: Tensor, time: Tensor, tokens: Tensor) -> Tensor:
        """Where `change` leads to, of its shape: the scaled difference of each frame to the first.

        Args:
            change: (B, T, 3, s, s), on the way from noise to there.
            first: (B, 3, s, s) in [0, 1]. time: (B,) from 0 to 1. tokens: (B, longest).
        """
        batch, count = change.shape[:2]
        words, spoken = self._words(tokens)
        told = self.when(_waves(time)) + self.said(words.mean(1))
        told = (told[:, None] + self.number).flatten(0, 1)
        start = (first * 2 - 1)[:, None].expand_as(change)
        x = F.pixel_unshuffle(torch.cat([change, start], 2).flatten(0, 1), _FOLD)
        fine = self.fine(self.enter(x), told)
        middle = self.along[0](self.middle(self.halve(fine), told), count)
        x = self.coarse[0](self.quarter(middle), told)
        x = self.along[1](self._look(x, words, spoken, count), count)
        x = F.pixel_shuffle(self.widen(self.coarse[1](x, told)), 2)
        x = self.along[2](self.upper(torch.cat([x, middle], 1), told), count)
        x = F.pixel_shuffle(self.open(x), 2)
        x = self.leave(F.silu(self.last(torch.cat([x, fine], 1), told)))
        return F.pixel_shuffle(x, _FOLD).unflatten(0, (batch, count))

    def _words(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(B, longest, D), and which are there, (B, longest)."""
        spoken = tokens >= 0
        words = self.words(tokens.clamp(min=0)) + self.order
        words = self.read(words, spoken) * spoken[..., None]
        return words, spoken

    def _look(self, x: Tensor, words: Tensor, spoken: Tensor, count: int) -> Tensor:
        """Places (B · T, D, h, w) look at each other and at the words."""
        shape, places = x.shape, x.flatten(2).transpose(1, 2)
        words = words.repeat_interleave(count, 0)
        there = F.pad(spoken.repeat_interleave(count, 0), (places.shape[1], 0), value=True)
        seen = self.look(torch.cat([places + self.place, words], 1), there)
        return seen[:, : places.shape[1]].transpose(1, 2).reshape(shape)

    def change(self, first: Tensor, following: Tensor) -> Tensor:
        """What is generated of frames (B, T, 3, s, s) that follow `first` (B, 3, s, s)."""
        return _SCALE * (following - first[:, None])

    @torch.inference_mode()
    def sample(self, first: Tensor, tokens: Tensor, *, seed: int = 0) -> Tensor:
        """(B, T, 3, s, s) in [0, 1]: frames that may follow `first` (B, 3, s, s) in [0, 1].

        Of a batch all begin from the same noise, so that each is what it would be alone.
        """
        config, device = self.config, first.device
        generator = torch.Generator().manual_seed(seed)
        shape = (1, config.frames, *first.shape[1:])
        change = torch.randn(shape, generator=generator).to(device).repeat(len(first), 1, 1, 1, 1)
        for step in range(config.steps):
            time = torch.full((len(first),), step / config.steps, device=device)
            end = self(change, first, time, tokens.to(device))
            change = torch.lerp(change, end, 1 / (config.steps - step))
        return (first[:, None] + change / _SCALE).clamp(0, 1)

    def imagine(
        self, frame: np.ndarray, instruction: str | Sequence[str], *, seed: int = 0
    ) -> np.ndarray:
        """What may follow: uint8 (T + 1, s, s, 3) for a frame (H, W, 3), the frame itself first, or
        (B, T + 1, s, s, 3) for a batch with one instruction for all or one each.

        Raises:
            ValueError: no frame, an empty instruction, or another number of them than frames.
        """
        device = next(self.parameters()).device
        first, kind = to_batch(np.asarray(frame), self.config.image_size, device=device)
        told = [instruction] * len(first) if isinstance(instruction, str) else list(instruction)
        if len(told) != len(first):
            raise ValueError(f"{len(told)} instructions came for {len(first)} frames")
        video = torch.cat([first[:, None], self.sample(first, self.tokens(told), seed=seed)], 1)
        pixels: np.ndarray = (
            (video * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2).cpu().numpy()
        )
        return pixels[0] if kind.single else pixels


def _waves(time: Tensor) -> Tensor:
    """(B,) from 0 to 1 -> (B, 64) sines and cosines, from one turn to some hundred."""
    rates = torch.exp(torch.linspace(0, math.log(100), 32, device=time.device)) * 2 * math.pi
    angles = time[:, None].float() * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


class _Block(nn.Module):
    """Two convolutions beside a shortcut; what is told scales and shifts between them."""

    def __init__(self, width: int, out: int, told: int) -> None:
        super().__init__()
        self.before, self.first = nn.GroupNorm(8, width), nn.Conv2d(width, out, 3, padding=1)
        self.between, self.second = nn.GroupNorm(8, out), nn.Conv2d(out, out, 3, padding=1)
        self.tell = nn.Linear(told, 2 * out)
        self.short = nn.Conv2d(width, out, 1) if width != out else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.tell(F.silu(told))[..., None, None].chunk(2, 1)
        inside = self.between(self.first(F.silu(self.before(x)))) * (1 + scale) + shift
        return self.short(x) + self.second(F.silu(inside))


class _Attention(nn.Module):
    """Tokens (B, N, D) look at those that are there."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.ask = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.answer = nn.Linear(width, width)

    def forward(self, x: Tensor, there: Tensor | None = None) -> Tensor:
        q, k, v = self.ask(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mask = None if there is None else there[:, None, None]
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return x + self.answer(seen.transpose(1, 2).flatten(2))


class _Along(nn.Module):
    """Each place (B · T, D, h, w) looks along the frames of its video."""

    def __init__(self, width: int, config: VideoDiffusionConfig) -> None:
        super().__init__()
        self.number = nn.Parameter(0.02 * torch.randn(config.frames, width))
        self.attention = _Attention(width, config.heads)

    def forward(self, x: Tensor, count: int) -> Tensor:
        width, height, across = x.shape[1:]
        steps = x.unflatten(0, (-1, count)).permute(0, 3, 4, 1, 2).reshape(-1, count, width)
        steps = self.attention(steps + self.number)
        steps = steps.reshape(-1, height, across, count, width).permute(0, 3, 4, 1, 2)
        return steps.reshape(x.shape)
