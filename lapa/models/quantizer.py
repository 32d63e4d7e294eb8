"""The latent action quantizer (LAQ), LAPA's stage 1: arXiv 2410.11758, section 3.1.

A VQ-VAE over frame pairs (x_t, x_t+H). The encoder reads both frames, their latents' difference
is quantized to S codes out of K (a latent action), and the decoder rebuilds x_t+H from x_t's
patches, attending to the codes.

One class expresses LAPA's network exactly and the one that we ship; `LAQConfig` says which.

Shape letters: B batch, n patches, d width, S code length, D quant_dim, K codebook size.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lapa import pretrained
from lapa.hub import push_to_hub
from lapa.models import bricks, frames
from lapa.models.config import LAQConfig
from lapa.models.frames import Codes, Frames, Kind
from lapa.models.scene import Scene, join
from lapa.nn.patches import Pyramid
from lapa.nn.processor import multiplies_bfloat16
from lapa.nn.recorded import Computation, Recorded
from lapa.nn.transformer import Shape, Transformer, positions
from lapa.official import laq as official

PRECISIONS = ("float32", "bfloat16", "auto")
# parameters of a decoder from which on half the precision pays
LARGE = 20_000_000


class QuantizerOutput(NamedTuple):
    """What a training step needs: image (B, 3, h, w) not clipped, codes (B, S) int64, latent
    (B, S, D) before quantization, the quantizer's own loss (0 for NSVQ and FSQ), and moved
    (B, 3, h, w), x_t carried by the head's flow (None for a head without one)."""

    image: Tensor
    codes: Tensor
    latent: Tensor
    loss: Tensor
    moved: Tensor | None


class Steps(NamedTuple):
    """The computations behind the public methods, from tensors to tensors: `prepare` what a frame
    is to the decoder, `decode` a picture, `infer` a latent and its codes."""

    prepare: Computation
    decode: Computation
    infer: Computation


class LatentActionQuantizer(nn.Module):
    """Frame pairs to latent actions, and frames with latent actions to imagined next frames.

    Public methods take uint8 RGB numpy arrays (H, W, 3) or (B, H, W, 3) of any size and answer
    in numpy, or float torch tensors (B, 3, H, W) in [0, 1] and answer in torch. They compute in
    evaluation mode without gradients and are deterministic. Bad input raises ValueError.
    """

    def __init__(self, config: LAQConfig) -> None:
        super().__init__()
        self.config = c = config
        self.position_bias = bricks.position_bias(c)
        self.positions = positions(c.grid**2, c.dim) if c.position == "learned" else None
        self.stem = bricks.stem(c)
        self.spatial = bricks.spatial(c)
        self.temporal = bricks.temporal(c)
        self.reduce = bricks.reduction(c)
        self.codebook = bricks.codebook(c)
        self.to_context = nn.Linear(c.quant_dim, c.dim)
        self.code_positions = None if c.mix_code_channels else positions(c.code_length, c.dim)
        self.decoder = bricks.decoder(c)
        self.head = bricks.head(c)
        self._frozen: Steps | None = None

    # ---- public API -------------------------------------------------------------------------

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        *,
        device: str | torch.device = "cpu",
        precision: str = "float32",
        image_size: int | None = None,
        code_length: int | None = None,
    ) -> LatentActionQuantizer:
        """Load a checkpoint folder, a Hub id, or an official LAPA `.pt` file.

        Args:
            precision: of the decoder. "bfloat16" takes half the memory, and pictures differ from
                the reference, "float32", by rounding; codes and latents do not. "auto" is that
                where it is faster: for large decoders on hardware with units for it.
            image_size, code_length: decide what an official file is whose shapes fit several
                networks; a folder says it itself.

        Raises:
            FileNotFoundError: nothing there. ValueError: not a quantizer, keys that differ,
                several networks that it can be, or another precision, size or length.
        """
        if precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(PRECISIONS)}; got {precision!r}")
        path = pretrained.resolve(source)
        asked = {"image_size": image_size, "code_length": code_length}
        config, state = official.read(path, **asked) if path.is_file() else pretrained.load(path)
        for name, value in asked.items():
            if value is not None and config.get(name) != value:
                raise ValueError(f"{name} is {value!r}; {path.name} says {config.get(name)!r}")
        chosen = LAQConfig.from_dict(config)
        model = pretrained.built(lambda: cls(chosen), path.name)
        pretrained.load_strictly(model, state, path.name)
        model.to(device).eval()
        large = sum(p.numel() for p in model.decoder.parameters()) >= LARGE
        if precision == "auto" and large and multiplies_bfloat16(model._device):
            precision = "bfloat16"
        if precision == "bfloat16":
            model.decoder.to(torch.bfloat16)
        return model

    def freeze(self) -> LatentActionQuantizer:
        """From now on its weights do not change, and nothing asks for their gradients; itself.

        What the public methods compute is then recorded for sizes of batches that come again, and
        replayed as one call (`lapa.nn.recorded`): a little faster, and much where other threads
        of the program compute in Python. The answers are the same but for rounding.
        """
        self.requires_grad_(False).eval()
        self._frozen = Steps(*map(Recorded, self._steps))
        return self

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json and model.safetensors; `from_pretrained(folder)` reads them back."""
        pretrained.save(folder, self.config.to_dict(), self.state_dict())

    def push_to_hub(self, repo_id: str, **words: Any) -> str:
        """Put it on the Hub with a card; words: as `lapa.push_to_hub` takes and raises them."""
        with TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push_to_hub(folder, repo_id, **words)

    @torch.inference_mode()
    def encode(self, frame: Frames, future: Frames) -> Frames:
        """The latent action of a frame pair: int64 codes (S,), or (B, S) for a batch."""
        _, codes, kind = self._pair(frame, future)
        return kind.numbers(codes)

    @torch.inference_mode()
    def latent(self, frame: Frames, future: Frames) -> Frames:
        """The latent before quantization: float32 (S, D), or (B, S, D) for a batch."""
        latent, _, kind = self._pair(frame, future)
        return kind.numbers(latent)

    @torch.inference_mode()
    def infer(
        self, frame: Frames, first: Sequence[int] | np.ndarray, second: Sequence[int] | np.ndarray
    ) -> tuple[Frames, Frames]:
        """Codes (P, S) and latents (P, S, D) of P pairs among a batch of B frames, as `encode` and
        `latent` give them; a frame that many pairs share is looked at once where that is possible.

        Args:
            frame: a batch, of which pair p is frames first[p] and second[p].
        """
        batch, kind = frames.to_batch(frame, self.config.image_size, device=self._device)
        pyramid = self.stem(batch)
        if self.config.encoder == "frame":
            each = self.reduce(self._encode_each(pyramid.tokens))
            difference = each[list(second)] - each[list(first)]
        else:
            difference = self.difference(_rows(pyramid, first), _rows(pyramid, second))
        latent = self.codebook.scaled_latent(difference)
        return kind.numbers(self.codebook.nearest(latent)), kind.numbers(latent)

    @torch.inference_mode()
    def prepare(self, frame: Frames, *, size: int | None = None) -> Scene[Frames]:
        """x_t passed through all that no code changes; give it to `decode` and `sweep`.

        size: side of the pictures in pixels, 16 to 2048; the model's image_size by default.
        """
        own = self.config.image_size
        batch, kind = frames.to_batch(frame, own, device=self._device)
        picture = batch
        if size is not None and frames.to_size(size) != own:
            picture, _ = frames.to_batch(frame, size, device=self._device)
        # the head goes through it channel by channel, twice as fast as through numpy's order
        picture = picture.contiguous()
        start, *rest = self._steps.prepare(batch)
        return Scene(picture, start, *self._bias_and_maps(rest), kind)

    @torch.inference_mode()
    def join(self, scenes: Sequence[Scene[Frames] | Frames]) -> Scene[Frames]:
        """Scenes or frames of one picture size as one scene, to be decoded at once."""
        return join([s if isinstance(s, Scene) else self.prepare(s) for s in scenes])

    @torch.inference_mode()
    def decode(
        self, frame: Frames | Scene[Frames], codes: Codes, *, size: int | None = None
    ) -> Frames:
        """The imagined next frame: uint8 (h, w, 3), or (B, h, w, 3) for a batch.

        Args:
            frame: frames, or a Scene when several codes are tried on the same frames.
            codes: (S,) or (B, S) whole numbers in 0 … K-1; one frame takes many rows of codes.
                A nested model takes the first n codes alone, too: (n,) or (B, n).
            size: side of the picture in pixels, 16 to 2048; the model's image_size by default. The
                network computes as ever; where its head moves x_t's own pixels, it moves those of
                `frame` at this size. A Scene knows its size already.
        """
        scene = self._sized(frame, size)
        c = self.config
        least = 1 if c.nested else c.code_length
        chosen = frames.to_codes(codes, size=c.codebook_size, length=c.code_length, least=least)
        count, many = len(scene.frame), len(chosen)
        if count != many and 1 not in (count, many):
            raise ValueError(
                f"{count} frames and {many} rows of codes; accepted are as many rows as frames, "
                "one row for all frames, or one frame for all rows"
            )
        chosen = chosen.to(self._device)
        if many < count:
            chosen = chosen.expand(count, -1)
        (image,) = self._steps.decode(
            chosen, scene.frame, scene.start, *_only(scene.bias), *scene.maps
        )
        single = scene.kind.single and torch.as_tensor(codes).ndim == 1
        return replace(scene.kind, single=single).images(image)

    def sweep(
        self,
        frame: Frames | Scene[Frames],
        codes: Codes,
        *,
        position: int,
        size: int | None = None,
    ) -> Frames:
        """All K values of one position, the others kept: uint8 (K, h, w, 3), one decoder batch.

        LAPA's Figure 8. `frame` is a single frame or its Scene; size as for `decode`.
        """
        c = self.config
        if not isinstance(position, (int, np.integer)) or not 0 <= position < c.code_length:
            raise ValueError(f"position is {position!r}; accepted are 0 to {c.code_length - 1}")
        row = frames.to_codes(codes, size=c.codebook_size, length=c.code_length)
        scene = self._sized(frame, size)
        if len(row) != 1 or len(scene.frame) != 1:
            raise ValueError(
                f"a sweep takes one frame and one latent action, "
                f"received {len(scene.frame)} and {len(row)}"
            )
        rows = row.repeat(c.codebook_size, 1)
        rows[:, position] = torch.arange(c.codebook_size)
        return self.decode(scene, rows)

    @torch.inference_mode()
    def resize(self, frame: Frames, *, size: int | None = None) -> Frames:
        """What the model sees of a frame: uint8 (h, w, 3) at `config.image_size`, or at `size`
        pixels a side, 16 to 2048, as `decode` shows it."""
        side = self.config.image_size if size is None else frames.to_size(size)
        batch, kind = frames.to_batch(frame, side)
        return kind.images(batch)

    def _sized(self, frame: Frames | Scene[Frames], size: int | None) -> Scene[Frames]:
        if not isinstance(frame, Scene):
            return self.prepare(frame, size=size)
        mine = frame.frame.shape[-1]
        if size is not None and size != mine:
            raise ValueError(f"size is {size!r}; this Scene was prepared for pictures of {mine} px")
        return frame

    # ---- the computation --------------------------------------------------------------------

    def forward(
        self,
        frame: Tensor,
        future: Tensor,
        *,
        noise: Tensor | None = None,
        settled: bool = False,
        continuous: bool = False,
        imagined: Tensor | None = None,
    ) -> QuantizerOutput:
        """A training (or evaluation) pass over float frames (B, 3, h, w) in [0, 1] at image_size.

        In evaluation mode no noise is added: the image is the one `decode` gives for the codes.
        `noise` (B, S, D) replaces NSVQ's random vector. `settled`: the codes' meaning is fixed;
        only the decoder learns, and it sees their exact vectors also in training mode.
        `continuous`: the opposite, a start without codes (see `Codebook.forward`). `imagined`
        (B, 3, h, w): what the decoder goes on from in place of `frame`, as in a closed loop; the
        codes stay those of the true pair.
        """
        with self._unless(settled):
            first, last = self.stem(frame), self.stem(future)
            difference = self.difference(first, last)
            if settled:
                quantized, codes, latent, loss = self.codebook.exact(difference)
            else:
                quantized, codes, latent, loss = self.codebook(
                    difference, noise, continuous=continuous
                )
            if self.config.nested and self.training:
                quantized = _shortened(quantized)
            if imagined is not None:
                frame, first = imagined, self.stem(imagined)
        start, bias = self.begin(first.tokens, settled=settled)
        image, moved = self.head(self.finish(start, bias, quantized), frame, first.maps)
        return QuantizerOutput(image, codes, latent, loss, moved)

    def _pair(self, frame: Frames, future: Frames) -> tuple[Tensor, Tensor, Kind[Frames]]:
        """Latents and codes of frame pairs, and how the caller is answered."""
        size = self.config.image_size
        first, kind = frames.to_batch(frame, size, device=self._device)
        last, other = frames.to_batch(future, size, name="future", device=self._device)
        if len(first) != len(last) or kind != other:
            raise ValueError(
                "frame and future must come alike, "
                f"received batches of {len(first)} and {len(last)}"
            )
        latent, codes = self._steps.infer(first, last)
        return latent, codes, kind

    # ---- steps of the public methods, from tensors to tensors --------------------------------

    @property
    def _steps(self) -> Steps:
        return self._frozen or Steps(self._prepared, self._decoded, self._inferred)

    def _prepared(self, frame: Tensor) -> tuple[Tensor, ...]:
        """Frames (B, 3, h, w) -> `start`, `bias` where there is one, and `maps` of their Scene."""
        pyramid = self.stem(frame)
        start, bias = self.begin(pyramid.tokens)
        return start, *_only(bias), *pyramid.maps

    def _decoded(self, codes: Tensor, frame: Tensor, start: Tensor, *rest: Tensor) -> tuple[Tensor]:
        """Codes (B, n) and the Scene of B or 1 frames -> images (B, 3, h, w)."""
        bias, maps = self._bias_and_maps(rest)
        # nothing is said at the positions that are left out
        missing = self.config.code_length - codes.shape[1]
        quantized = F.pad(self.codebook.lookup(codes), (0, 0, 0, missing))
        return (self.head(self.finish(start, bias, quantized), frame, maps).image,)

    def _inferred(self, frame: Tensor, future: Tensor) -> tuple[Tensor, Tensor]:
        """Frame pairs (B, 3, h, w) -> latents (B, S, D) and codes (B, S)."""
        difference = self.difference(self.stem(frame), self.stem(future))
        latent = self.codebook.scaled_latent(difference)
        return latent, self.codebook.nearest(latent)

    def _bias_and_maps(self, rest: Sequence[Tensor]) -> tuple[Tensor | None, tuple[Tensor, ...]]:
        if self.position_bias is None:
            return None, tuple(rest)
        return rest[0], tuple(rest[1:])

    # ---- parts -------------------------------------------------------------------------------

    def difference(self, first: Pyramid, last: Pyramid) -> Tensor:
        """What the stem makes of both frames -> latents (B, S, D), before normalisation."""
        if self.config.encoder == "motion":
            return self.reduce(first, last)
        pair = torch.stack([first.tokens, last.tokens], 1)
        factorised = self.config.encoder == "factorised"
        encoded = self._encode(pair) if factorised else self._encode_pair(pair)
        return self.reduce(encoded[:, 1]) - self.reduce(encoded[:, 0])

    def _encode_pair(self, pair: Tensor) -> Tensor:
        """Both frames through the same blocks, for "pair" looking at each other: (B, 2, n, d)."""
        return self._encode_each(pair.flatten(0, 1)).unflatten(0, (len(pair), 2))

    def _encode_each(self, x: Tensor) -> Tensor:
        """Tokens (B, n, d) of frames through the blocks, one by one or, for "pair", by twos."""
        shape, bias = self._still(len(x)), self._bias()
        x = _through(self.spatial, self._placed(x), shape, bias)
        return _through(self.temporal, x, shape, bias)

    def _encode(self, pair: Tensor) -> Tensor:
        """LAPA's order: a spatial transformer a frame, then a temporal one a patch."""
        batch, grid = len(pair), self.config.grid
        shape = (batch, 2, grid, grid)
        x = _through(self.spatial, self._placed(pair.flatten(0, 1)), shape, self._bias())
        x = x.unflatten(0, (batch, 2)).transpose(1, 2).flatten(0, 1)
        if not self.config.scrambled_temporal_peg:
            # one patch is a video of its own: PEG then mixes times, not unrelated places
            shape = (len(x), 2, 1, 1)
        x = _through(self.temporal, x, shape)
        return x.unflatten(0, (batch, grid * grid)).transpose(1, 2)

    def begin(self, tokens: Tensor, *, settled: bool = False) -> tuple[Tensor, Tensor | None]:
        """The stem's tokens (B, n, d) as far into the decoder as no code is looked at, and the bias
        of its attention: `start` and `bias` of a `Scene`."""
        tokens = tokens.detach() if self.config.detach_first_frame else tokens
        # the encoder uses these too: settled codes must not move with them
        with self._unless(settled):
            placed, bias = self._placed(tokens), self._bias()
        dtype = self.decoder.norm_out.gamma.dtype
        bias = None if bias is None else bias.to(dtype)
        return self.decoder.begin(placed.to(dtype), self._still(len(tokens)), bias), bias

    def finish(self, start: Tensor, bias: Tensor | None, quantized: Tensor) -> Tensor:
        """What `begin` gave of B or 1 frames, and quantized latents (B, S, D) -> the tokens
        (B, n, d) that the head reads."""
        context = self._context(quantized).to(start.dtype)
        tokens = self.decoder.finish(start, self._still(len(start)), bias, context)
        return tokens if self.training else tokens.float()

    def _context(self, quantized: Tensor) -> Tensor:
        if self.config.mix_code_channels:
            # nsvq.py:106 reads (S, D) numbers as (D, S): each token holds parts of every code
            quantized = quantized.flatten(1).unflatten(1, (-1, self.config.code_length))
            return self.to_context(quantized.transpose(1, 2))
        return self.to_context(quantized) + self.code_positions

    def _placed(self, tokens: Tensor) -> Tensor:
        return tokens if self.positions is None else tokens + self.positions

    def _bias(self) -> Tensor | None:
        grid = self.config.grid
        return None if self.position_bias is None else self.position_bias(grid, grid)

    @staticmethod
    def _unless(settled: bool) -> torch.set_grad_enabled:
        """Gradients as they are, or none."""
        return torch.set_grad_enabled(torch.is_grad_enabled() and not settled)

    def _still(self, batch: int) -> Shape:
        return batch, 1, self.config.grid, self.config.grid

    @property
    def _device(self) -> torch.device:
        return self.to_context.weight.device


def _through(
    blocks: Transformer | None, x: Tensor, shape: Shape, bias: Tensor | None = None
) -> Tensor:
    """Tokens through blocks; as they are where the config asks for none."""
    return x if blocks is None else blocks(x, shape, bias)


def _only(x: Tensor | None) -> tuple[Tensor, ...]:
    return () if x is None else (x,)


def _rows(pyramid: Pyramid, rows: Sequence[int] | np.ndarray) -> Pyramid:
    """The frames `rows` of a batch."""
    rows = list(rows)
    return Pyramid(pyramid.tokens[rows], tuple(each[rows] for each in pyramid.maps))


def _shortened(quantized: Tensor) -> Tensor:
    """Quantized latents (B, S, D), of which every other row keeps its first n alone."""
    count, length, _ = quantized.shape
    kept = torch.randint(1, length + 1, (count,), device=quantized.device)
    # the whole latent action is what is mostly asked for, and so what is mostly learned
    kept[::2] = length
    place = torch.arange(length, device=quantized.device)
    return quantized * (place < kept[:, None])[..., None]
