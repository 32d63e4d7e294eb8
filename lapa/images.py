"""How alike two frames are, and how sharp one is: SSIM and Laplacian energy.

All look at luminance only, on uint8 RGB frames (B, h, w, 3).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

# ITU-R BT.601, the weights of the luminance that SSIM was defined on
LUMINANCE = (0.299, 0.587, 0.114)
# pixels, as in the paper that `ssim` names
WINDOW, SIGMA = 11, 1.5
# (K1 L)² and (K2 L)² of the paper, for grey levels in [0, 1]
STEADY_MEAN, STEADY_VARIANCE = 0.01**2, 0.03**2
# a channel of a frame that changes by more grey levels than this has moved
MOVES = 20
# a place whose channels lie further apart is coloured; grey arms and brown tables are not
COLOURED = 80
# a frame with less Laplacian energy than rounding to uint8 makes has no edges to be held against
NO_EDGES = 20 / 12 / 255**2


def luminance(frames: np.ndarray) -> Tensor:
    """uint8 RGB (B, h, w, 3) -> float64 (B, 1, h, w) in [0, 1]."""
    weights = torch.tensor(LUMINANCE, dtype=torch.float64)
    return (torch.from_numpy(np.ascontiguousarray(frames)).double() @ weights)[:, None] / 255


def gaussian(window: int, sigma: float) -> Tensor:
    """Weights (window,) float64 of a Gaussian, summing to 1."""
    at = torch.arange(window, dtype=torch.float64) - (window - 1) / 2
    weights = torch.exp(-at.square() / (2 * sigma**2))
    return weights / weights.sum()


def smooth(image: Tensor, weights: Tensor) -> Tensor:
    """Filter (B, 1, h, w) along both axes; only places where the whole window fits are left."""
    # sums of shifted views: several times faster here than a convolution of one channel
    for axis in (-1, -2):
        room = image.shape[axis] - len(weights) + 1
        total = torch.zeros_like(image.narrow(axis, 0, room))
        for first, weight in enumerate(weights.tolist()):
            total.add_(image.narrow(axis, first, room), alpha=weight)
        image = total
    return image


def ssim(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Structural similarity of every pair of frames, (B,) float64; 1 for equal frames.

    SSIM = (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)), the mean over all
    places of an 11 x 11 Gaussian window of σ = 1.5 that lie inside the frame; C1 = 0.01², C2 =
    0.03² for grey levels in [0, 1]. Wang, Bovik, Sheikh and Simoncelli 2004, equation 13 and
    section III.C.

    Raises:
        ValueError: frames smaller than the window.
    """
    if min(image.shape[1:3]) < WINDOW:
        height, width = image.shape[1:3]
        raise ValueError(f"SSIM needs frames of at least 11 x 11 pixels, got {height} x {width}.")
    x, y = luminance(image), luminance(other)
    weights = gaussian(WINDOW, SIGMA)
    mean_x, mean_y = smooth(x, weights), smooth(y, weights)
    variance_x = smooth(x * x, weights) - mean_x**2
    variance_y = smooth(y * y, weights) - mean_y**2
    covariance = smooth(x * y, weights) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + STEADY_MEAN) * (2 * covariance + STEADY_VARIANCE)
    most = (mean_x**2 + mean_y**2 + STEADY_MEAN) * (variance_x + variance_y + STEADY_VARIANCE)
    return (alike / most).mean(dim=(1, 2, 3)).numpy()


def edges(frames: np.ndarray) -> np.ndarray:
    """Laplacian energy of every frame, (B,) float64: how much fine detail it has.

    The mean square of Y(x-1, y) + Y(x+1, y) + Y(x, y-1) + Y(x, y+1) − 4 Y(x, y) over all inner
    pixels, Y the luminance in [0, 1]. Blur lowers it, noise raises it; only the ratio of two
    frames of one scene says something (Pech-Pacheco et al. 2000 use the variance of the same).
    """
    return laplacian(luminance(frames)).square().mean(dim=(1, 2, 3)).numpy()


def laplacian(y: Tensor) -> Tensor:
    """(B, 1, h, w) -> (B, 1, h - 2, w - 2): the four neighbours of every inner pixel minus four
    times itself."""
    inner = y[..., 1:-1, 1:-1]
    around = y[..., :-2, 1:-1] + y[..., 2:, 1:-1] + y[..., 1:-1, :-2] + y[..., 1:-1, 2:]
    return around - 4 * inner


def sharpness(frames: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The Laplacian energy of every frame over that of the other one, (B,) float64; 1: as sharp."""
    ratio: np.ndarray = edges(frames) / np.maximum(edges(others), NO_EDGES)
    return ratio


def moving_energy(
    imagined: np.ndarray, future: np.ndarray, *before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sums (B,) float64 of squared Laplacians of the imagined and of the true frame, over the
    places where the true frame moves.

    All are first halved by means of 2 × 2 pixels: a checkerboard painted pixel by pixel then
    vanishes and earns nothing. A place moves where any channel of `future` then differs by more
    than 20 grey levels from one of the frames `before`.
    """
    small, true, moving = _halved_where_it_moves(imagined, future, *before)
    return energy(small, moving), energy(true, moving)


def moving_detail(
    imagined: np.ndarray, future: np.ndarray, *before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same with sizes of Laplacians in place of their squares: for two frames that need not
    show the same.

    Squared, one edge between black and white outweighs a hundred of a tenth of its contrast, and
    the ratio of two frames then tells which of them happens to hold such an edge.
    """
    small, true, moving = _halved_where_it_moves(imagined, future, *before)
    return _detail(small, moving), _detail(true, moving)


def _halved_where_it_moves(
    imagined: np.ndarray, future: np.ndarray, *before: np.ndarray
) -> tuple[Tensor, Tensor, Tensor]:
    """Both frames halved, and the `movers` of the true one."""
    small, true = halved(imagined), halved(future)
    # a dream's frame is held against itself, and need not be halved twice
    moving = movers(true, *(small if each is imagined else halved(each) for each in before))
    return small, true, moving


def movers(future: Tensor, *before: Tensor) -> Tensor:
    """Where `future` differs from one of the frames before, all halved (B, h, w, 3): 1 or 0,
    float64 (B, h − 2, w − 2), inner pixels alone."""
    moving = torch.stack([changed(future, each) for each in before]).any(0)
    return moving[:, 1:-1, 1:-1].double()


def energy(frames: Tensor, moving: Tensor) -> np.ndarray:
    """Sums (B,) float64 of squared Laplacians of halved frames (B, h, w, 3) over `movers`."""
    sums: np.ndarray = (laplacian(_grey(frames))[:, 0].square() * moving).sum((1, 2)).numpy()
    return sums


def _detail(frames: Tensor, moving: Tensor) -> np.ndarray:
    """The same of their sizes."""
    sums: np.ndarray = (laplacian(_grey(frames))[:, 0].abs() * moving).sum((1, 2)).numpy()
    return sums


def changed(frames: Tensor, others: Tensor) -> Tensor:
    """Where any channel differs by more than MOVES grey levels: (B, h, w, 3) -> (B, h, w) bool."""
    return (frames - others).abs().amax(-1) > MOVES


def coloured(frame: np.ndarray, first: np.ndarray) -> tuple[float, float]:
    """How much of the places where two frames (h, w, 3) uint8 differ is coloured: in `frame`, and
    in `first`, both as shares of the whole picture in [0, 1].

    A coloured thing that is pushed and stays whole covers about as much as before. What was drawn
    twice covers more, what has dissolved covers less; so does what something else hides.
    """
    # every second pixel says as much of an area
    now, then = frame[::2, ::2].astype(np.int16), first[::2, ::2].astype(np.int16)
    differs = _largest(np.abs(now - then)) > MOVES
    of_now, of_then = (
        np.count_nonzero(differs & (_largest(x) + _largest(-x) > COLOURED)) for x in (now, then)
    )
    return float(of_now / differs.size), float(of_then / differs.size)


def _largest(channels: np.ndarray) -> np.ndarray:
    """(h, w, 3) -> (h, w), ten times as fast as `max(-1)` over so few."""
    red, green, blue = (channels[..., n] for n in range(3))
    largest: np.ndarray = np.maximum(np.maximum(red, green), blue)
    return largest


def halved(frames: np.ndarray) -> Tensor:
    """uint8 (B, h, w, 3) -> float64 (B, h/2, w/2, 3) grey levels, means of 2 × 2 pixels."""
    height, width = (side // 2 * 2 for side in frames.shape[1:3])
    # four views added as whole numbers: exact, and a fraction of a pooling's time
    a, b, c, d = (frames[:, y:height:2, x:width:2].astype(np.uint16) for y, x in np.ndindex(2, 2))
    return torch.from_numpy((a + b + c + d) / 4)


def _grey(frames: Tensor) -> Tensor:
    """Grey levels (B, h, w, 3) float64 -> luminance (B, 1, h, w) in [0, 1]."""
    return (frames @ frames.new_tensor(LUMINANCE))[:, None] / 255
