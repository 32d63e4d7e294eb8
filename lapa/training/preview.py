"""The picture of what a quantizer does: one row a frame pair, taken evenly from the embodiments."""

from __future__ import annotations

import numpy as np

from lapa.data import FramePairs
from lapa.models.quantizer import LatentActionQuantizer

_GAP = 2


def preview_grid(quantizer: LatentActionQuantizer, pairs: FramePairs, rows: int = 8) -> np.ndarray:
    """Columns x_t, x_t+H, prediction, |prediction − x_t+H| (brightened ×3); (H, W, 3) uint8.

    The pairs are those of batch 0, which balances embodiments: the same in every preview of a run.
    """
    batch = pairs.batch(0, rows)
    prediction = quantizer.decode(batch.frame, quantizer.encode(batch.frame, batch.future))
    difference = np.abs(prediction.astype(int) - batch.future)
    shown = np.clip(3 * difference, 0, 255).astype(np.uint8)
    columns = (batch.frame, batch.future, prediction, shown)
    lines = [np.hstack([_framed(column[row]) for column in columns]) for row in range(rows)]
    return np.vstack(lines)


def _framed(image: np.ndarray) -> np.ndarray:
    """A thin white border keeps neighbouring pictures apart."""
    return np.pad(image, ((_GAP, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
