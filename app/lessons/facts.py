"""What the lessons' questions ask of the model at hand, computed from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.atlases import effect
from app.views import AtlasTable

# where the lesson on dreaming dreams; and the codes that the lesson on scenes compares
DREAM_CLIP, DREAM_INDEX, DREAM_STEPS = "metaworld-sawyer-window-open-00004", 0, 8
COMPARED = 4


def of_atlas(table: AtlasTable) -> dict[str, Any]:
    """Agreement of codes at the first position, and how many latent actions occur."""
    first = table.codes[:, 0]
    told = [
        (int(code), effect("", table.motion[first == code]).agreement, int((first == code).sum()))
        for code in np.unique(first)
    ]
    told = [each for each in told if np.isfinite(each[1])]
    # the best one and others that are clearly below it, in the order of the codes
    ranked = sorted(told, key=lambda each: -each[1])
    spread = ranked[:: max(1, len(ranked) // COMPARED)][:COMPARED]
    shown = sorted(spread)
    words = len(np.unique(table.codes, axis=0))
    every = int(table.about.get("codebook_size", 8)) ** table.codes.shape[1]
    options = sorted({words, every, max(1, every // 64), max(1, every // 512)})
    return {
        "agreement_codes": [code for code, _, _ in shown],
        "agreement_values": [value for _, value, _ in shown],
        "agreement_best": int(np.argmax([value for _, value, _ in shown])),
        "words": words,
        "pairs": len(table),
        "word_options": options,
        "word_best": options.index(words),
    }


def of_dream(psnr: list[float], copy_psnr: list[float]) -> dict[str, Any]:
    """How a dream ended, in dB."""
    return {"dream_steps": len(psnr), "dream_psnr": psnr[-1], "dream_copy": copy_psnr[-1]}


def word_grid(codes: np.ndarray, size: int) -> np.ndarray:
    """Occurrences of every latent action: rows by the first half of the positions, columns by the
    second; (K^(S/2), K^(S - S/2)) int64."""
    half = codes.shape[1] // 2
    weights = [size ** np.arange(n)[::-1] for n in (half, codes.shape[1] - half)]
    rows = codes[:, :half].astype(int) @ weights[0]
    columns = codes[:, half:].astype(int) @ weights[1]
    grid = np.zeros((size**half, size ** (codes.shape[1] - half)), np.int64)
    np.add.at(grid, (rows, columns), 1)
    return grid
