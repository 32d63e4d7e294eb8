"""Pre-norm transformer blocks with a convolutional position encoding (PEG), as LAPA stacks them.

Shape letters: b batch, t frames, h and w patch rows and columns, n = h·w, d width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attention, LayerNorm, PairAttention

Shape = tuple[int, int, int, int]  # b, t, h, w


class PEG(nn.Module):
    """Position encoding generator: a depthwise 3×3×3 convolution over (t, h, w), causal in time.

    Chu et al., Conditional Positional Encodings (arXiv 2102.10882).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(dim, dim, 3, groups=dim)

    def forward(self, x: Tensor, shape: Shape) -> Tensor:
        """Tokens that reshape to (b, t, h, w, d); same shape out."""
        grid = x.reshape(*shape, -1)
        out = self._still(grid) if shape[1] == 1 else self._video(grid)
        return out.reshape(x.shape)

    def _still(self, grid: Tensor) -> Tensor:
        # the two earlier taps see only padding when there is one frame: a 2-D convolution
        frame = grid[:, 0].permute(0, 3, 1, 2)
        weight = self.conv.weight[:, :, 2]
        out = F.conv2d(frame, weight, self.conv.bias, padding=1, groups=weight.shape[0])
        return out.permute(0, 2, 3, 1)

    def _video(self, grid: Tensor) -> Tensor:
        video = F.pad(grid.permute(0, 4, 1, 2, 3), (1, 1, 1, 1, 2, 0))
        return self.conv(video).permute(0, 2, 3, 4, 1)


class GEGLU(nn.Module):
    """Gated GELU: the second half of the channels gates the first (arXiv 2002.05202)."""

    def forward(self, x: Tensor) -> Tensor:
        """(…, 2 · d) -> (…, d)."""
        value, gate = x.chunk(2, dim=-1)
        return F.gelu(gate) * value


class FeedForward(nn.Sequential):
    """LayerNorm, GEGLU with two thirds of four times the width, projection back."""

    def __init__(self, dim: int) -> None:
        inner = int(4 * (2 / 3) * dim)
        super().__init__(
            nn.LayerNorm(dim),
            nn.Linear(dim, inner * 2, bias=False),
            GEGLU(),
            nn.Linear(inner, dim, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(…, d) -> (…, d)."""
        if torch.is_grad_enabled() or x.device.type != "cpu":
            for layer in self:
                x = layer(x)
            return x
        # the same numbers; CPU libraries are a third faster with the large matrix on the left
        norm, widen, _, narrow = self
        value, gate = (widen.weight @ norm(x).flatten(0, -2).T).chunk(2)
        return (narrow.weight @ (F.gelu(gate) * value)).T.reshape(x.shape)


class Block(nn.Module):
    """PEG, self-attention, cross-attention to a context, feed-forward; each is added to x."""

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        dim_head: int,
        peg: bool,
        cross: bool,
        pair: bool,
        norm_kv: bool,
    ) -> None:
        super().__init__()
        self.peg = PEG(dim) if peg else None
        kind = PairAttention if pair else Attention
        self.self_attention = kind(dim, heads=heads, dim_head=dim_head, norm_kv=norm_kv)
        self.cross_attention = (
            Attention(dim, heads=heads, dim_head=dim_head, dim_context=dim, null_tokens=2)
            if cross
            else None
        )
        self.feed_forward = FeedForward(dim)

    def look(self, x: Tensor, shape: Shape, bias: Tensor | None) -> Tensor:
        """The half that does not see the context."""
        if self.peg is not None:
            x = self.peg(x, shape) + x
        return self.self_attention(x, bias=bias) + x

    def act(self, x: Tensor, context: Tensor | None) -> Tensor:
        """The half that may."""
        if self.cross_attention is not None:
            x = self.cross_attention(x, context=context) + x
        return self.feed_forward(x) + x


class Transformer(nn.Module):
    """A stack of blocks and a final norm.

    Args:
        dim, depth, heads, dim_head: the usual sizes.
        peg: a PEG at the head of every block.
        cross: blocks also attend to a context (the codes, in the decoder).
        pair: attention exchanges half its heads between the two frames (see PairAttention).
        norm_kv: see Attention.
    """

    def __init__(
        self,
        dim: int,
        *,
        depth: int,
        heads: int,
        dim_head: int,
        peg: bool = True,
        cross: bool = False,
        pair: bool = False,
        norm_kv: bool = False,
    ) -> None:
        super().__init__()
        kinds = {"peg": peg, "cross": cross, "pair": pair, "norm_kv": norm_kv}
        blocks = [Block(dim, heads=heads, dim_head=dim_head, **kinds) for _ in range(depth)]
        # a ModuleList does not say of which modules
        self.layers = cast("Sequence[Block]", nn.ModuleList(blocks))
        self.norm_out = LayerNorm(dim)

    def forward(
        self, x: Tensor, shape: Shape, bias: Tensor | None = None, context: Tensor | None = None
    ) -> Tensor:
        """Tokens (…, d) whose PEG grid is `shape`; bias (heads, n, n); context (b, m, d)."""
        return self.finish(self.begin(x, shape, bias), shape, bias, context)

    def begin(self, x: Tensor, shape: Shape, bias: Tensor | None = None) -> Tensor:
        """The part that no context can change: computed once, however many contexts follow."""
        return self.layers[0].look(x, shape, bias)

    def finish(
        self, start: Tensor, shape: Shape, bias: Tensor | None = None, context: Tensor | None = None
    ) -> Tensor:
        """The rest, from what `begin` gave. A single item of it is shared by every context of the
        batch."""
        x = start
        if context is not None and len(context) != len(start):
            x = start.expand(len(context), -1, -1)
            shape = (len(context), *shape[1:])
        x = self.layers[0].act(x, context)
        for block in self.layers[1:]:
            x = block.act(block.look(x, shape, bias), context)
        return self.norm_out(x)


def positions(tokens: int, dim: int) -> nn.Parameter:
    """Learned position embeddings (tokens, dim)."""
    return nn.Parameter(torch.randn(tokens, dim) * 0.02)
