"""From a video file to RGB frames, as a player would show them.

Rotation and pixel shape are honoured. Phones and screen recorders write frames at uneven times;
a gap in seconds needs even ones, so a video is put on a steady grid by its own timestamps.
Everything wrong with a file becomes a ValueError whose text completes the sentence "<name>: …".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

VIDEO_SUFFIXES = frozenset(
    ".3g2 .3gp .asf .avi .flv .gif .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob "
    ".webm .wmv".split()
)
MAX_FPS = 240.0
MAX_PAUSE_SECONDS = 60.0


@dataclass(frozen=True)
class VideoInfo:
    """fps, and height and width in pixels as shown (turned upright, pixels made square)."""

    fps: float
    height: int
    width: int


def probe_video(path: Path) -> VideoInfo:
    """Look at the first two frames only.

    Raises:
        ValueError: not a video, broken, or fewer than two frames.
    """
    with _opened(path) as container:
        fps = _average_fps(_pictures(container))
    first = list(islice(stream_video(path, fps=fps), 2))
    if len(first) < 2:
        raise ValueError(f"holds {len(first)} frame, a pair needs two")
    height, width = first[0].shape[:2]
    return VideoInfo(fps=fps, height=height, width=width)


def check_video(path: Path) -> None:
    """Read the header only (about 2 ms).

    Raises:
        ValueError: not a video, or no picture in it.
    """
    with _opened(path):
        pass


def stream_video(path: Path, *, fps: float | None = None) -> Iterator[np.ndarray]:
    """Decode one frame after the other.

    Args:
        path: a video file.
        fps: if given, yield what is on the screen at the times k / fps after the first frame;
            if None, yield every frame as stored, whatever its time.

    Yields:
        (H, W, 3) uint8 RGB, all of one size.

    Raises:
        ValueError: not a video, broken, or it changes its size on the way.
    """
    shape = None
    with _opened(path) as container:
        pixel_aspect = float(_pictures(container).sample_aspect_ratio or 1)
        for frame, repeats in _steady(_decoded(container), fps):
            image = _upright(frame, pixel_aspect)
            shape = shape or image.shape
            if image.shape != shape:
                raise ValueError(f"changes its size from {_size(shape)} to {_size(image.shape)}")
            for _ in range(repeats):
                yield image


def _opened(path: Path) -> av.container.InputContainer:
    if not path.is_file():
        raise ValueError("the file is missing")
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        container = av.open(str(path))
    except (av.FFmpegError, UnicodeDecodeError) as error:
        raise ValueError(f"is not a readable video ({_words(error)})") from error
    if _pictures(container) is None:
        sound = bool(container.streams.audio)
        container.close()
        raise ValueError("has sound but no video" if sound else "holds no picture")
    return container


def _pictures(container: av.container.InputContainer) -> av.video.stream.VideoStream | None:
    """The first stream of moving pictures: the cover of a song is a stream, but none of these."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _decoded(container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    stream = _pictures(container)
    # Threads pay off across clips, not inside a small one.
    stream.codec_context.thread_count = 1
    count = 0
    try:
        for frame in container.decode(stream):
            yield frame
            count += 1
    except av.FFmpegError as error:
        raise ValueError(f"breaks off after {count} frames ({_words(error)})") from error
    if not count:
        raise ValueError("holds no frame that can be decoded")


def _steady(
    frames: Iterator[av.VideoFrame], fps: float | None
) -> Iterator[tuple[av.VideoFrame, int]]:
    """Each frame with the number of grid points at which it is the one on the screen."""
    if fps is None:
        yield from ((frame, 1) for frame in frames)
        return
    held, at, start = next(frames), 0, None
    start = held.time
    for frame in frames:
        known = frame.time is not None and start is not None
        now = max(at, math.floor((frame.time - start) * fps + 0.5)) if known else at + 1
        if now - at > MAX_PAUSE_SECONDS * fps:
            raise ValueError(f"its clock jumps by {(now - at) / fps:.0f} s")
        if now > at:
            yield held, now - at
        held, at = frame, now
    yield held, 1


def _upright(frame: av.VideoFrame, pixel_aspect: float) -> np.ndarray:
    width = max(1, round(frame.width * pixel_aspect))
    image = frame.reformat(width=width, height=frame.height, format="rgb24").to_ndarray()
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _average_fps(stream: av.video.stream.VideoStream) -> float:
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    if not 0 < fps <= MAX_FPS:
        raise ValueError(f"claims {fps:g} frames a second, 0 to {MAX_FPS:g} is accepted")
    return fps


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
