"""What pictures and videos share on the way in: sizes, clocks, and the sentences for refusal."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from app.core.limits import MB, Limits, UserError

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


def check_work(frames: float, width: int, height: int, limits: Limits) -> None:
    """Refuses so many frames of a size that one visitor's file would hold up all others'.

    Raises:
        UserError: more than `upload_work` pixels in all.
    """
    if frames * width * height > limits.upload_work:
        raise UserError(
            f"The file has {frames:.0f} or more frames of {width}×{height} pixels; at most "
            f"{limits.upload_work // MB} million pixels in all are accepted, so please cut or "
            "shrink it."
        )


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


class Thinned:
    """The frames of a file on a constant clock, kept while they are decoded.

    The clock ticks as often as the file has frames, and `stored_fps` times a second at most; only
    at the file's end it is known how often that is. So every frame is kept until there are more
    than a file of that rate can hold; from then on it is the fastest clock that ticks.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # a file that lasts as long as it may (half a second more is let pass) and has more frames
        # has more of them a second than the fastest clock
        self._most = round(limits.stored_fps * (limits.upload_seconds + 0.5))
        self._times: list[tuple[float, float]] = []
        self._frames: list[np.ndarray] = []
        self._end = 0.0
        self.count = 0

    def wants(self, since: float, until: float) -> bool:
        """Whether the frame shown between these seconds is to be added; asked of every frame."""
        self.count, self._end = self.count + 1, until
        if self.count == self._most + 1:
            rows = [i for i, (a, b) in enumerate(self._times) if self._is_ticked(a, b)]
            self._times = [self._times[i] for i in rows]
            self._frames = [self._frames[i] for i in rows]
        if self.count > self._most and not self._is_ticked(since, until):
            return False
        self._times.append((since, until))
        return True

    def add(self, frame: np.ndarray) -> None:
        """The frame (H, W, 3) uint8 that was wanted last."""
        self._frames.append(frame)

    def frames(self) -> tuple[np.ndarray, float]:
        """(T, H, W, 3) uint8, what is on the screen at each tick, and the ticks a second."""
        fps = min(self._limits.stored_fps, self.count / self._end)
        ticks = min(self._limits.stored_frames, max(1, round(self._end * fps)))
        since = np.array([since for since, _ in self._times])
        places = np.searchsorted(since, np.arange(ticks) / fps + SLACK, side="right") - 1
        return np.stack([self._frames[i] for i in np.maximum(places, 0)]), fps

    def _is_ticked(self, since: float, until: float) -> bool:
        """Whether the fastest clock ticks while a frame is shown."""
        tick = math.ceil((since - SLACK) * self._limits.stored_fps)
        return tick / self._limits.stored_fps < until - SLACK


def shrink(frame: np.ndarray, side: int) -> np.ndarray:
    """A frame at most `side` pixels wide and high."""
    image = Image.fromarray(frame)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(image)
