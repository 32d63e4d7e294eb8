"""Pictures, still and animated, as small frames; `lapa.media` makes RGB pixels of every kind.

Not through imageio: it opens whatever Pillow can, where strangers' files may only be of the FORMATS
of `lapa.media`, decodes a large JPEG whole, and with a GIF changes how Pillow reads all others.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

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
from app.core.limits import MB, Limits, UserError

# A multi-page TIFF or a stereo JPEG is a set of pictures: its first one is meant.
MOVING_FORMATS = ("GIF", "WEBP", "PNG", "AVIF")
# one JPEG after the other, of which a viewer of pictures shows the first
MOTION_JPEG = (".mjpeg", ".mjpg")
ON_WHITE = "transparent parts are shown on white"
ORIENTATION = 0x0112
# orientations that exchange width and height; other numbers than 1 to 8 mean nothing
LYING = (5, 6, 7, 8)
# Browsers show frames without a duration, or with a very short one, for a tenth of a second.
SHORTEST, USUAL = 0.015, 0.1


def read_picture(path: Path, limits: Limits) -> Media | None:
    """The frames of a picture; None when the file is not a picture of a known format."""
    from lapa.media.pictures import UnknownScale, opened_picture

    if path.suffix.lower() in MOTION_JPEG:
        return None
    try:
        with opened_picture(path) as image:
            return _read(image, limits)
    except UnidentifiedImageError:
        return None
    except UnknownScale as error:
        raise UserError(f"The picture {name(path)} {error}; {ACCEPTED}.") from error
    except Image.DecompressionBombError as error:
        raise UserError(
            f"The picture {name(path)} is far too large to decode; "
            f"at most {limits.upload_pixels // MB} million pixels are accepted."
        ) from error


def _read(image: Image.Image, limits: Limits) -> Media:
    stored_size(*image.size, limits)
    if image.format in MOVING_FORMATS and _moves(image):
        return _animation(image, limits)
    frame, note = _rgb(image, limits)
    return Media(frame[None], 1.0, note)


def _moves(image: Image.Image) -> bool:
    if image.format != "GIF":
        return bool(getattr(image, "is_animated", False))
    # Pillow would count a GIF's frames by reading all of it, without any time limit.
    try:
        image.seek(1)
    except EOFError:
        return False
    image.seek(0)
    return True


def _animation(image: Image.Image, limits: Limits) -> Media:
    deadline, film = time.monotonic() + limits.decode_seconds, Thinned(limits)
    notes, end, count = set(), 0.0, 0
    if image.format != "GIF":
        # the others' headers say it; of a GIF they are counted on the way
        check_work(getattr(image, "n_frames", 1), *image.size, limits)
    while _seek(image, count):
        if time.monotonic() > deadline:
            raise too_slow(limits)
        # Every frame is loaded, seen or not: later ones are drawn on top of it.
        image.load()
        since, end, count = end, end + _duration(image), count + 1
        check_work(count, *image.size, limits)
        if end > limits.upload_seconds + 0.5:
            raise too_long(end, limits)
        if film.wants(since, end):
            frame, note = _rgb(image, limits)
            film.add(frame)
            notes.add(note)
    return Media(*film.frames(), "".join(notes))


def _seek(image: Image.Image, index: int) -> bool:
    try:
        image.seek(index)
    except EOFError:
        return False
    return True


def _duration(image: Image.Image) -> float:
    seconds = image.info.get("duration", 0) / 1000
    return seconds if seconds >= SHORTEST else USUAL


def _rgb(image: Image.Image, limits: Limits) -> tuple[np.ndarray, str]:
    """One frame, (H, W, 3) uint8 at the stored size, and what was done to it."""
    from lapa.media.pictures import on_white, upright

    width, height = image.size
    if image.format == "JPEG":
        image.draft(None, stored_size(width, height, limits))
    image.load()
    if image.getexif().get(ORIENTATION, 1) in LYING:
        width, height = height, width
    stored = stored_size(width, height, limits)
    picture = upright(image)
    if picture.size != stored:
        picture = picture.resize(stored, Image.Resampling.LANCZOS, reducing_gap=3.0)
    see_through = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    return on_white(picture), ON_WHITE if see_through else ""
