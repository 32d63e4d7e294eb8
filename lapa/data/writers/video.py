"""A video file that grows by episodes, its frames without a pause."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream

# a picture nobody tells from the original; every second frame a key frame, as LeRobot has it, for
# frames that are asked for one by one
CODEC, OPTIONS = "libx264", {"crf": "18", "g": "2", "bf": "0", "preset": "veryfast"}


class VideoFile:
    """H.264 in a file of the container that its suffix names; `close` it to be whole.

    Attributes:
        count: frames in it. bytes: of the frames that the encoder has given so far.
    """

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.count = self.bytes = 0
        rate = Fraction(fps).limit_denominator(1000)
        self._container = av.open(str(path), "w")
        stream = self._container.add_stream(CODEC, rate=rate, options=OPTIONS)
        self._stream = cast("VideoStream", stream)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = pixel_format(width, height)
        self._stream.codec_context.time_base = 1 / rate

    def add(self, frames: np.ndarray) -> int:
        """Append frames (T, H, W, 3) uint8; returns the number of the first."""
        first = self.count
        for image in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            picture.pts, picture.time_base = self.count, self._stream.codec_context.time_base
            self._write(self._stream.encode(picture))
            self.count += 1
        return first

    def close(self) -> None:
        """Write what the encoder holds back."""
        if self.count:
            self._write(self._stream.encode())
        self._container.close()

    def _write(self, packets: Sequence[av.Packet[VideoStream]]) -> None:
        self.bytes += sum(packet.size for packet in packets)
        self._container.mux(packets)


def pixel_format(width: int, height: int) -> str:
    """How colour is stored: at half the resolution, which takes even sizes only."""
    return "yuv444p" if width % 2 or height % 2 else "yuv420p"
