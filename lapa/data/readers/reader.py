"""What a reader is: one format's file tells all that anything else asks of the format."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lapa.data.episodes import Episode, Report


@dataclass(frozen=True)
class Option:
    """What a reader is told besides the path: a keyword of `read_episodes`, and with hyphens an
    option of every command that opens clips.

    Attributes:
        name: the keyword, which readers may share.
        type: makes a value of a command line's text, or raises ValueError.
        meaning: what it is, for people: "frames a second".
        elsewhere: how the clips of formats without it do: "carry their own fps".
        needed: nothing can be read without it.
    """

    name: str
    type: Callable[[str], Any]
    meaning: str
    elsewhere: str
    needed: bool = False


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        name: the format's, in reports and as `read_episodes`' `format`.
        accepts: whether a clip or a set of this format lies right at a path; folders below it are
            asked for themselves.
        read: the path and the options -> the episodes and what was skipped. Frames are decoded
            only when an episode is asked for them; what is wrong with one clip is no error but
            `Report.skipped`.
        words: what it accepts, for people: "a video, a folder of videos".
        options: what `read` takes by name; one that nobody gave is left out.
        nested: clips may lie in folders below the path, too, and `read` finds them there.
    """

    name: str
    accepts: Callable[[Path], bool]
    read: Callable[..., tuple[list[Episode], Report]]
    words: str
    options: tuple[Option, ...] = ()
    nested: bool = False

    @property
    def option_names(self) -> list[str]:
        """The names of its options."""
        return [option.name for option in self.options]


def rate(fps: float) -> float:
    """Frames a second as somebody gave them. ValueError where they are none."""
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be a positive number, got {fps!r}")
    return float(fps)


# what several formats ask for; none of them must have it
FPS = Option("fps", float, "frames a second", elsewhere="carry their own fps")
CAMERA = Option("camera", str, "the camera, by its name or its end", elsewhere="have one camera")
ACTION = Option("action", str, "the action, by its name or its end", elsewhere="say their actions")


def of_one_size(frames: Iterable[tuple[str, np.ndarray]]) -> Iterator[np.ndarray]:
    """Frames one after the other, each given with its name.

    Raises:
        ValueError: one has another size than those before it.
    """
    shape = None
    for name, frame in frames:
        shape = shape or frame.shape
        if frame.shape != shape:
            raise ValueError(f"{name} has another size than the frames before it")
        yield frame
