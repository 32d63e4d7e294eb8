"""A prediction against the true future: figures, and the same in plain words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from app.core.views import Clip, Figures, Model

# mean squared difference below which two frames differ only by compression: 0.1 in grey levels
STILL = 0.1 / 255**2
# share of the true frame's edges, where it moves, below which anybody sees that some are missing
BLURRED = 0.6
# squared edges of the true frame there, summed: with fewer a share of them says nothing
EDGES = 2.0


def compare(image: np.ndarray, frame: np.ndarray, future: np.ndarray) -> Figures:
    """Figures of a prediction `image` made from `frame`, all (H, W, 3) uint8 of one size."""
    from lapa.evaluation.table import psnr, squared_error

    error = float(squared_error(image[None], future[None])[0])
    copy_error = float(squared_error(frame[None], future[None])[0])
    moved = copy_error > STILL
    ratio = error / copy_error if moved else None
    sentence = _still_sentence(mean_change(image, frame)) if ratio is None else _sentence(ratio)
    return Figures(float(psnr(np.array(error))), float(psnr(np.array(copy_error))), ratio, sentence)


def against_chance(ratio: float | None, chance: float | None) -> str:
    """What codes at random do on this frame, in one sentence; empty where there is no ratio.

    ratio, chance: MSE / MSE of the copied frame, of the prediction and the mean of random codes.
    """
    if ratio is None or chance is None:
        return ""
    percent = round(100 * abs(1 - chance))
    side = "closer to the future" if chance < 1 else "further from the future"
    far = f"{chance:.1f} times as far from the future" if chance >= 3 else f"{percent} % {side}"
    if chance <= ratio:
        return f"Random codes do as well here ({far}), so this figure proves nothing."
    return f"Random codes on this frame are {far} than the copied frame."


class Edges(NamedTuple):
    """Where a true future moves, as `lapa.images.movers` says it, and the energy of its edges
    there."""

    moving: Any
    true: float


def edges(frame: np.ndarray, future: np.ndarray) -> Edges:
    """Of a frame and its true future, both (H, W, 3) uint8: the same for all predictions."""
    from lapa.images import energy, halved, movers

    then = halved(future[None])
    moving = movers(then, halved(frame[None]))
    return Edges(moving, float(energy(then, moving)[0]))


def blur(image: np.ndarray, edges: Edges) -> str:
    """What it means that a prediction (H, W, 3) uint8 is blurred where the true future moves, in
    two sentences; empty where it is not."""
    from lapa.images import energy, halved

    if edges.true < EDGES:
        return ""
    drawn = float(energy(halved(image[None]), edges.moving)[0])
    if drawn >= BLURRED * edges.true:
        return ""
    return (
        f"Blurred where it moves: {100 * drawn / edges.true:.0f} % of the true frame's edges are "
        "there. Many futures fit one latent action, and the decoder draws something between them."
    )


def mean_change(image: np.ndarray, frame: np.ndarray) -> float:
    """Mean absolute difference of two images on the 0-255 scale."""
    return float(np.abs(image.astype(np.int16) - frame).mean())


def gap_in_frames(seconds: float, fps: float) -> int:
    """The gap H in whole frames of a clip, at least one, as in training."""
    from lapa.gap import gap_in_frames

    return gap_in_frames(seconds, fps)


def no_future(clip: Clip, model: Model) -> str:
    """Why there is nothing to compare a prediction with, in one sentence."""
    if clip.frames == 1:
        return "A single picture has no true future to compare with."
    return (
        f"The clip ends before {model.gap_seconds:g} s have passed, "
        "so there is no true future to compare with."
    )


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
