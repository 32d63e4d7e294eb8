"""What the lessons need to see inside a quantizer."""

from __future__ import annotations

from typing import Any

import numpy as np


class Teaching:
    """Looks, and changes nothing."""

    def codebook(self, quantizer: Any) -> np.ndarray:
        """The vectors of all codes at every position, (S, K, D) float64."""
        import torch

        length, size = quantizer.config.code_length, quantizer.config.codebook_size
        codes = torch.arange(size)[:, None].expand(size, length)
        with torch.inference_mode():
            vectors = quantizer.codebook.lookup(codes)
        return vectors.transpose(0, 1).double().numpy()
