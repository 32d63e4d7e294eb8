"""Familiar ground: real frames lie on it, others do not, and a file keeps it."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.imagine import Ground, load_grounds, save_grounds

SIZE = 32


def scenes(count: int, *, seed: int = 0) -> np.ndarray:
    """Smooth grounds with a square somewhere, (count, SIZE, SIZE, 3)."""
    random = np.random.default_rng(seed)
    frames = []
    for x, y in random.integers(SIZE - 8, size=(count, 2)):
        picture = np.full((SIZE, SIZE, 3), (90, 110, 130), np.uint8)
        picture += random.integers(0, 12, dtype=np.uint8)
        picture[y : y + 8, x : x + 8] = (220, 60, 40)
        frames.append(picture)
    return np.stack(frames)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground.of(scenes(200), np.arange(200) // 10)


def test_known_frames_are_at_no_distance(ground):
    assert ground.distance(scenes(200)[:5]) == pytest.approx(np.zeros(5), abs=1e-3)


def test_unit_is_what_nearly_all_real_frames_lie_within(ground):
    far = ground.distance(scenes(200, seed=1))
    assert 0.8 < np.mean(far <= 1) <= 1 and np.median(far) > 0.1


def test_blur_noise_and_other_colours_are_less_familiar(ground):
    real = scenes(20, seed=2)
    usual = np.median(ground.distance(real))
    noise = real + np.random.default_rng(0).integers(0, 25, real.shape, dtype=np.uint8)
    blurred = np.mean([np.roll(real, (i, j), (1, 2)) for i in range(5) for j in range(5)], 0)
    for odd in (noise, blurred.astype(np.uint8), real[..., ::-1]):
        assert np.median(ground.distance(np.ascontiguousarray(odd))) > 1.2 * usual


def test_file_gives_it_back(ground, tmp_path):
    path = save_grounds(tmp_path / "deep" / "ground.npz", {"arm": ground, "hand": ground})
    found = load_grounds(path)
    assert list(found) == ["arm", "hand"]
    real = scenes(10, seed=3)
    assert found["hand"].distance(real) == pytest.approx(ground.distance(real), abs=0.02)


def test_what_is_not_one_is_named(ground, tmp_path):
    with pytest.raises(ValueError, match="two episodes"):
        Ground.of(scenes(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"accepted are \(B, 32, 32, 3\)"):
        ground.distance(np.zeros((1, 16, 16, 3), np.uint8))
    with pytest.raises(FileNotFoundError):
        load_grounds(tmp_path / "none.npz")
    (tmp_path / "odd.npz").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match="no familiar ground"):
        load_grounds(tmp_path / "odd.npz")
