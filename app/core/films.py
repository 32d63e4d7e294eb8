"""Frames as files: MP4, GIF and a PNG strip, as bytes, without touching the disk.

imageio writes the strip. Films and GIFs are written here: imageio (2.38) has no way to set the
quality of H.264 (1.6 to 2.4 dB less in luminance on our clips) and takes four times as long, as
with each film it collects the garbage of the whole process; its GIFs are 1.8 to 4 times as large.
tests/app/core/test_films.py measures both.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 256
GAP = 4
# a caption's letters, its band and the room left of it, pixels; even, as video needs
LETTER, BAND, MARGIN = 12, 36, 6
RATES = (1.0, 30.0)
Kind = TypeVar("Kind")


def shown(frames: Sequence[np.ndarray], aspect: float) -> list[Image.Image]:
    """Square frames in the clip's own shape, SIDE pixels high, both sides even as video needs."""
    width = max(2, 2 * round(SIDE * aspect / 2))
    return [
        Image.fromarray(frame).resize((width, SIDE), Image.Resampling.BICUBIC) for frame in frames
    ]


def captioned(images: Sequence[Image.Image], captions: Sequence[str]) -> list[Image.Image]:
    """Images with a caption below each, of up to two lines; lines too long are cut."""
    font = ImageFont.load_default(LETTER)
    found = []
    for image, caption in zip(images, captions, strict=True):
        sheet = Image.new("RGB", (image.width, image.height + BAND), "white")
        sheet.paste(image)
        pen = ImageDraw.Draw(sheet)
        lines = [_cut(line, font, image.width - 2 * MARGIN) for line in caption.split("\n")[:2]]
        pen.multiline_text(
            (MARGIN, image.height + 2), "\n".join(lines), fill="black", font=font, spacing=3
        )
        found.append(sheet)
    return found


def _cut(line: str, font: Any, width: int) -> str:
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1]
    return line + "…"


def there_and_back(frames: Sequence[Kind]) -> list[Kind]:
    """Frames that end where they begin: all of them, then backwards to the second."""
    return [*frames, *frames[-2:0:-1]]


def beside(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Two runs of frames side by side, with a white line between."""
    line = np.full((left[0].shape[0], GAP, 3), 255, np.uint8)
    return [np.concatenate([a, line, b], 1) for a, b in zip(left, right, strict=True)]


def mp4(
    frames: Sequence[np.ndarray],
    *,
    rate: float,
    aspect: float = 1.0,
    captions: Sequence[str] | None = None,
) -> bytes:
    """H.264 that every browser plays. rate: frames a second. captions: one a frame."""
    import av  # not at import: the page opens sooner without

    buffer = io.BytesIO()
    images = _finished(frames, aspect, captions)
    rate = float(np.clip(rate, *RATES))
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1000))
        stream.width, stream.height = images[0].size
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "18"}
        for image in images:
            for packet in stream.encode(av.VideoFrame.from_image(image)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()


def gif(
    frames: Sequence[np.ndarray],
    *,
    rate: float,
    aspect: float = 1.0,
    captions: Sequence[str] | None = None,
    endless: bool = True,
) -> bytes:
    """A GIF, every frame with its own 256 colours; it repeats for ever or is played once."""
    images = [
        image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        for image in _finished(frames, aspect, captions)
    ]
    buffer = io.BytesIO()
    # GIF counts time in hundredths of a second, and browsers slow down below two of them
    milliseconds = max(20, 10 * round(100 / float(np.clip(rate, *RATES))))
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds,
        disposal=1, optimize=False, **({"loop": 0} if endless else {}),
    )  # fmt: skip
    return buffer.getvalue()


def _finished(
    frames: Sequence[np.ndarray], aspect: float, captions: Sequence[str] | None
) -> list[Image.Image]:
    images = shown(frames, aspect)
    return images if captions is None else captioned(images, captions)


def strip(frames: Sequence[np.ndarray], *, aspect: float = 1.0, columns: int = 16) -> bytes:
    """All frames as one PNG, in rows of `columns`, the first at the top left."""
    import imageio.v3 as iio  # not at import, as above

    side = frames[0].shape[0]
    width = max(1, round(frames[0].shape[1] * aspect))
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    sheet = np.full((rows * (side + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for place, frame in enumerate(frames):
        image = Image.fromarray(frame)
        if image.width != width:
            image = image.resize((width, side), Image.Resampling.BICUBIC)
        row, column = divmod(place, columns)
        top, left = row * (side + GAP), column * (width + GAP)
        sheet[top : top + side, left : left + width] = image
    return iio.imwrite("<bytes>", sheet, plugin="pillow", extension=".png")
