"""Places as words: `<loc00>` to `<loc63>`, down and then right (Pix2Seq, Chen et al. 2022).

A policy that was grounded says SAID of them before it acts: of the block that the instruction is
about, of its goal, and of what moves it.
"""

from __future__ import annotations

import numpy as np

from lapa.official.prompts import Text

PLACES, SAID = 64, 3
LOCATIONS = tuple(f"<loc{place:02d}>" for place in range(PLACES))


def words_of(text: Text) -> np.ndarray:
    """The tokens of LOCATIONS, (PLACES,) int64.

    Raises:
        ValueError: this text has none.
    """
    found = np.array([text.pieces(each)[-1] for each in LOCATIONS])
    if len(set(found.tolist())) < PLACES:
        raise ValueError("this policy's text has no words for places: it was not grounded")
    return found


def to_bins(places: np.ndarray) -> np.ndarray:
    """Shares of the side -> places in LOCATIONS."""
    return np.clip((places * PLACES).astype(np.int64), 0, PLACES - 1)


def to_shares(words: np.ndarray, text: Text) -> np.ndarray:
    """Words (..., 2 · P) int64 -> places (..., P, 2) float32, right and down, shares of the side;
    NaN where a word is none of LOCATIONS."""
    same = words[..., None] == words_of(text)
    shares = np.where(same.any(-1), (same.argmax(-1) + 0.5) / PLACES, np.nan)
    found = shares.astype(np.float32).reshape(*words.shape[:-1], -1, 2)
    return found[..., ::-1].copy()
