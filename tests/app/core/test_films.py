"""Films, GIFs and strips hold the frames; where imageio is not asked to write, it writes worse."""

from __future__ import annotations

import io
from pathlib import Path

import av
import imageio.v3 as iio
import numpy as np
import pytest

from app.core import films

RATE = 8


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """24 frames of a shipped clip, halved to the 128 pixels that a model imagines."""
    path = Path("assets/clips/gymnasium_robotics/fetch-push-00000.mp4")
    whole = np.stack(list(iio.imiter(path, plugin="pyav")))[:24]
    halves = whole.reshape(24, 128, 2, 128, 2, 3).mean((2, 4))
    return list(halves.round().astype(np.uint8))


@pytest.fixture(scope="module")
def shown(frames: list[np.ndarray]) -> np.ndarray:
    return np.stack([np.asarray(image) for image in films.shown(frames, 1.0)])


def psnr(image: np.ndarray, true: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.square(image.astype(float) - true).mean())


def grey(film: bytes) -> np.ndarray:
    """Its luminance as encoded, so that the thinned colours of 4:2:0 do not count."""
    with av.open(io.BytesIO(film)) as container:
        return np.stack([each.to_ndarray(format="gray") for each in container.decode(video=0)])


def test_a_film_has_every_frame_at_its_time(frames: list, shown: np.ndarray) -> None:
    film = films.mp4(frames, rate=RATE)
    assert iio.immeta(film, plugin="pyav", extension=".mp4")["fps"] == RATE
    assert iio.immeta(film, plugin="pyav", extension=".mp4")["duration"] == len(frames) / RATE
    read = np.stack(list(iio.imiter(film, plugin="pyav", extension=".mp4")))
    assert read.shape == shown.shape and psnr(read, shown) > 36


def test_a_film_is_more_exact_than_imageio_writes_it(frames: list, shown: np.ndarray) -> None:
    theirs = iio.imwrite(
        "<bytes>", shown, plugin="pyav", extension=".mp4", codec="libx264", fps=RATE,
        out_pixel_format="yuv420p",
    )  # fmt: skip
    planes = (av.VideoFrame.from_ndarray(each).reformat(format="yuv420p") for each in shown)
    true = np.stack([plane.to_ndarray(format="gray") for plane in planes])
    assert psnr(grey(films.mp4(frames, rate=RATE)), true) > psnr(grey(theirs), true) + 1


def test_a_gif_keeps_time_and_is_smaller_than_imageio_writes_it(
    frames: list, shown: np.ndarray
) -> None:
    mine = films.gif(frames, rate=RATE)
    theirs = iio.imwrite(
        "<bytes>", shown, plugin="pillow", extension=".gif", duration=120, loop=0, disposal=1
    )
    read = np.stack(list(iio.imiter(mine, plugin="pillow", extension=".gif", mode="RGB")))
    assert read.shape == shown.shape and psnr(read, shown) > 36
    assert iio.immeta(mine, plugin="pillow", extension=".gif")["duration"] == 120
    assert 1.5 * len(mine) < len(theirs)


def test_a_strip_holds_the_very_pixels_in_rows(frames: list) -> None:
    sheet = iio.imread(films.strip(frames), plugin="pillow", extension=".png")
    step = 128 + films.GAP
    assert sheet.shape == (2 * step - films.GAP, 16 * step - films.GAP, 3)
    for place, frame in enumerate(frames):
        top, left = place // 16 * step, place % 16 * step
        assert np.array_equal(sheet[top : top + 128, left : left + 128], frame)
    assert (sheet[:, 128 : 128 + films.GAP] == 255).all() and (
        sheet[step:, 8 * step :] == 255
    ).all()


def test_a_strip_of_wide_clips_is_wide(frames: list) -> None:
    sheet = iio.imread(films.strip(frames[:3], aspect=1.5), plugin="pillow", extension=".png")
    assert sheet.shape == (128, 3 * (192 + films.GAP) - films.GAP, 3)
