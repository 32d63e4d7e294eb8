"""Small quantizers of every kind that an export has to cut apart."""

from __future__ import annotations

import torch

from lapa.models.config import LAQConfig, explorer_config
from lapa.models.quantizer import LatentActionQuantizer

SMALL = {"image_size": 32, "patch_size": 8, "dim": 32, "heads": 2, "dim_head": 16, "quant_dim": 4}


def layers() -> LatentActionQuantizer:
    """As the shipped ones: an encoder that compares places, a head with two masks."""
    return built(
        explorer_config(**SMALL, decoder_depth=2, stem_widths=(16,), motion_reach=2, code_length=2)
    )


def official() -> LatentActionQuantizer:
    """As LAPA's own: a bias of position, transformers over both frames, pixels."""
    return built(LAQConfig(**SMALL, spatial_depth=1, temporal_depth=1, decoder_depth=1))


def built(config: LAQConfig) -> LatentActionQuantizer:
    torch.manual_seed(0)
    model = LatentActionQuantizer(config).eval()
    with torch.no_grad():
        # a fresh head is copy-frame; give it something to say
        for parameter in model.head.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model
