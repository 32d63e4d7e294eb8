"""Reads what visitors send: a picture or a video of any kind in, small uint8 RGB frames out.

Nothing is trusted: sizes are read from headers before anything is decoded, the kinds of file are
listed, decoding has a wall-clock limit, and every file ends in frames or in one `UserError`.
Pictures are turned by their EXIF orientation, videos by their display matrix; transparent parts
are laid on white; 16-bit pictures are scaled to 8 bits; videos are resampled to a constant rate
by their timestamps.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from app.clips.media import ACCEPTED, Media, name
from app.clips.pictures import read_picture
from app.clips.videos import read_video
from app.core.limits import MB, Limits, UserError

log = logging.getLogger(__name__)


def read(path: Path | str, limits: Limits | None = None) -> Media:
    """The frames of a picture or video; one frame for pictures and one-frame videos.

    Raises:
        UserError: one sentence saying what is wrong with the file and what is accepted.
    """
    path, limits = Path(path), limits or Limits()
    _check_bytes(path, limits)
    try:
        media = read_picture(path, limits)
        return media if media is not None else read_video(path, limits)
    except UserError:
        raise
    # Decoders raise nearly any type on a damaged file, and this file comes from a stranger.
    except Exception as error:
        log.info("could not decode an upload", exc_info=True)
        raise UserError(
            f"The file {name(path)} is damaged or incomplete and cannot be decoded; {ACCEPTED}."
        ) from error


def read_image(path: Path | str, limits: Limits | None = None) -> np.ndarray:
    """The picture in a file as (H, W, 3) uint8 RGB.

    Raises:
        UserError: as `read`, and for a file with more than one frame.
    """
    frames = read(path, limits).frames
    if len(frames) > 1:
        raise UserError(
            f"The file {name(Path(path))} moves ({len(frames)} frames); send a single picture."
        )
    picture: np.ndarray = frames[0]
    return picture


def _check_bytes(path: Path, limits: Limits) -> None:
    if not path.is_file():
        raise UserError(f"The file {name(path)} is no longer there; send it again.")
    size = path.stat().st_size
    if size == 0:
        raise UserError(f"The file {name(path)} is empty (0 bytes); {ACCEPTED}.")
    if size > limits.upload_bytes:
        raise UserError(
            f"The file has {size / MB:.0f} MB; at most {limits.upload_bytes // MB} MB are accepted."
        )
