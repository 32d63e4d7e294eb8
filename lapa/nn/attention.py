"""Attention as LAPA's transformers compute it, and its continuous position bias.

Queries and keys are normalised to unit length and scaled per channel (cosine attention), so one
softmax temperature fits every depth. LAPA's own weights also rely on a quirk: in self-attention
the keys and values come from the un-normalised tokens (`norm_kv=False`).

Shape letters: b batch, n tokens, m context tokens, d width, h heads, e width of a head.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# LAPA's; unit vectors alone would leave the softmax nearly flat
COSINE_SCALE = 8.0
# up to this many queries and keys two plain products are faster on a CPU than its fused kernel,
# whose backward alone takes a quarter of a training step of 64 tokens
FEW_TOKENS = 128


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """Softmax attention of (b, h, n, e) queries to (b, h, m, e) keys, at `COSINE_SCALE`.

    bias: (h, n, m), added before the softmax. The same numbers to rounding on every path.
    """
    few = q.device.type == "cpu" and max(q.shape[-2], k.shape[-2]) <= FEW_TOKENS
    if not few:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=COSINE_SCALE)
    scores = (q * COSINE_SCALE) @ k.transpose(-2, -1)
    if bias is not None:
        scores = scores + bias
    return scores.softmax(-1).to(v.dtype) @ v


class LayerNorm(nn.Module):
    """Layer normalisation with a trained gain; the shift is a buffer, as in LAPA's checkpoints."""

    beta: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.register_buffer("beta", torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(…, d) -> (…, d)."""
        return F.layer_norm(x, x.shape[-1:], self.gamma, self.beta)


class Attention(nn.Module):
    """Cosine attention of tokens to themselves, or to a context when `dim_context` is given.

    Args:
        dim: width d of the tokens.
        heads, dim_head: heads h and their width e; h·e need not be d.
        dim_context: width of the context tokens; None for self-attention.
        null_tokens: learned key/value pairs that are always there (two in LAPA's cross-attention).
        norm_kv: self-attention keys and values from the normalised tokens (LAPA: False).
    """

    def __init__(
        self,
        dim: int,
        *,
        heads: int,
        dim_head: int,
        dim_context: int | None = None,
        null_tokens: int = 0,
        norm_kv: bool = False,
    ) -> None:
        super().__init__()
        inner = heads * dim_head
        self.heads, self.norm_kv = heads, norm_kv
        self.norm = LayerNorm(dim)
        self.context_norm = LayerNorm(dim_context) if dim_context else nn.Identity()
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_kv = nn.Linear(dim_context or dim, inner * 2, bias=False)
        self.q_scale = nn.Parameter(torch.ones(dim_head))
        self.k_scale = nn.Parameter(torch.ones(dim_head))
        self.null_kv = (
            nn.Parameter(torch.randn(heads, 2 * null_tokens, dim_head)) if null_tokens else None
        )
        self.to_out = nn.Linear(inner, dim, bias=False)

    def forward(
        self, x: Tensor, context: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """(b, n, d), optional context (b, m, dim_context), bias (h, n, m) -> (b, n, d)."""
        normed = self.norm(x)
        if context is not None:
            source = self.context_norm(context)
        else:
            source = normed if self.norm_kv else x
        q = self._split(self.to_q(normed))
        k, v = (self._split(part) for part in self.to_kv(source).chunk(2, dim=-1))
        k, v = self._with_null_tokens(k, v)
        q = F.normalize(q, dim=-1) * self.q_scale
        k = F.normalize(k, dim=-1) * self.k_scale
        out = attend(q, k, v, bias)
        return self.to_out(out.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _with_null_tokens(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        if self.null_kv is None:
            return k, v
        # stored interleaved: key, value, key, value … along the second axis
        null_k, null_v = self.null_kv.unflatten(1, (-1, 2)).unbind(2)
        batch = k.shape[0]
        k = torch.cat([null_k.expand(batch, -1, -1, -1), k], dim=2)
        v = torch.cat([null_v.expand(batch, -1, -1, -1), v], dim=2)
        return k, v


class PairAttention(Attention):
    """Self-attention over a frame pair: half the heads look at the own frame, half at the other.

    Exchanging the two frames exchanges the two outputs, whatever the weights. That symmetry is
    what makes the latent of an unchanged pair exactly zero and the latent of the reversed pair
    its negative.
    """

    def forward(
        self, x: Tensor, context: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """(2·b, n, d), the first and second frames of b pairs alternating -> same shape."""
        normed = self.norm(x)
        q = self._split(self.to_q(normed))
        k, v = (
            self._exchange(self._split(part))
            for part in self.to_kv(normed if self.norm_kv else x).chunk(2, dim=-1)
        )
        q = F.normalize(q, dim=-1) * self.q_scale
        k = F.normalize(k, dim=-1) * self.k_scale
        out = attend(q, k, v, bias)
        return self.to_out(out.transpose(1, 2).flatten(2))

    def _exchange(self, x: Tensor) -> Tensor:
        own, other = x.unflatten(0, (-1, 2)).chunk(2, dim=2)
        return torch.cat([own, other.flip(1)], dim=2).flatten(0, 1)


class ContinuousPositionBias(nn.Module):
    """A small network from the log-spaced offset of two patches to one bias per head.

    Swin V2 (arXiv 2111.09883, section 3.3). Output (heads, n, n) for a grid of n patches.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.net = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(2, dim), nn.LeakyReLU(0.1)),
                nn.Sequential(nn.Linear(dim, dim), nn.LeakyReLU(0.1)),
                nn.Linear(dim, heads),
            ]
        )

    def forward(self, height: int, width: int) -> Tensor:
        """Grid of height × width patches -> (heads, n, n), row-major."""
        device = next(self.parameters()).device
        rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
        # n patches have only (2h-1)(2w-1) different offsets: run the network on those
        dy = torch.arange(1 - height, height, device=device)
        dx = torch.arange(1 - width, width, device=device)
        offsets = torch.stack(torch.meshgrid(dy, dx, indexing="ij"), -1).float()
        bias = offsets.sign() * (offsets.abs() + 1).log()
        for layer in self.net:
            bias = layer(bias)
        row = rows[:, None] - rows[None, :] + height - 1
        column = columns[:, None] - columns[None, :] + width - 1
        grid = bias[row[:, None, :, None], column[None, :, None, :]]
        return grid.flatten(2, 3).flatten(0, 1).permute(2, 0, 1)
