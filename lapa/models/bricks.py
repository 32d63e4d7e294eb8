"""Which bricks a LAQConfig asks for: the one place where its choices become modules."""

from __future__ import annotations

from torch import nn

from lapa.models.config import LAQConfig
from lapa.nn import heads, patches, quantizers, reduce
from lapa.nn.attention import ContinuousPositionBias
from lapa.nn.transformer import Transformer


def position_bias(c: LAQConfig) -> ContinuousPositionBias | None:
    """LAPA's; None where position is learned."""
    return ContinuousPositionBias(c.dim, c.heads) if c.position == "bias" else None


def stem(c: LAQConfig) -> nn.Module:
    """Frames to patch tokens."""
    if c.stem == "patch":
        return patches.LinearPatches(c.dim, c.patch_size)
    return patches.ConvStem(c.dim, c.patch_size, c.stem_widths)


def spatial(c: LAQConfig) -> Transformer | None:
    """Blocks over one frame; None for depth 0."""
    return _transformer(c, c.spatial_depth) if c.spatial_depth else None


def temporal(c: LAQConfig) -> Transformer | None:
    """Blocks over the pair; None where convolutions alone look at it."""
    if c.encoder == "motion":
        return None
    return _transformer(c, c.temporal_depth, pair=c.encoder == "pair")


def decoder(c: LAQConfig) -> Transformer:
    """Blocks over x_t's tokens that attend to the codes."""
    return _transformer(c, c.decoder_depth, cross=True)


def reduction(c: LAQConfig) -> nn.Module:
    """One frame's tokens to S latents; for "motion" those of both frames."""
    if c.encoder == "motion":
        width = c.stem_widths[-1] if c.motion_reach else 0
        return reduce.MotionReduce(
            c.dim, c.quant_dim, c.grid, c.code_length, width=width, reach=c.motion_reach
        )
    if c.reduce in ("conv", "halving"):
        convolutions = reduce.ConvReduce if c.reduce == "conv" else reduce.HalvingReduce
        return convolutions(c.dim, c.quant_dim, c.grid, c.code_length)
    return reduce.AttentionReduce(
        c.dim, c.quant_dim, c.code_length, heads=c.heads, dim_head=c.dim_head
    )


def codebook(c: LAQConfig) -> quantizers.Codebook:
    """Latents to codes and back."""
    return quantizers.build(
        c.quantizer,
        size=c.codebook_size,
        length=c.code_length,
        dim=c.quant_dim,
        shared=c.shared_codebook,
        normalise=c.normalise_latents,
        unit=c.unit_latents,
    )


def head(c: LAQConfig) -> nn.Module:
    """Decoder tokens to the imagined frame."""
    if c.head in ("warp", "layers"):
        return heads.WarpHead(c.dim, c.grid, c.stem_widths, layered=c.head == "layers")
    return heads.PixelHead(c.dim, c.patch_size, c.grid, change=c.head == "change")


def _transformer(c: LAQConfig, depth: int, **kinds: bool) -> Transformer:
    return Transformer(
        c.dim,
        depth=depth,
        heads=c.heads,
        dim_head=c.dim_head,
        peg=c.position == "bias",
        norm_kv=not c.raw_keys,
        **kinds,
    )
