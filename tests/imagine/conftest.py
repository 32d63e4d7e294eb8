"""A small quantizer with something to say, and frames for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lapa.models.config import explorer_config
from lapa.models.quantizer import LatentActionQuantizer

SIZE = 64


@pytest.fixture(scope="session")
def small() -> LatentActionQuantizer:
    """The shipped kind of network, with random weights that move and paint."""
    torch.manual_seed(0)
    sizes = {"image_size": SIZE, "dim": 32, "heads": 2, "dim_head": 16, "decoder_depth": 2}
    model = LatentActionQuantizer(explorer_config(**sizes, stem_widths=(8, 16))).eval()
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


@pytest.fixture(scope="session")
def frame() -> np.ndarray:
    """A smooth picture of another size than the model's, (48, 80, 3)."""
    y, x = np.mgrid[:48, :80]
    waves = [127 + 80 * np.sin(x / (5 + c) + y / (9 - c)) for c in range(3)]
    return np.stack(waves, -1).astype(np.uint8)


@pytest.fixture
def codes(small: LatentActionQuantizer) -> np.ndarray:
    """Three futures of six steps, (3, 6, 4)."""
    c = small.config
    return np.random.default_rng(0).integers(c.codebook_size, size=(3, 6, c.code_length))
