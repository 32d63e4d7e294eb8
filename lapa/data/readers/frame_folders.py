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
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.readers.reader import FPS, Reader, of_one_size, rate
from lapa.data.readers.videos import embodiment_of
from lapa.data.splits import TRAIN, Splits
from lapa.data.walk import any_file, hidden, walk
from lapa.media.pictures import UnknownScale, opened_picture, upright_rgb

IMAGE_SUFFIXES = frozenset(
    [".avif", ".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"]
)
_NUMBER = re.compile(r"(\d+)$")
Numbered = tuple[int, str]  # a frame's number and its file's name


def frame_number(name: str) -> int | None:
    """The number at the end of an image's name (`img00012.jpg` -> 12), None for other files and
    for hidden ones, such as the `._img00012.jpg` that a Mac leaves beside it."""
    if hidden(name):
        return None
    stem, suffix = os.path.splitext(name)
    match = _NUMBER.search(stem)
    return int(match[1]) if match and suffix.lower() in IMAGE_SUFFIXES else None


def accepts(path: Path) -> bool:
    """Whether the path is a folder with a numbered image right in it."""
    return path.is_dir() and any_file(path, lambda name: frame_number(name) is not None)


def read(path: Path, fps: float) -> tuple[list[Episode], Report]:
    """Find every folder of numbered frames at or below `path`; looks at one frame of each.

    Args:
        fps: frames a second of the stored frames.

    Returns:
        the episodes sorted by name, and the report. A clip that is read alone is no set, and
        trained on.
    """
    frequency = rate(fps)
    clips = dict(sorted(_clips(path)))
    splits = Splits.of(path)
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    notes: list[Skipped] = []
    for clip, numbered in clips.items():
        alone = clip == path
        name = path.name if alone else clip.relative_to(path).as_posix()
        try:
            frames = in_order(numbered)
            files = tuple(clip / file for _, file in frames)
            height, width = read_frame(files[0]).shape[:2]
        except ValueError as error:
            skipped.append(Skipped(name, str(error)))
            continue
        episodes.append(
            Episode(
                id=name,
                source=path.name,
                embodiment=path.name if alone else embodiment_of(clip, path),
                fps=frequency,
                split=TRAIN if alone else splits.split(name),
                height=height,
                width=width,
                path=clip,
                files=files,
                stream=partial(stream_frames, files),
                length=len(files),
            )
        )
        notes += _uneven(name, [number for number, _ in frames])
    if path not in clips:
        notes += splits.unknown([clip.relative_to(path).as_posix() for clip in clips])
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _clips(root: Path) -> Iterator[tuple[Path, list[Numbered]]]:
    for folder, subfolders, names in walk(root):
        numbered = [(at, name) for name in names if (at := frame_number(name)) is not None]
        # A folder without frames and folders is meant to be a clip: an empty one, to be reported.
        if numbered or not (subfolders or [name for name in names if not hidden(name)]):
            yield Path(folder), numbered


def in_order(frames: list[Numbered]) -> list[Numbered]:
    """Numbered frames by their numbers. ValueError where they are no clip."""
    if len(frames) < 2:
        raise ValueError(f"holds {len(frames)} numbered frames, a pair needs two")
    ordered = sorted(frames)
    for (number, first), (following, second) in pairwise(ordered):
        if number == following:
            raise ValueError(f"{first} and {second} have the same number")
    return ordered


def _uneven(name: str, numbers: list[int]) -> list[Skipped]:
    steps = np.diff(numbers)
    odd = int((steps != np.median(steps)).sum())
    return [Skipped(name, f"its numbering is uneven at {odd} places")] if odd else []


def read_frame(file: Path) -> np.ndarray:
    """A picture as (H, W, 3) uint8 RGB, upright. ValueError with its name where it is none."""
    try:
        with opened_picture(file) as image:
            image.load()
            return upright_rgb(image)
    except UnknownScale as error:
        raise ValueError(f"{file.name} {error}") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file.name} is not a readable image") from error


def stream_frames(files: tuple[Path, ...]) -> Iterator[np.ndarray]:
    """The pictures one after the other. ValueError where one is broken or of another size."""
    return of_one_size((file.name, read_frame(file)) for file in files)


READER = Reader(
    name="frames",
    accepts=accepts,
    read=read,
    words="a folder of folders of numbered images",
    options=(replace(FPS, needed=True),),
    nested=True,
)
