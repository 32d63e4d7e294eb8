"""Replay: a real clip's own latent actions drive the decoder, beside what truly happened.

From teacher-forced (every picture is decoded from the true frame before it) to closed loop (from
the imagined one), by how often the rollout is anchored to the truth again. `drift` measures the
closed loop over many episodes; this is one clip to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.perception import robot_error
from lapa.evaluation.table import psnr
from lapa.images import moving_energy


@dataclass(frozen=True, eq=False)
class ReplayStep:
    """Step n ≥ 1 of a replay: x̂_n = decode(x̂_(n-1) or x_(n-1), encode(x_(n-1), x_n)).

    imagined, true: x̂_n and x_n, uint8 (h, w, 3). codes: (S,) int64, what led from x_(n-1) to x_n.
    anchored: whether x̂_n was decoded from the true x_(n-1).
    psnr: of x̂_n against x_n; copy_psnr: of the frame that was last anchored to, held; both where
    the robot is (perception.robot_error), dB. sharpness: the Laplacian energy of x̂_n over that of
    x_n there (images.moving_energy); 1 is as sharp as the truth, and where nothing moves.
    """

    step: int
    imagined: np.ndarray
    true: np.ndarray
    codes: np.ndarray
    anchored: bool
    psnr: float
    copy_psnr: float
    sharpness: float


def replay(
    quantizer: Quantizer, frames: np.ndarray, *, every: int | None = None
) -> Iterator[ReplayStep]:
    """The steps of a replay, one after the other as they are imagined.

    Args:
        frames: (T+1, H, W, 3) uint8 RGB, each a gap after the one before (`clip[::gap]`).
        every: anchor to the truth again every n steps: 1 is teacher-forced; None or T and more is
            the closed loop.

    Raises:
        ValueError: fewer than two frames, or every below 1.
    """
    if every is not None and every < 1:
        raise ValueError(f"every is {every}; accepted are 1 and more, or None for the closed loop")
    if np.ndim(frames) != 4 or len(frames) < 2:
        raise ValueError(
            f"a replay takes (T+1, H, W, 3) frames, T ≥ 1; received {np.shape(frames)}"
        )
    return _replayed(quantizer, quantizer.resize(frames), every or len(frames))


def trusted_until(
    figures: Sequence[float] | np.ndarray, copies: Sequence[float] | np.ndarray
) -> int:
    """The last step up to which the figures lie above those of copies at every step; 0 for none.

    A step whose figure is unknown (NaN) is as the one before.
    """
    behind = np.flatnonzero(np.asarray(figures) <= np.asarray(copies))
    return int(behind[0]) if len(behind) else len(figures)


def _replayed(quantizer: Quantizer, true: np.ndarray, every: int) -> Iterator[ReplayStep]:
    rows = quantizer.encode(true[:-1], true[1:])
    imagined = held = true[0]
    for before, codes in enumerate(rows):
        anchored = before % every == 0
        if anchored:
            imagined = held = true[before]
        imagined, future = quantizer.decode(imagined, codes), true[before + 1]
        # picture against truth, and held frame against truth, at once
        then = [np.stack([each, each]) for each in (future, held, true[before])]
        figures = psnr(robot_error(np.stack([imagined, held]), *then))
        mine, theirs = moving_energy(imagined[None], *(each[:1] for each in then))
        yield ReplayStep(
            step=before + 1,
            imagined=imagined,
            true=future,
            codes=codes,
            anchored=anchored,
            psnr=float(figures[0]),
            copy_psnr=float(figures[1]),
            sharpness=float(mine[0] / theirs[0]) if theirs[0] > 0 else 1.0,
        )
