"""From a video file to RGB frames, as a player would show them.

Turns, flips and pixel shape are honoured, high dynamic range is brought to the usual one. Phones
and screen recorders write frames at uneven times; a gap in seconds needs even ones, so a video is
put on a steady grid by its own timestamps. A file that was cut short is refused, not taken as
whole. Everything wrong with a file becomes a ValueError whose text goes on after the file's name.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from lapa.media.ending import STRICT, ends_whole
from lapa.media.orientation import display_matrix, oriented
from lapa.media.tone import is_high_range, standard_range

VIDEO_SUFFIXES = frozenset({
    ".264", ".265", ".3g2", ".3gp", ".apng", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv",
    ".gif", ".h264", ".h265", ".hevc", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v",
    ".mjpeg", ".mjpg", ".mk3d", ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf",
    ".nut", ".obu", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".trp", ".ts", ".vob", ".webm",
    ".wmv", ".y4m",
})  # fmt: skip
# what those names may hold, from this file alone: a playlist could name other files and addresses;
# sound is opened so that it can be told
OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,"
    "ogg,mxf,gif,apng,h264,hevc,obu,ivf,m4v,mjpeg,yuv4mpegpipe,nut,dv,rm,mp3,wav,flac,aac",
    "protocol_whitelist": "file",
}
# the brands of files that hold a still picture, perhaps in tiles that no video decoder joins
STILL_BRANDS = frozenset({"avif", "heic", "heix", "heim", "heis", "mif1", "mif2"})
# packets at the end of which a frame may be that of the last: frames are decoded in another order
# than they are shown
LAST = 4
# a header that claims more is taken for broken
MAX_FPS = 240.0
# how Matroska writes a time
CLOCK = re.compile(r"(\d{1,6}):(\d{1,2}):(\d{1,2}(?:\.\d{1,12})?)")
# after which a file that does not open is given up
OPEN_SECONDS = 10.0
# a longer one is taken for a broken clock; it would be filled with copies of one frame
MAX_PAUSE_SECONDS = 60.0


class CannotOpen(ValueError):
    """No decoder knows what kind of file it is."""


class CutShort(ValueError):
    """Less can be decoded than the file says there is."""


@dataclass(frozen=True)
class VideoInfo:
    """fps, and height and width in pixels as shown (turned upright, pixels made square)."""

    fps: float
    height: int
    width: int


@dataclass(eq=False)
class Video:
    """An opened file and its stream of moving pictures. turn: the display matrix that the first
    decoded frame has, (3, 3) int32; None where it has none. end: the byte of the file behind what
    was read last; 0 where the format does not tell. packets, damaged: how many were read, and the
    number of the last that was not whole, or whose frame was not."""

    container: InputContainer
    stream: VideoStream
    turn: np.ndarray | None = None
    end: int = 0
    packets: int = 0
    damaged: int = -LAST

    @property
    def fps(self) -> float:
        """Frames a second on average.

        Raises:
            ValueError: the file claims none, or more than 240.
        """
        fps = self.rate
        if not 0 < fps <= MAX_FPS:
            raise ValueError(f"claims {fps:g} frames a second, 0 to {MAX_FPS:g} is accepted")
        return fps

    @property
    def rate(self) -> float:
        """Frames a second as the file claims them, 0 where it does not; of DV, whose clock is taken
        for that, as its pictures say."""
        average, guessed = self.stream.average_rate, self.stream.guessed_rate
        return float((average if average and average <= MAX_FPS else guessed) or average or 0)

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height in pixels as they are decoded."""
        return self.stream.codec_context.width, self.stream.codec_context.height

    @property
    def pixel_aspect(self) -> float:
        """How much wider than high a pixel is shown."""
        return float(self.stream.sample_aspect_ratio or 1)

    @property
    def seconds(self) -> float | None:
        """How long the pictures last by what the file says of itself, None if it says nothing."""
        container, stream = self.container, self.stream
        # of a cut AVI only the number of frames is left untouched by the decoder
        if container.format.name == "avi" and stream.frames and stream.average_rate:
            return float(stream.frames / stream.average_rate)
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        # a Matroska file may tell when each stream ends; as a whole it ends with its sound
        end = CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
        if end:
            return 3600 * int(end[1]) + 60 * int(end[2]) + float(end[3]) - self._starts
        if container.duration and not container.streams.audio:
            # which counts from the clock's zero, also in a piece that was cut out of a longer one
            early = self._starts if "matroska" in container.format.name else 0.0
            return container.duration / 1e6 - early
        return None

    @property
    def _starts(self) -> float:
        """The time of the first picture by the file's own clock, in seconds."""
        start, clock = self.stream.start_time, self.stream.time_base
        return float(start * clock) if start and clock else 0.0

    def frames(self) -> Iterator[av.VideoFrame]:
        """Decode one frame after the other, as stored.

        Raises:
            ValueError: broken, cut short, or no frame in it.
        """
        # Threads pay off across clips, not inside a small one.
        self.stream.codec_context.thread_count = 1
        if self.container.format.name in STRICT:
            self.stream.codec_context.options = {"err_detect": "explode"}
        count, first, last, end = 0, math.inf, -math.inf, -math.inf
        try:
            for frame in self._decoded():
                if frame.time is not None:
                    first, last = min(first, frame.time), max(last, frame.time)
                    end = max(end, frame.time + _lasts(frame))
                yield frame
                count += 1
        except av.FFmpegError as error:
            raise CutShort(f"breaks off after {count} frames ({_words(error)})") from error
        if not count:
            raise CutShort("holds no frame that can be decoded")
        if last >= first:
            # of formats that do not say how long a frame lasts, the last one lasts as the others
            usual = (last - first) / max(count - 1, 1)
            self._check_whole(max(end, last + usual) - first, last - first, count)
        path, kind = Path(self.container.name), self.container.format.name
        if self.damaged > max(self.packets - LAST, 1) or not ends_whole(path, kind, self.end):
            raise CutShort(f"is cut short: it ends within a frame, and {count} can be decoded")

    def frames_from(self, seconds: float) -> Iterator[av.VideoFrame]:
        """Decode from the last key frame before this time on.

        Raises:
            ValueError: broken.
        """
        self.stream.codec_context.thread_count = 1
        clock = self.stream.time_base
        try:
            if seconds > 0 and clock:
                self.container.seek(math.floor(seconds / clock), stream=self.stream)
            yield from self._decoded()
        except av.FFmpegError as error:
            raise CutShort(f"breaks off after {seconds:.3f} s ({_words(error)})") from error

    def _decoded(self) -> Iterator[av.VideoFrame]:
        # the matrix holds for all frames, though H.264 and HEVC may tell it with key frames only
        number = 0
        for packet in self.container.demux(self.stream):
            if packet.size:
                self.packets += 1
                self.end = (packet.pos or 0) + packet.size
                self.damaged = self.packets if packet.is_corrupt else self.damaged
            for frame in packet.decode():
                self.damaged = self.packets if frame.is_corrupt else self.damaged
                self.turn = display_matrix(frame) if number == 0 else self.turn
                number += 1
                yield frame

    def _check_whole(self, seconds: float, last: float, count: int) -> None:
        """Raise ValueError where far less was decoded than the file announces. seconds: that the
        frames last together; last: from the first one to the beginning of the last."""
        length = self.seconds
        if length is not None and seconds < length - max(0.5, 0.1 * length):
            raise CutShort(
                f"is cut short: it announces {length:.1f} s, and {count} frames up to "
                f"{last:.1f} s can be decoded"
            )

    def timed(self) -> Iterator[tuple[float, float, av.VideoFrame]]:
        """Each frame with the seconds, from the first one on, between which it is on the screen;
        one frame late. ValueError as `frames`."""
        usual = 1 / (self.rate or 25)
        first = waiting = None
        at = 0.0
        for frame in self.frames():
            first = frame.time if waiting is None else first
            # A raw stream has no timestamps, and a damaged one may step back: go by the usual rate.
            now = at + usual if frame.time is None or first is None else frame.time - first
            if waiting is not None:
                now = now if now > at else at + usual
                yield at, now, waiting
                at = now
            waiting = frame
        if waiting is not None:
            yield at, at + (_lasts(waiting) or usual), waiting

    def image(self, frame: av.VideoFrame, size: tuple[int, int] | None = None) -> np.ndarray:
        """A frame as a player shows it, (H, W, 3) uint8.

        size: width and height to shrink to, before the frame is turned upright; None for as stored
            with square pixels.
        """
        width, height = size or (max(1, round(frame.width * self.pixel_aspect)), frame.height)
        # the mean over an area shrinks without aliasing; as large as stored it would change nothing
        way = "AREA" if size else None
        if is_high_range(frame):
            deep = frame.reformat(width, height, format="rgb48le", interpolation=way)
            pixels = standard_range(deep.to_ndarray(), frame)
        else:
            plain = frame.reformat(width, height, format="rgb24", interpolation=way)
            pixels = plain.to_ndarray()
        # in memory of its own
        return np.ascontiguousarray(oriented(pixels, self.turn))


@contextmanager
def opened_video(path: Path) -> Iterator[Video]:
    """A file and its moving pictures; closed when the body is left.

    Raises:
        ValueError: no video, broken, or no moving picture in it.
    """
    # unlike Path.is_file, of a name that no file can have either
    if not os.path.isfile(path):
        raise ValueError("the file is missing")
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        container = av.open(
            str(path), options=OPTIONS, timeout=OPEN_SECONDS, metadata_errors="replace"
        )
    except (av.FFmpegError, UnicodeDecodeError) as error:
        raise CannotOpen(f"is not a readable video ({_words(error)})") from error
    with container:
        brand = container.metadata.get("major_brand", "")
        if brand in STILL_BRANDS:
            raise ValueError(f"is a picture ({brand}), no video")
        stream = _pictures(container)
        if stream is None:
            sound = bool(container.streams.audio)
            raise ValueError("has sound but no video" if sound else "holds no picture")
        yield Video(container, stream)


def probe_video(path: Path) -> VideoInfo:
    """Look at the first two frames only.

    Raises:
        ValueError: not a video, broken, or fewer than two frames.
    """
    with opened_video(path) as video:
        fps = video.fps
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
    with opened_video(path):
        pass


# Not through imageio: its reader gives the same pixels for upright video with square pixels, but
# turns nothing, makes no pixels square, tells no timestamps with its frames, and takes the cover of
# a song for video; tests/data/test_imageio.py holds the two against each other.
def stream_video(path: Path, *, fps: float | None = None) -> Iterator[np.ndarray]:
    """Decode one frame after the other.

    Args:
        path: a video file.
        fps: if given, yield what is on the screen at the times k / fps after the first frame;
            if None, yield every frame as stored, whatever its time.

    Yields:
        (H, W, 3) uint8 RGB, all of one size.

    Raises:
        ValueError: not a video, broken, cut short, or it changes its size on the way.
    """
    shape = None
    with opened_video(path) as video:
        for frame, repeats in _steady(video.frames(), fps):
            image = video.image(frame)
            shape = shape or image.shape
            if image.shape != shape:
                raise ValueError(f"changes its size from {_size(shape)} to {_size(image.shape)}")
            for _ in range(repeats):
                yield image


def stream_video_at(path: Path, times: np.ndarray, *, tolerance: float) -> Iterator[np.ndarray]:
    """Decode the frames with these timestamps, of a file that may hold much more.

    Args:
        times: (T,) seconds of the file's own clock, ascending.
        tolerance: by which a frame's timestamp may differ, in seconds.

    Yields:
        (H, W, 3) uint8 RGB, one for each of the times, all of one size.

    Raises:
        ValueError: as `stream_video`; or the file has no frame at one of the times.
    """
    shape, at = None, 0
    with opened_video(path) as video:
        for frame in video.frames_from(float(times[0]) - tolerance):
            if frame.time is None or frame.time < times[at] - tolerance:
                continue
            image = None
            while at < len(times) and abs(frame.time - times[at]) <= tolerance:
                image = video.image(frame) if image is None else image
                shape = shape or image.shape
                if image.shape != shape:
                    raise ValueError(
                        f"changes its size from {_size(shape)} to {_size(image.shape)}"
                    )
                yield image
                at += 1
            if at == len(times):
                return
            if image is None:
                raise ValueError(
                    f"has no frame at {times[at]:.3f} s, one comes at {frame.time:.3f} s"
                )
    raise ValueError(f"ends before {times[at]:.3f} s, where a frame should be")


def _pictures(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures: the cover of a song is a stream, but none of these."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def _steady(
    frames: Iterator[av.VideoFrame], fps: float | None
) -> Iterator[tuple[av.VideoFrame, int]]:
    """Each frame with the number of grid points at which it is the one on the screen."""
    if fps is None:
        yield from ((frame, 1) for frame in frames)
        return
    shown, at = next(frames), 0
    start = shown.time
    for frame in frames:
        if frame.time is None or start is None:
            now = at + 1
        else:
            now = max(at, math.floor((frame.time - start) * fps + 0.5))
        if now - at > MAX_PAUSE_SECONDS * fps:
            raise ValueError(f"its clock jumps by {(now - at) / fps:.0f} s")
        if now > at:
            yield shown, now - at
        shown, at = frame, now
    yield shown, 1


def _lasts(frame: av.VideoFrame) -> float:
    """Seconds for which a frame says that it is shown; 0 where it does not."""
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
