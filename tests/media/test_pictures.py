"""Pictures of every kind as a viewer shows them, by name, as frames of a clip, and as uploads."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.clips.decode import read
from lapa.data.readers.frame_folders import read_frame

ORIENTATION, LYING = 274, 6
RED, GREEN = (200, 30, 30), (30, 200, 30)


def seen(path: Path) -> list[np.ndarray]:
    """A picture at the door of the library and at that of the page."""
    return [read_frame(path), read(path).frames[0]]


def halves(left: tuple[int, ...], right: tuple[int, ...]) -> np.ndarray:
    """(48, 64, 3) uint8."""
    frame = np.empty((48, 64, 3), np.uint8)
    frame[:, :32], frame[:, 32:] = left, right
    return frame


@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "CMYK"])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_tiff_that_lies_on_its_side_is_turned_upright(tmp_path, mode, orientation) -> None:
    """Uncompressed ones, too, which Pillow tears when it is given their name."""
    shown = halves((40, 40, 40), (200, 200, 200))
    grey = shown[..., 0]
    stored = grey.astype(np.uint16) * 257 if mode == "I;16" else shown if mode == "RGB" else grey
    turns = {3: 2, 6: 1, 8: 3}[orientation]
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(stored, turns)))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / "a.tif"
    (lying.convert("CMYK") if mode == "CMYK" else lying).save(path, exif=exif)
    for frame in seen(path):
        assert frame.shape == shown.shape
        assert np.abs(frame.astype(int) - shown).max() <= 1


def test_sixteen_bits_with_white_as_zero_are_no_negative(tmp_path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.full((32, 32), 65535 - 60 * 257, np.uint16)).save(path)
    tag = struct.Struct("<HHIHH")
    data = path.read_bytes()
    assert tag.pack(262, 3, 1, 1, 0) in data
    path.write_bytes(data.replace(tag.pack(262, 3, 1, 1, 0), tag.pack(262, 3, 1, 0, 0)))
    for frame in seen(path):
        assert np.unique(frame).tolist() == [60]


def test_a_see_through_value_of_sixteen_bits_is_white(tmp_path) -> None:
    path, grey = tmp_path / "a.png", np.full((32, 32), 60 * 257, np.uint16)
    grey[:, 16:] = 200 * 257
    Image.fromarray(grey).save(path, transparency=60 * 257)
    for frame in seen(path):
        assert frame[0, :16].tolist() == [[255] * 3] * 16 and np.unique(frame[:, 16:]) == [200]


def profile(*primaries: tuple[float, float, float]) -> bytes:
    """An ICC profile (version 2) of red, green and blue light in XYZ under D50, gamma 2.2."""
    fixed = [[round(value * 65536) for value in each] for each in primaries]
    points = [b"XYZ \0\0\0\0" + struct.pack(">3i", *each) for each in fixed]
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0233) + b"\0\0"
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    told = b"desc\0\0\0\0" + struct.pack(">I", 6) + b"other\0" + b"\0" * 78
    names = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"wtpt", b"desc", b"cprt")
    copy = b"text\0\0\0\0none\0\0\0\0"
    parts = [*points, curve, curve, curve, white, told, copy]
    at, table, body = 128 + 4 + 12 * len(parts), struct.pack(">I", len(parts)), b""
    for name, part in zip(names, parts, strict=True):
        table += name + struct.pack(">II", at + len(body), len(part))
        body += part + b"\0" * (-len(part) % 4)
    kind = (0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0" * 4, *kind)
    head = (head + b"\0" * 12 + b"acsp").ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


# of sRGB, adapted to D50
R, G, B = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp", "avif"])
def test_colours_are_those_of_the_pictures_profile(tmp_path, ending) -> None:
    """In this one red and green have changed places."""
    path = tmp_path / f"a.{ending}"
    Image.fromarray(halves(RED, GREEN)).save(path, icc_profile=profile(G, R, B), quality=100)
    for frame in seen(path):
        assert np.abs(frame[24, [8, 56]].astype(int) - [GREEN, RED]).max() < 12


@pytest.mark.parametrize("wrong", [b"", b"no profile", profile(G, R, B)[:200]])
def test_a_profile_that_is_damaged_says_nothing(tmp_path, wrong) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(halves(RED, GREEN)).save(path, icc_profile=wrong)
    for frame in seen(path):
        assert frame[24, [8, 56]].tolist() == [list(RED), list(GREEN)]
