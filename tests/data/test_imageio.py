"""Our readers against imageio's: the same pixels where it is exact, and where it is not."""

from __future__ import annotations

import struct
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from lapa.media.pictures import upright_rgb
from lapa.media.videos import stream_video
from tests.coloured import UPRIGHT, coloured, write


def theirs(path: Path) -> np.ndarray:
    return np.stack(list(iio.imiter(path, plugin="pyav")))


def ours(path: Path) -> np.ndarray:
    return np.stack(list(stream_video(path)))


@pytest.mark.slow
def test_shipped_clips_are_the_same(clips: Path) -> None:
    sources = sorted(each for each in clips.iterdir() if each.is_dir())
    assert len(sources) > 3
    for source in sources[::3]:
        path = min(source.glob("*.mp4"))
        assert np.array_equal(ours(path), theirs(path)), path.name


@pytest.mark.parametrize("name", UPRIGHT)
def test_upright_video_is_the_same(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, **UPRIGHT[name])
    assert ours(path).shape == (12, 48, 64, 3)
    assert np.array_equal(ours(path), theirs(path))


def test_a_gif_is_the_same(tmp_path: Path) -> None:
    first, *others = map(Image.fromarray, coloured(6))
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=100)
    assert ours(tmp_path / "a.gif").shape == (6, 48, 64, 3)
    assert np.array_equal(ours(tmp_path / "a.gif"), theirs(tmp_path / "a.gif"))


def test_frames_that_an_edit_list_cuts_off_are_not_made_up(tmp_path: Path) -> None:
    """Read whole, imageio leaves as many rows as the header says, the last three with anything."""
    path = write(tmp_path / "a.mp4", bf="2", g="4")
    data = bytearray(path.read_bytes())
    ticks = struct.unpack_from(">I", data, data.index(b"mdhd") + 16)[0] // 10
    start = data.index(b"elst") + 16
    struct.pack_into(">i", data, start, struct.unpack_from(">i", data, start)[0] + 3 * ticks)
    path.write_bytes(data)
    assert len(ours(path)) == 9 and len(iio.imread(path, plugin="pyav")) == 12
    assert np.array_equal(ours(path), theirs(path))


@pytest.mark.slow
def test_turned_video_and_wide_pixels_are_left_as_stored_by_imageio(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.mp4", aspect=2)
    assert ours(path).shape[1:3] == (48, 128) and theirs(path).shape[1:3] == (48, 64)
    path = write(tmp_path / "turned.mp4")
    data = bytearray(path.read_bytes())
    struct.pack_into(">5i", data, data.index(b"tkhd") + 44, 0, 1 << 16, 0, -1 << 16, 0)
    path.write_bytes(data)
    assert ours(path).shape[1:3] == (64, 48) and theirs(path).shape[1:3] == (48, 64)
    assert np.array_equal(ours(path), np.rot90(theirs(path), 3, (1, 2)))


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return upright_rgb(image)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        *((ending, mode) for ending in ("png", "tiff", "bmp") for mode in ("RGB", "L", "P", "1")),
        *(("jpg", mode) for mode in ("RGB", "L", "CMYK")),
        *(("webp", mode) for mode in ("RGB", "L")),
    ],
)
def test_opaque_pictures_are_the_same(tmp_path: Path, ending: str, mode: str) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(coloured(1)[0]).convert(mode).save(path)
    assert np.array_equal(read(path), iio.imread(path, plugin="pillow", mode="RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_the_same(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(coloured(1)[0]).save(tmp_path / "a.png", exif=exif)
    upright = iio.imread(tmp_path / "a.png", plugin="pillow", mode="RGB", rotate=True)
    assert np.array_equal(read(tmp_path / "a.png"), upright)


def test_sixteen_bits_and_transparency_are_cut_off_by_imageio(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 30000, np.uint16)).save(tmp_path / "deep.png")
    assert iio.imread(tmp_path / "deep.png", plugin="pillow", mode="RGB").max() == 255
    assert read(tmp_path / "deep.png").max() == round(30000 / 257)
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert iio.imread(tmp_path / "clear.png", plugin="pillow", mode="RGB").max() == 0
    assert read(tmp_path / "clear.png").min() == 255
