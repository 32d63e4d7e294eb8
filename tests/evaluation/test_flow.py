"""Optical flow of frames that were moved by a known number of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.flow import flow, motion
from tests.synthetic import ARM, HAND, picture, shifted


def texture(size: int, seed: int = 0) -> np.ndarray:
    """Coloured waves, long and short, that fit themselves around the edges."""
    rng, image = np.random.default_rng(seed), np.zeros((size, size, 3))
    y, x = np.mgrid[:size, :size] * 2 * np.pi / size
    for _ in range(60):
        waves = rng.integers(-size // 8, size // 8 + 1, size=2)
        phase = rng.uniform(0, 2 * np.pi, size=3)
        strength = 1 / (1 + np.abs(waves).max())
        image += strength * np.sin((waves[0] * x + waves[1] * y)[..., None] + phase)
    image = (image - image.min()) / np.ptp(image)
    return np.round(255 * image).astype(np.uint8)


@pytest.mark.parametrize("by", [(1, 0), (0, -2), (3, 4), (-6, 8)])
def test_moved_texture_has_that_flow(by):
    image = texture(96)[None]
    found = flow(image, shifted(image, *by))
    assert found.shape == (1, 96, 96, 2)
    inner = found[0, 24:-24, 24:-24].reshape(-1, 2)
    assert np.median(inner, 0) == pytest.approx(by, abs=0.05)
    assert np.abs(inner - by).max(-1).mean() < 0.3


def test_halves_of_a_pixel_are_seen():
    image = texture(64).astype(float)
    half = np.round((image + shifted(image, 1, 0)) / 2).astype(np.uint8)[None]
    inner = flow(image.astype(np.uint8)[None], half)[0, 8:-8, 8:-8].reshape(-1, 2)
    assert np.median(inner, 0) == pytest.approx([0.5, 0], abs=0.1)


@pytest.mark.parametrize("by", [(1, 0), (0, -2), (2, 2), (-4, 2), (4, 4)])
@pytest.mark.parametrize("body", [ARM, HAND])
def test_square_on_plain_ground_moves(body, by):
    frame = picture(body, 9, 9)[None]
    assert motion(frame, shifted(frame, *by))[0] == pytest.approx(by, abs=0.1)


def test_object_in_front_of_a_texture_moves_and_the_ground_does_not_count():
    ground, thing = texture(96, 1) // 2, 127 + texture(96, 2)[:20, :20] // 2
    frames = np.repeat(ground[None], 2, 0)
    frames[0, 30:50, 30:50] = frames[1, 27:47, 34:54] = thing
    found = motion(frames[:1], frames[1:])[0]
    length = np.linalg.norm(found) * 5
    assert found @ [4, -3] / length > 0.98 and 3 < np.linalg.norm(found) < 6


def test_what_stands_still_or_only_flickers_has_no_motion():
    image = texture(48)
    flicker = image.copy()
    flicker[20, 20] = 255 - flicker[20, 20]
    frames = np.stack([image, image])
    assert motion(frames, np.stack([image, flicker])).tolist() == [[0, 0], [0, 0]]


def test_each_pair_is_by_itself():
    frames = np.stack([picture(ARM, 8, 8), picture(HAND, 10, 9)])
    moved = np.stack([shifted(frames[0], 2, 0), shifted(frames[1], 0, -2)])
    alone = [motion(frames[i : i + 1], moved[i : i + 1])[0] for i in range(2)]
    assert motion(frames, moved) == pytest.approx(np.stack(alone), abs=1e-5)
