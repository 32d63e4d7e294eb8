"""Frames as files: MP4, GIF and a PNG strip, as bytes, without touching the disk."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from PIL import Image

SIDE = 256
GAP = 4
RATES = (1.0, 30.0)


def shown(frames: Sequence[np.ndarray], aspect: float) -> list[Image.Image]:
    """Square frames in the clip's own shape, SIDE pixels high, both sides even as video needs."""
    width = max(2, 2 * round(SIDE * aspect / 2))
    return [
        Image.fromarray(frame).resize((width, SIDE), Image.Resampling.BICUBIC) for frame in frames
    ]


def beside(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Two runs of frames side by side, with a white line between."""
    line = np.full((left[0].shape[0], GAP, 3), 255, np.uint8)
    return [np.concatenate([a, line, b], 1) for a, b in zip(left, right, strict=True)]


def mp4(frames: Sequence[np.ndarray], *, rate: float, aspect: float = 1.0) -> bytes:
    """H.264 that every browser plays. rate: frames a second."""
    import av  # not at import: the page opens sooner without

    buffer = io.BytesIO()
    images = shown(frames, aspect)
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


def gif(frames: Sequence[np.ndarray], *, rate: float, aspect: float = 1.0) -> bytes:
    """An endless GIF, every frame with its own 256 colours."""
    images = [
        image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        for image in shown(frames, aspect)
    ]
    buffer = io.BytesIO()
    # GIF counts time in hundredths of a second, and browsers slow down below two of them
    milliseconds = max(20, 10 * round(100 / float(np.clip(rate, *RATES))))
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0,
        disposal=1, optimize=False,
    )  # fmt: skip
    return buffer.getvalue()


def strip(frames: Sequence[np.ndarray], *, aspect: float = 1.0, columns: int = 16) -> bytes:
    """All frames as one PNG, in rows of `columns`, the first at the top left."""
    side = frames[0].shape[0]
    width = max(1, round(frames[0].shape[1] * aspect))
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    size = (columns * (width + GAP) - GAP, rows * (side + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for place, frame in enumerate(frames):
        image = Image.fromarray(frame)
        if image.width != width:
            image = image.resize((width, side), Image.Resampling.BICUBIC)
        at = (place % columns * (width + GAP), place // columns * (side + GAP))
        sheet.paste(image, at)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
