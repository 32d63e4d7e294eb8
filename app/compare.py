"""A prediction against the true future: figures, and the same in plain words."""

from __future__ import annotations

import math

import numpy as np

from app.views import Clip, Figures, Model

# Mean squared difference, in levels of 255, below which two frames differ only by compression.
STILL = 0.1
BEST_PSNR = 100.0


def compare(image: np.ndarray, frame: np.ndarray, future: np.ndarray) -> Figures:
    """Figures of a prediction `image` made from `frame`, all (H, W, 3) uint8 of one size."""
    error, copy_error = _mse(image, future), _mse(frame, future)
    moved = copy_error > STILL
    ratio = error / copy_error if moved else None
    sentence = _sentence(ratio) if moved else _still_sentence(mean_change(image, frame))
    return Figures(_psnr(error), _psnr(copy_error), ratio, sentence)


def mean_change(image: np.ndarray, frame: np.ndarray) -> float:
    """Mean absolute difference of two images on the 0-255 scale."""
    return float(np.abs(image.astype(np.int16) - frame).mean())


def gap_frames(gap_seconds: float, fps: float) -> int:
    """The gap H in whole frames of a clip, halves up, at least one; as `lapa.data` rounds it."""
    return max(1, math.floor(gap_seconds * fps + 0.5))


def no_future(clip: Clip, model: Model) -> str:
    """Why there is nothing to compare a prediction with, in one sentence."""
    if clip.frames == 1:
        return "A single picture has no true future to compare with."
    return (
        f"The clip ends before {model.gap_seconds:g} s have passed, "
        "so there is no true future to compare with."
    )


def _mse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.square(a.astype(np.float32) - b).mean())


def _psnr(mse: float) -> float:
    return BEST_PSNR if mse == 0 else min(BEST_PSNR, 10 * math.log10(255**2 / mse))


def _sentence(ratio: float) -> str:
    percent = round(100 * abs(1 - ratio))
    if percent == 0:
        return "This prediction is as close to the true future as the copied frame."
    if ratio >= 3:
        return (
            f"This prediction is {ratio:.1f} times as far from the true future as the copied frame."
        )
    side = "closer to" if ratio < 1 else "further from"
    return f"This prediction is {percent} % {side} the true future than the copied frame."


def _still_sentence(change: float) -> str:
    if change < 1:
        return (
            "Nothing moves before the true future, and the prediction leaves the frame alone too."
        )
    return (
        "Nothing moves before the true future, but the prediction changes the frame by "
        f"{change:.1f} of 255 levels on average."
    )
