"""lapa's motions and cosines, for transfers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from app.turns import Turns


class Carrying:
    """lapa's motions and cosines for the page's transfers."""

    def moved(self, frame: np.ndarray, future: np.ndarray) -> Any:
        """`lapa.evaluation.flow.moved` of one pair (h, w, 3)."""
        from lapa.evaluation.flow import moved

        return moved(frame[None], future[None])

    def carry(self, turns: Turns, frames: np.ndarray, codes: np.ndarray, there: np.ndarray) -> Any:
        """`lapa.evaluation.transfer.carry`."""
        from lapa.evaluation.transfer import carry

        return carry(turns, frames, codes, there)

    def least(self, image_size: int) -> float:
        """The shortest motion that is one, in pixels."""
        from lapa.evaluation.transfer import LEAST

        return LEAST * image_size

    def cosine(self, one: np.ndarray, other: np.ndarray) -> float:
        """Of two motions (2,), as shares of the frame's side; 0 where one is none."""
        from lapa.evaluation.transfer import LEAST, cosines

        return float(cosines(one[None], other[None], LEAST)[0])

    def gain(self, imagined: np.ndarray, frames: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """PSNR(imagined, goal) − PSNR(frame, goal) in dB, of batches (B, h, w, 3): (B,)."""
        from lapa.evaluation.table import psnr, squared_error

        return psnr(squared_error(imagined, goals)) - psnr(squared_error(frames, goals))

    def pairs(self, path: Path) -> Any:
        """The real pairs that `python -m lapa transfer` kept."""
        from lapa.evaluation.known_pairs import load_pairs

        return load_pairs(path)
