"""Reader for folders of numbered frames: one folder per clip, as LAPA reads Something-Something V2.

    <root>/<clip>/img1.jpg, img2.jpg, … img10.jpg     a prefix before the number is allowed
    <root>/<embodiment>/<clip>/0001.png, …            more folders in between, too

Numbers give the order (2 before 10) and need not follow each other; a clip whose numbering is
uneven is noted in the report, because its frames may not be evenly spaced in time. Pictures
carry no clock, so the caller says how many frames a second they are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from lapa.data.episodes import Episode, Report, Skipped, splits_for
from lapa.data.pictures import upright_rgb
from lapa.data.videos import embodiment_of
from lapa.data.walk import hidden, walk

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
_NUMBER = re.compile(r"(\d+)$")


def frame_number(name: str) -> int | None:
    """The number at the end of an image's name (`img00012.jpg` -> 12), None for other files and
    for hidden ones, such as the `._img00012.jpg` that a Mac leaves beside it."""
    if hidden(name):
        return None
    stem, suffix = os.path.splitext(name)
    found = _NUMBER.search(stem)
    return int(found[1]) if found and suffix.lower() in IMAGE_SUFFIXES else None


def read_frame_folders(path: Path, fps: float) -> tuple[list[Episode], Report]:
    """Find every folder of numbered frames at or below `path`; looks at one frame of each.

    Args:
        fps: frames a second of the stored frames.

    Returns:
        the episodes sorted by name, and the report. Every tenth of an embodiment is held out.
    """
    if not fps > 0:
        raise ValueError(f"fps must be a positive number, got {fps!r}")
    clips = dict(sorted(_clips(path)))
    embodiments = [embodiment_of(clip, path) if clip != path else path.name for clip in clips]
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    notes: list[Skipped] = []
    splits = splits_for(embodiments)
    for (clip, names), body, split in zip(clips.items(), embodiments, splits, strict=True):
        name = clip.relative_to(path).as_posix() if clip != path else path.name
        try:
            files = tuple(clip / frame for frame in _ordered(names))
            height, width = _read(files[0]).shape[:2]
        except ValueError as error:
            skipped.append(Skipped(name, str(error)))
            continue
        episodes.append(
            Episode(
                id=name,
                source=path.name,
                embodiment=body,
                fps=float(fps),
                split=split,
                height=height,
                width=width,
                path=clip,
                files=files,
                stream=partial(_stream, files),
                length=len(files),
            )
        )
        notes += _uneven(name, files)
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _clips(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for folder, subfolders, names in walk(root):
        numbered = [name for name in names if frame_number(name) is not None]
        # A folder without frames and folders is meant to be a clip: an empty one, to be reported.
        if numbered or not (subfolders or [name for name in names if not hidden(name)]):
            yield Path(folder), numbered


def _ordered(names: list[str]) -> list[str]:
    if len(names) < 2:
        raise ValueError(f"holds {len(names)} numbered frames, a pair needs two")
    ordered = sorted(names, key=frame_number)
    for first, second in zip(ordered, ordered[1:], strict=False):
        if frame_number(first) == frame_number(second):
            raise ValueError(f"{first} and {second} have the same number")
    return ordered


def _uneven(name: str, files: tuple[Path, ...]) -> list[Skipped]:
    steps = np.diff([frame_number(file.name) for file in files])
    odd = int((steps != np.median(steps)).sum())
    return [Skipped(name, f"its numbering is uneven at {odd} places")] if odd else []


def _read(file: Path) -> np.ndarray:
    try:
        image = Image.open(file)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file.name} is not a readable image") from error
    with image:
        try:
            image.load()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"{file.name} is not a readable image") from error
        try:
            return upright_rgb(image)
        except ValueError as error:
            raise ValueError(f"{file.name} {error}") from error


def _stream(files: tuple[Path, ...]) -> Iterator[np.ndarray]:
    shape = None
    for file in files:
        image = _read(file)
        shape = shape or image.shape
        if image.shape != shape:
            raise ValueError(f"{file.name} has another size than the frames before it")
        yield image
