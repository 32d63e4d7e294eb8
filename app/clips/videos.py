"""Videos at a constant low rate, each frame small; `lapa.media` decodes them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.clips.media import (
    ACCEPTED,
    Media,
    Thinned,
    check_work,
    name,
    stored_size,
    too_long,
    too_slow,
)
from app.core.limits import Limits, UserError

if TYPE_CHECKING:
    from lapa.media.videos import Video

SIGNATURES = (b"ftyp", b"moov", b"mdat", b"RIFF", b"\x1a\x45\xdf\xa3", b"OggS", b"FLV")


def read_video(path: Path, limits: Limits) -> Media:
    """The frames of a video file at no more than `stored_fps`; one frame if it has only one."""
    from lapa.media.videos import CannotOpen, CutShort, opened_video

    try:
        with opened_video(path) as video:
            return _read(video, limits)
    except CannotOpen as error:
        raise UserError(_unreadable(path)) from error
    except CutShort as error:
        sentence = f"The video {name(path)} {error}"
        raise UserError(f"{sentence}; it is damaged or incomplete, send the whole file.") from error
    except ValueError as error:
        raise UserError(f"The file {name(path)} {error}; {ACCEPTED}.") from error


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    if any(signature in head for signature in SIGNATURES):
        return f"The video {name(path)} is damaged or incomplete; send the whole file again."
    return f"The file {name(path)} is neither a picture nor a video; {ACCEPTED}."


def _read(video: Video, limits: Limits) -> Media:
    if video.seconds is not None and video.seconds > limits.upload_seconds + 0.5:
        raise too_long(video.seconds, limits)
    width, height = video.stored_size
    # before anything is decoded: as it is shown, and as it lies in the file
    stored = stored_size(width * video.pixel_aspect, height, limits)
    stored_size(width, height, limits)
    # without a rate or a length in the header it is counted on the way
    check_work((video.seconds or 0) * video.rate, width, height, limits)
    deadline, film = time.monotonic() + limits.decode_seconds, Thinned(limits)
    for since, until, frame in video.timed():
        if time.monotonic() > deadline:
            raise too_slow(limits)
        if film.wants(since, until):
            film.add(video.image(frame, stored))
        check_work(film.count, width, height, limits)
        if until > limits.upload_seconds + 0.5:
            raise too_long(until, limits)
    if film.count == 1:
        return Media(film.frames()[0], 1.0, "the video has one frame")
    frames, fps = film.frames()
    note = "" if film.count == len(frames) else f"shown at {fps:.3g} frames per second"
    return Media(frames, fps, note)
