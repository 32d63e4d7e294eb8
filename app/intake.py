"""What pictures and videos share on the way in: sizes, clocks, and the sentences for refusal."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from app.limits import MB, Limits, UserError

ACCEPTED = "send a picture (PNG, JPEG, WebP, GIF, TIFF, BMP) or a video (MP4, MOV, WebM, MKV, AVI)"
# Timestamps are rounded to the container's clock.
SLACK = 5e-4
THUMBNAIL_SIDE = 128


@dataclass(frozen=True, eq=False)
class Media:
    """A decoded upload.

    frames: (T, H, W, 3) uint8 RGB. fps: of these frames; 1 for a single picture.
    note: what was changed on the way in, in plain words, or empty.
    """

    frames: np.ndarray
    fps: float
    note: str = ""


def name(path: Path) -> str:
    """The file's name, short and free of markup: messages are rendered as HTML by the page."""
    return re.sub(r"[^\w .()+-]", "_", path.name)[-40:]


def stored_size(width: float, height: float, limits: Limits) -> tuple[int, int]:
    """(width, height) in pixels at which a frame shown at this size is kept.

    Raises:
        UserError: a side under `upload_side`, or more than `upload_pixels` pixels.
    """
    if min(width, height) < limits.upload_side:
        raise UserError(
            f"The frame is {width:.0f}×{height:.0f} pixels; "
            f"at least {limits.upload_side}×{limits.upload_side} are needed."
        )
    if width * height > limits.upload_pixels:
        raise UserError(
            f"The frame is {width:.0f}×{height:.0f} pixels; "
            f"at most {limits.upload_pixels // MB} million pixels are accepted."
        )
    scale = min(1.0, limits.stored_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def too_long(seconds: float, limits: Limits) -> UserError:
    """The sentence for a file that plays for `seconds` or longer."""
    return UserError(
        f"The video lasts {seconds:.0f} s or more; "
        f"at most {limits.upload_seconds:.0f} s are accepted, so please cut it."
    )


def too_slow(limits: Limits) -> UserError:
    """The sentence for a file whose decoding was given up."""
    return UserError(
        f"Decoding took longer than {limits.decode_seconds:.0f} s and was stopped; "
        "send a shorter or smaller file."
    )


def on_clock(since: float, until: float, limits: Limits) -> bool:
    """Whether a clock of `stored_fps` ticks while a frame is shown, from `since` to `until`."""
    tick = math.ceil((since - SLACK) * limits.stored_fps)
    return tick / limits.stored_fps < until - SLACK


def constant_rate(
    times: list[float], end: float, rate: float, limits: Limits
) -> tuple[np.ndarray, float]:
    """Which frame is shown at each tick of a constant clock.

    times: seconds at which the frames appear, rising from 0. end: when the last one disappears.
    rate: frames per second of the file. Returns (frame index for each tick, ticks per second).
    """
    fps = min(limits.stored_fps, rate)
    ticks = min(limits.stored_frames, max(1, round(end * fps)))
    clock = np.arange(ticks) / fps
    shown = np.searchsorted(np.asarray(times), clock + SLACK, side="right") - 1
    return np.maximum(shown, 0), fps


def shrink(frame: np.ndarray, side: int) -> np.ndarray:
    """A frame at most `side` pixels wide and high."""
    image = Image.fromarray(frame)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(image)
