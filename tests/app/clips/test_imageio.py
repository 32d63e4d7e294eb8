"""What visitors send against imageio's reader: the same pixels of upright films and pictures."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from app.clips.decode import read
from tests.coloured import UPRIGHT, coloured, write


def theirs(path: Path, plugin: str, **options: str) -> np.ndarray:
    return np.stack(list(iio.imiter(path, plugin=plugin, **options)))


@pytest.mark.parametrize("name", [name for name in UPRIGHT if name != "uneven.mp4"])
def test_films_at_ten_a_second_are_the_same(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, **UPRIGHT[name])
    media = read(path)
    assert media.fps == pytest.approx(10) and media.frames.shape == (12, 48, 64, 3)
    assert np.array_equal(media.frames, theirs(path, "pyav"))


def test_uneven_films_are_put_on_a_clock_where_imageio_gives_them_as_stored(
    tmp_path: Path,
) -> None:
    at = [0, 100, 200, 300, 700, 800, 900, 1300, 1400, 1500, 1800, 1900]
    path = write(tmp_path / "uneven.mp4", at=at)
    media, stored = read(path), theirs(path, "pyav")
    assert len(stored) == 12 and media.fps == pytest.approx(6, abs=0.1)
    ticks = np.arange(len(media.frames)) / media.fps
    shown = np.searchsorted(np.array(at) / 1000, ticks + 1e-3, side="right") - 1
    assert np.array_equal(media.frames, stored[shown])


@pytest.mark.parametrize(
    ("ending", "options"), [("gif", {}), ("webp", {"lossless": True}), ("png", {})]
)
def test_moving_pictures_are_the_same(tmp_path: Path, ending: str, options: dict) -> None:
    path = tmp_path / f"moving.{ending}"
    first, *others = map(Image.fromarray, coloured(6))
    first.save(path, save_all=True, append_images=others, duration=100, **options)
    media = read(path)
    assert media.fps == 10 and media.frames.shape == (6, 48, 64, 3)
    assert np.array_equal(media.frames, theirs(path, "pillow", mode="RGB"))


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tiff", "bmp", "ppm"])
def test_stills_are_the_same(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"still.{ending}"
    Image.fromarray(coloured(1)[0]).save(path)
    assert np.array_equal(read(path).frames, theirs(path, "pillow", mode="RGB"))
