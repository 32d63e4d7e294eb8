"""Pictures of every kind end as the right uint8 RGB pixels or as one clear sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.clips.decode import read, read_image
from app.core.limits import Limits, UserError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def halves(left=RED, right=BLUE, size=(40, 24)) -> Image.Image:
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def refused(path: Path, limits: Limits | None = None) -> str:
    """The sentence for a file that must be refused: exactly one, and about what to send."""
    with pytest.raises(UserError) as caught:
        read(path, limits)
    sentence = str(caught.value)
    assert sentence.endswith(".") and sentence.count(". ") == 0, sentence
    assert len(sentence) < 260 and "Traceback" not in sentence
    return sentence


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds almost no data, as a decompression bomb does."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "tiff", "gif", "ppm"])
def test_every_format_gives_the_pixels(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"picture.{ending}"
    halves().save(path)
    media = read(path)
    assert media.frames.shape == (1, 24, 40, 3) and media.frames.dtype == np.uint8
    assert np.abs(media.frames[0, 12, 5].astype(int) - RED).max() < 12
    assert np.abs(media.frames[0, 12, 35].astype(int) - BLUE).max() < 12


def test_the_ending_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "picture.mp4"
    halves().save(path, format="PNG")
    assert np.array_equal(read_image(path), np.asarray(halves()))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    ending = "jpg" if mode in ("CMYK", "YCbCr") else "png"
    path = tmp_path / f"picture.{ending}"
    grey = halves((204, 204, 204), (51, 51, 51)).convert(mode)
    grey.save(path)
    frame = read_image(path)
    expected = (255, 0) if mode == "1" else (204, 51)
    assert frame.shape == (24, 40, 3)
    assert abs(int(frame[12, 5].mean()) - expected[0]) < 6
    assert abs(int(frame[12, 35].mean()) - expected[1]) < 6


def test_16_bit_grey_is_scaled_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "depth.png"
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(32, 0)
    Image.fromarray(ramp).save(path)
    frame = read_image(path)
    assert np.array_equal(frame[0, :, 0], np.round(ramp[0] / 257).astype(np.uint8))
    assert np.array_equal(frame[..., 0], frame[..., 1])


def test_16_bit_colour_is_scaled(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    row = b"\x00" + struct.pack(">HHH", 65535, 32768, 0) * 20
    header = struct.pack(">IIBBBBB", 20, 20, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * 20)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    assert np.abs(read_image(path)[10, 10].astype(int) - (255, 128, 0)).max() <= 1


def test_a_picture_in_tiles_is_put_together(root: Path) -> None:
    """As cameras write AVIF: four pictures of 256, of four colours."""
    frame = read_image(root / "tests" / "cases" / "grid.avif", Limits(stored_side=512))
    assert frame.shape == (512, 512, 3)
    seen = [frame[y, x] > 128 for y in (128, 384) for x in (128, 384)]
    assert [each.tolist() for each in seen] == [
        [True, False, False], [False, True, False], [False, False, True], [True, True, True],
    ]  # fmt: skip


def test_32_bit_values_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "floats.tiff"
    Image.fromarray(np.random.default_rng(0).random((32, 32)).astype(np.float32)).save(path)
    assert "32-bit" in refused(path)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white_and_it_is_said(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "cut-out.png"
    image = Image.new("RGBA", (40, 24), (0, 0, 0, 0))
    image.paste((60, 60, 60, 255), (20, 0, 40, 24))
    if mode == "P":
        image = image.convert("RGB").quantize(4)
        image.save(path, transparency=image.getpixel((0, 0)))
    else:
        image.convert(mode).save(path)
    media = read(path)
    assert media.frames[0, 12, 5].tolist() == [255, 255, 255]
    assert np.abs(media.frames[0, 12, 35].astype(int) - 60).max() < 3
    assert "white" in media.note


def test_an_opaque_alpha_channel_is_not_mentioned(tmp_path: Path) -> None:
    path = tmp_path / "opaque.png"
    halves().convert("RGBA").save(path)
    assert read(path).note == ""


def test_a_half_transparent_pixel_is_mixed_with_white(tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    Image.new("RGBA", (32, 32), (255, 0, 0, 128)).save(path)
    assert np.abs(read_image(path)[16, 16].astype(int) - (255, 127, 127)).max() <= 1


@pytest.mark.parametrize("ending", ["jpg", "png"])
@pytest.mark.parametrize(("orientation", "top"), [(6, RED), (8, BLUE), (3, None)])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, top, ending: str) -> None:
    path = tmp_path / f"phone.{ending}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    halves(size=(640, 400)).save(path, exif=exif)
    frame = read_image(path)
    if top is None:
        assert frame.shape == (200, 320, 3) and frame[100, 20].argmax() == 2
    else:
        assert frame.shape == (320, 200, 3)
        assert frame[20, 100].argmax() == np.argmax(top)


def test_an_orientation_that_means_nothing_turns_and_squeezes_nothing(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    halves(size=(640, 400)).save(tmp_path / "odd.jpg", exif=exif)
    halves(size=(640, 400)).save(tmp_path / "plain.jpg")
    odd, plain = (read_image(tmp_path / name) for name in ("odd.jpg", "plain.jpg"))
    assert odd.shape == (200, 320, 3) and np.array_equal(odd, plain)


def test_16_bit_grey_is_turned_too(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((40, 64), 30000, np.uint16)).save(path, exif=exif)
    assert read_image(path).shape == (64, 40, 3)


def test_large_pictures_are_made_small_without_aliasing(tmp_path: Path) -> None:
    path = tmp_path / "stripes.png"
    stripes = np.zeros((1000, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(path)
    frame = read_image(path)
    assert frame.shape == (160, 320, 3)
    assert frame.min() > 100 and frame.max() < 155


@pytest.mark.parametrize("side", [20_000, 9_000])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    assert "million pixels" in refused(path)


def test_a_real_picture_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    Image.new("L", (7000, 7000), 90).save(path)
    frame = read_image(path)
    assert frame.shape == (320, 320, 3) and np.abs(frame.astype(int) - 90).max() <= 1


def test_too_small(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (15, 200)).save(path)
    assert "15×200" in refused(path) and "16×16" in refused(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "nothing.png"
    path.touch()
    assert "0 bytes" in refused(path)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no longer there" in refused(tmp_path / "gone.png")


def test_a_file_over_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    assert "50 MB" in refused(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
@pytest.mark.parametrize("kept", [0.9, 0.5, 0.05])
def test_a_truncated_picture(tmp_path: Path, ending: str, kept: float) -> None:
    whole = tmp_path / f"whole.{ending}"
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    Image.fromarray(noise).save(whole)
    path = tmp_path / f"part.{ending}"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    refused(path)


@pytest.mark.parametrize("seed", range(8))
def test_bytes_changed_at_random_never_escape(tmp_path: Path, seed: int) -> None:
    dice = np.random.default_rng(seed)
    path = tmp_path / "hit.png"
    halves().save(path)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[dice.integers(8, len(data), 5)] = dice.integers(0, 255, 5)
    path.write_bytes(data.tobytes())
    try:
        assert read(path).frames.dtype == np.uint8
    except UserError as error:
        assert str(error).endswith(".")


def test_markup_in_a_file_name_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    path.touch()
    assert "<" not in refused(path)


def moving(path: Path, count: int, duration, **options) -> None:
    frames = [Image.new("RGB", (48, 32), (20 * i % 256, 0, 0)) for i in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=duration, **options)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_a_moving_picture_is_a_video(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"moving.{ending}"
    moving(path, 6, 200, **({"lossless": True} if ending == "webp" else {}))
    media = read(path)
    assert media.fps == pytest.approx(5) and len(media.frames) == 6
    assert [int(frame[16, 24, 0]) for frame in media.frames] == [0, 20, 40, 60, 80, 100]


def test_a_gif_of_uneven_durations_keeps_its_timing(tmp_path: Path) -> None:
    path = tmp_path / "uneven.gif"
    moving(path, 3, [100, 700, 200])
    media = read(path)
    # three frames in a second: shown at 0, 1/3 and 2/3 s, of which the last two see frame 1
    assert media.fps == pytest.approx(3)
    assert [int(frame[0, 0, 0]) for frame in media.frames] == [0, 20, 20]


def test_a_fast_gif_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "fast.gif"
    moving(path, 50, 20)
    media = read(path)
    assert media.fps == 10 and len(media.frames) == 10
    # ten frames a second out of fifty: every fifth one
    assert [int(frame[0, 0, 0]) for frame in media.frames] == [100 * i % 256 for i in range(10)]


def test_a_transparent_gif_lies_on_white(tmp_path: Path) -> None:
    path = tmp_path / "sprite.gif"
    frames = []
    for i in range(3):
        image = Image.new("RGBA", (40, 24), (0, 0, 0, 0))
        image.paste((255, 0, 0, 255), (10 * i, 0, 10 * i + 10, 24))
        frames.append(image)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, disposal=2)
    media = read(path)
    assert len(media.frames) == 3 and "white" in media.note
    assert media.frames[2, 12, 35].tolist() == [255, 255, 255]
    assert media.frames[2, 12, 25].tolist() == [255, 0, 0]
    assert media.frames[2, 12, 5].tolist() == [255, 255, 255]


def test_a_gif_that_plays_too_long(tmp_path: Path) -> None:
    path = tmp_path / "long.gif"
    moving(path, 14, 5000)
    assert "60 s" in refused(path)


def test_a_gif_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "slow.gif"
    moving(path, 30, 100)
    assert "0 s" in refused(path, Limits(decode_seconds=0.0))


def test_a_moving_picture_is_not_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    moving(path, 6, 200)
    with pytest.raises(UserError, match="6 frames"):
        read_image(path)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_too_many_pixels_in_all(tmp_path: Path, kind: str) -> None:
    """Of a GIF alone the frames are not known before they are decoded."""
    path = tmp_path / f"long.{kind}"
    frames = [Image.new("RGB", (64, 48), (20 * n, 0, 0)) for n in range(12)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    assert len(read(path, Limits(upload_work=12 * 64 * 48)).frames) == 12
    found = "6" if kind == "gif" else "12"
    with pytest.raises(UserError, match=rf"has {found} or more frames of 64×48 pixels; at most"):
        read(path, Limits(upload_work=5 * 64 * 48))
