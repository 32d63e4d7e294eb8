"""Films whose every pixel tells a wrong decoding: slopes in all colours that move."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

# in milliseconds: pauses, and one frame that comes early
UNEVEN = [0, 100, 200, 300, 700, 800, 900, 1300, 1350, 1400, 1500, 1600]
# what any decoder should show alike: name -> how `write` makes it
UPRIGHT: dict[str, dict[str, Any]] = {
    "reordered.mp4": {"bf": "2"},
    "uneven.mp4": {"at": UNEVEN},
    "full.mp4": {"full": True},
    "fine.mp4": {"pixels": "yuv444p"},
    "old.avi": {"codec": "mpeg4"},
    "web.webm": {"codec": "libvpx"},
}


def coloured(number: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Frames of slopes in all three colours that move."""
    y, x = np.mgrid[:height, :width]
    slopes = [(3 * x + 9 * i, 5 * y + 4 * i, x + y + 20 * i) for i in range(number)]
    return [np.stack(each, -1).astype(np.uint8) for each in slopes]


def write(path: Path, *, codec: str = "libx264", pixels: str = "yuv420p", full: bool = False,
          at: list[int] | None = None, aspect: int = 1, frames: int = 12, **options: str
          ) -> Path:  # fmt: skip
    """at: milliseconds of each frame. full: luminance from 0 to 255 instead of 16 to 235."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, pixels
        stream.options = options
        stream.codec_context.time_base = Fraction(1, 1000 if at else 10)
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        stream.codec_context.color_range = 2 if full else 0
        for number, image in enumerate(coloured(frames)):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if full:
                frame = frame.reformat(format=pixels, dst_color_range=2)
            frame.pts = at[number] if at else number
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
