"""Familiar ground: a robot that moves lies on it, a dissolved one does not, and a file keeps it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lapa.imagine import Ground, load_grounds, save_grounds
from lapa.imagine.ground import WIDTH

SIZE, EPISODES, FRAMES = 64, 20, 5


def episode(seed: int) -> np.ndarray:
    """A smooth ground over which a striped square walks, (FRAMES, SIZE, SIZE, 3)."""
    random = np.random.default_rng(seed)
    stripes = np.where(np.arange(16)[:, None, None] // 2 % 2, (220, 60, 40), (250, 240, 200))
    ground = np.full((SIZE, SIZE, 3), (90, 110, 130), np.uint8) + random.integers(
        12, dtype=np.uint8
    )
    frames = np.stack([ground] * FRAMES)
    for frame, (x, y) in zip(frames, random.integers(SIZE - 16, size=(FRAMES, 2)), strict=True):
        frame[y : y + 16, x : x + 16] = stripes
    return frames


@pytest.fixture(scope="module")
def ground() -> Ground:
    frames = np.concatenate([episode(seed) for seed in range(EPISODES)])
    return Ground.of(frames, np.arange(EPISODES).repeat(FRAMES))


def distances(ground: Ground, change=lambda frame: frame) -> np.ndarray:
    """Of frames of episodes that it has not seen, changed first."""
    found = []
    for seed in range(100, 106):
        first, *rest = episode(seed)
        found += [ground.begin(first).distance(change(frame).astype(np.uint8)) for frame in rest]
    return np.array(found)


def test_what_has_not_moved_is_at_no_distance(ground):
    first, then = episode(100)[:2]
    assert ground.begin(first).distance(first) == 0
    assert ground.begin(then).distance(first) > 0


def test_unit_is_what_nearly_all_real_frames_lie_within(ground):
    far = distances(ground)
    assert np.mean(far <= 1.1) > 0.8 and np.median(far) > 0.1


def test_a_fog_a_ghost_and_noise_are_less_familiar(ground):
    usual, random = np.median(distances(ground)), np.random.default_rng(0)

    def fog(frame: np.ndarray) -> np.ndarray:
        return np.mean([np.roll(frame, (i, j), (0, 1)) for i in range(9) for j in range(9)], 0)

    def ghost(frame: np.ndarray) -> np.ndarray:
        return np.mean([frame, np.roll(frame, 9, 1)], 0)

    def noise(frame: np.ndarray) -> np.ndarray:
        return np.clip(frame + random.normal(0, 40, frame.shape), 0, 255)

    for odd in (fog, ghost, noise):
        assert np.median(distances(ground, odd)) > 1.2 * usual, odd.__name__


def test_the_still_background_does_not_count(ground):
    """A robot that moves below another background, far from it: the same distance."""
    scene = episode(100)[0]
    robot = np.full((16, 16, 3), (220, 60, 40), np.uint8)
    frames = [np.full_like(scene, (90, 110, 130)) for _ in range(2)]
    frames[0][48:, 8:24] = frames[1][48:, 32:48] = robot
    others = [frame.copy() for frame in frames]
    for frame in others:
        frame[:8, ::2] = (20, 160, 30)
    plain, busy = (ground.begin(one).distance(two) for one, two in (frames, others))
    assert busy == pytest.approx(plain, abs=0.05) and plain > 0.1


def test_file_gives_it_back(ground, tmp_path):
    path = save_grounds(tmp_path / "deep" / "ground.npz", {"arm": ground, "hand": ground})
    found = load_grounds(path)
    assert list(found) == ["arm", "hand"]
    assert distances(found["hand"]) == pytest.approx(distances(ground), abs=0.02)


def test_what_is_not_one_is_named(ground, tmp_path):
    with pytest.raises(ValueError, match="two episodes"):
        Ground.of(episode(0), np.zeros(FRAMES))
    with pytest.raises(ValueError, match="two episodes that move"):
        Ground.of(np.stack([episode(0)[0]] * 4), np.arange(4) // 2)
    for call in (ground.begin, ground.begin(episode(0)[0]).distance):
        with pytest.raises(ValueError, match=r"accepted is \(64, 64, 3\)"):
            call(np.zeros((16, 16, 3), np.uint8))
    with pytest.raises(FileNotFoundError):
        load_grounds(tmp_path / "none.npz")
    (tmp_path / "odd.npz").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match="no familiar ground"):
        load_grounds(tmp_path / "odd.npz")


def test_a_ground_that_was_damaged_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    ground = Ground(rng.normal(size=(6, WIDTH)).astype(np.float32), 1.0, 32)
    data = save_grounds(tmp_path / "ground.npz", {"arm": ground}).read_bytes()
    assert load_grounds(tmp_path / "ground.npz")["arm"].reach == 1
    for place in range(0, len(data), 17):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        (tmp_path / "ground.npz").write_bytes(broken)
        try:
            load_grounds(tmp_path / "ground.npz")
        except ValueError as error:
            assert "holds no familiar ground" in str(error)
    odd = replace(ground, features=np.full((6, WIDTH), np.nan, np.float32))
    with pytest.raises(ValueError, match="no numbers"):
        load_grounds(save_grounds(tmp_path / "ground.npz", {"arm": odd}))
    odd = replace(ground, features=np.ones((6, 112), np.float32))
    with pytest.raises(ValueError, match="another kind"):
        load_grounds(save_grounds(tmp_path / "ground.npz", {"arm": odd}))
