"""SSIM and Laplacian energy of frames small enough to reckon by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.images import edges, gaussian, ssim


def grey(*values: int, size: int = 16) -> np.ndarray:
    return np.stack([np.full((size, size, 3), value, np.uint8) for value in values])


def noise(seed: int, size: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).integers(256, size=(1, size, size, 3), dtype=np.uint8)


def test_window_is_the_papers():
    weights = gaussian(11, 1.5).numpy()
    assert weights.sum() == pytest.approx(1) and len(weights) == 11
    assert weights[6] / weights[5] == pytest.approx(np.exp(-1 / 4.5))
    assert weights[:5] == pytest.approx(weights[:5:-1])


def test_equal_frames_have_ssim_one():
    assert ssim(noise(0, 20), noise(0, 20)) == pytest.approx([1])


def test_plain_frames_differ_by_their_means_alone():
    x, y = 51 / 255, 204 / 255
    expected = (2 * x * y + 1e-4) / (x * x + y * y + 1e-4)
    assert ssim(grey(51, 80), grey(204, 80)) == pytest.approx([expected, 1])


def test_one_window_is_the_formula():
    x, y = (image[0] @ np.array([0.299, 0.587, 0.114]) / 255 for image in (noise(1), noise(2)))
    row = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
    weights = np.outer(row, row) / row.sum() ** 2
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    variance_x, variance_y = (
        (weights * (x - mean_x) ** 2).sum(),
        (weights * (y - mean_y) ** 2).sum(),
    )
    covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
    expected = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    expected /= (mean_x**2 + mean_y**2 + 0.01**2) * (variance_x + variance_y + 0.03**2)
    assert ssim(noise(1), noise(2)) == pytest.approx([expected])


def test_negative_of_a_pattern_has_negative_ssim():
    pattern = noise(3, 24)
    assert ssim(pattern, 255 - pattern)[0] < -0.5
    assert ssim(pattern, 255 - pattern) == pytest.approx(ssim(255 - pattern, pattern))


def test_frames_smaller_than_the_window_are_refused():
    with pytest.raises(ValueError, match="11 x 11 pixels, got 8 x 8"):
        ssim(grey(1, size=8), grey(1, size=8))


def test_edges_of_one_bright_pixel():
    frame = np.zeros((1, 5, 5, 3), np.uint8)
    frame[0, 2, 2] = 255
    # −4 at its place and 1 at four neighbours, over nine inner pixels
    assert edges(frame) == pytest.approx([(16 + 4) / 9])


def test_plain_frames_and_ramps_have_no_edges():
    ramp = np.broadcast_to(10 * np.arange(16, dtype=np.uint8)[:, None], (1, 16, 16))
    ramp = np.repeat(ramp[..., None], 3, -1)
    assert edges(np.concatenate([grey(90), ramp])) == pytest.approx([0, 0], abs=1e-25)


def test_edges_do_not_hang_on_brightness_and_grow_with_contrast():
    low = noise(4) // 4
    assert edges(low + 100) == pytest.approx(edges(low))
    assert edges(low * 2) == pytest.approx(4 * edges(low))
