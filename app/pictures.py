"""Pictures, still and animated, through Pillow: every mode ends as uint8 RGB frames."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

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
from app.limits import MB, Limits, UserError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")
# A multi-page TIFF or a stereo JPEG is a set of pictures: its first one is meant.
MOVING_FORMATS = ("GIF", "WEBP", "PNG")
ON_WHITE = "transparent parts are shown on white"
ORIENTATION = 0x0112
# orientations that exchange width and height; other numbers than 1 to 8 mean nothing
LYING = (5, 6, 7, 8)
# Browsers show frames without a duration, or with a very short one, for a tenth of a second.
SHORTEST, USUAL = 0.015, 0.1


def read_picture(path: Path, limits: Limits) -> Media | None:
    """The frames of a picture; None when the file is not a picture of a known format."""
    try:
        image = Image.open(path, formats=FORMATS)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError as error:
        raise UserError(
            f"The picture {name(path)} is far too large to decode; "
            f"at most {limits.upload_pixels // MB} million pixels are accepted."
        ) from error
    with image:
        stored_size(*image.size, limits)
        if image.format in MOVING_FORMATS and _moves(image):
            return _animation(image, limits)
        frame, note = _rgb(image, limits)
        return Media(frame[None], 1.0, note)


def _moves(image: Image.Image) -> bool:
    if image.format != "GIF":
        return getattr(image, "is_animated", False)
    # Pillow would count a GIF's frames by reading all of it, without any time limit.
    try:
        image.seek(1)
    except EOFError:
        return False
    image.seek(0)
    return True


def _animation(image: Image.Image, limits: Limits) -> Media:
    deadline = time.monotonic() + limits.decode_seconds
    times, frames, notes, end, count = [], [], set(), 0.0, 0
    while _seek(image, count):
        if time.monotonic() > deadline:
            raise too_slow(limits)
        # Every frame is loaded, seen or not: later ones are drawn on top of it.
        image.load()
        since, end, count = end, end + _duration(image), count + 1
        if end > limits.upload_seconds + 0.5:
            raise too_long(end, limits)
        if on_clock(since, end, limits):
            frame, note = _rgb(image, limits)
            times.append(since)
            frames.append(frame)
            notes.add(note)
    shown, fps = constant_rate(times, end, count / end, limits)
    return Media(np.stack([frames[i] for i in shown]), fps, "".join(notes))


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
    width, height = image.size
    if image.format == "JPEG":
        image.draft(None, stored_size(width, height, limits))
    image.load()
    if image.getexif().get(ORIENTATION, 1) in LYING:
        width, height = height, width
    stored = stored_size(width, height, limits)
    upright = ImageOps.exif_transpose(_eight_bit(image))
    see_through = upright.has_transparency_data
    upright = upright.convert("RGBA" if see_through else "RGB")
    if upright.size != stored:
        upright = upright.resize(stored, Image.Resampling.LANCZOS, reducing_gap=3.0)
    note = ""
    if see_through:
        note = ON_WHITE if upright.getchannel("A").getextrema()[0] < 255 else ""
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright).convert("RGB")
    return np.array(upright), note


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 bits; Pillow's own conversion would cut it off at 255."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PPM", "PNG")):
        grey = np.asarray(image).astype(np.uint32)
        scaled = Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
        scaled.info.update({k: v for k, v in image.info.items() if k == "exif"})
        return scaled
    if image.mode in ("I", "F"):
        raise UserError(
            f"The picture holds 32-bit values ({image.mode}), whose scale is not known; {ACCEPTED}."
        )
    return image
