"""Videos through PyAV: frames by their timestamps, turned upright, at a constant low rate."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.intake import (
    ACCEPTED,
    Media,
    constant_rate,
    name,
    on_clock,
    stored_size,
    too_long,
    too_slow,
)
from app.limits import Limits, UserError

# Only self-contained files: a playlist or a script could name other files of this machine.
OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,"
    "h264,hevc,m4v,mp3,wav,flac,aac",
    "protocol_whitelist": "file",
}
OPEN_SECONDS = 10.0
SIGNATURES = (b"ftyp", b"moov", b"mdat", b"RIFF", b"\x1a\x45\xdf\xa3", b"OggS", b"FLV")


def read_video(path: Path, limits: Limits) -> Media:
    """The frames of a video file at no more than `stored_fps`; one frame if it has only one."""
    import av

    try:
        container = av.open(
            str(path), options=OPTIONS, timeout=OPEN_SECONDS, metadata_errors="replace"
        )
    except av.error.FFmpegError as error:
        raise UserError(_unreadable(path)) from error
    with container:
        stream = _picture_stream(path, container)
        announced = _announced_seconds(container, stream)
        if announced is not None and announced > limits.upload_seconds + 0.5:
            raise too_long(announced, limits)
        return _decode(path, container, stream, announced, limits)


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if any(signature in head for signature in SIGNATURES):
        return f"The video {name(path)} is damaged or incomplete; send the whole file again."
    return f"The file {name(path)} is neither a picture nor a video; {ACCEPTED}."


def _picture_stream(path: Path, container):
    from av.stream import Disposition

    # The cover of a music file is a video stream of one picture.
    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not videos:
        raise UserError(f"The file {name(path)} has sound but no picture; {ACCEPTED}.")
    stream = videos[0]
    stream.codec_context.thread_count = 1
    return stream


def _announced_seconds(container, stream) -> float | None:
    # Of a cut AVI only the number of frames is left untouched by the reader.
    rate = stream.average_rate if container.format.name == "avi" else None
    if stream.frames and rate:
        return float(stream.frames / rate)
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None


def _decode(path: Path, container, stream, announced: float | None, limits: Limits) -> Media:
    context = stream.codec_context
    size = _shown_size(context.width, context.height, stream)
    stored = stored_size(*size, limits)
    stored_size(context.width, context.height, limits)
    times, frames, end, count = [], [], 0.0, 0
    for at, until, picture in _timed(path, container, stream, limits):
        end, count = until, count + 1
        if on_clock(at, until, limits) or not frames:
            times.append(at)
            frames.append(_rgb(picture, stored))
        if end > limits.upload_seconds + 0.5:
            raise too_long(end, limits)
    if not frames:
        raise UserError(f"The video {name(path)} has no frame that can be decoded; {ACCEPTED}.")
    if announced is not None and end < announced - max(0.5, 0.1 * announced):
        raise UserError(
            f"The video {name(path)} is incomplete: it announces {announced:.1f} s, but only "
            f"{end:.1f} s can be decoded; send the whole file again."
        )
    if count == 1:
        return Media(np.stack(frames), 1.0, "the video has one frame")
    shown, fps = constant_rate(times, end, count / end, limits)
    note = "" if count == len(shown) else f"shown at {fps:.3g} frames per second"
    return Media(np.stack([frames[i] for i in shown]), fps, note)


def _shown_size(width: int, height: int, stream) -> tuple[float, float]:
    """Width and height in square pixels, before any rotation."""
    pixel = stream.sample_aspect_ratio
    return (float(width * pixel), float(height)) if pixel else (float(width), float(height))


def _timed(path: Path, container, stream, limits: Limits) -> Iterator[tuple]:
    """(shown from, shown until, frame) in seconds from the first frame, one frame late."""
    deadline = time.monotonic() + limits.decode_seconds
    usual = 1 / float(stream.average_rate or stream.guessed_rate or 25)
    first = waiting = None
    at = 0.0
    for picture in container.decode(stream):
        if time.monotonic() > deadline:
            raise too_slow(limits)
        stamp = picture.time
        first = stamp if first is None else first
        # A raw stream has no timestamps, and a damaged one may step back: go by the usual rate.
        now = at + usual if stamp is None or first is None else stamp - first
        if waiting is not None:
            now = now if now > at else at + usual
            yield at, now, waiting
            at = now
        waiting = picture
    if waiting is not None:
        lasts = float(waiting.duration * waiting.time_base) if waiting.duration else usual
        yield at, at + lasts, waiting


def _rgb(picture, stored: tuple[int, int]) -> np.ndarray:
    """One frame at the stored size, upright, as (H, W, 3) uint8."""
    small = picture.reformat(*stored, format="rgb24", interpolation="AREA")
    # `rotation` is the turn counterclockwise that shows the frame upright.
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns))
