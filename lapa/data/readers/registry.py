"""One door to every format: `read_episodes` looks at a path and picks the reader.

A new format is a file with READER in it and its name below.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa.data.episodes import SPLITS, Episode, Report
from lapa.data.readers.hub import local
from lapa.data.walk import walk

if TYPE_CHECKING:
    from lapa.data.readers.reader import Option, Reader

# where two accept the same folder, the first one reads it
FILES = (
    "robots",
    "rlds",
    "lerobot",
    "bridge",
    "something",
    "videos",
    "frame_folders",
)


@cache
def readers() -> dict[str, Reader]:
    """The readers by the names of their formats."""
    every = [import_module(f"lapa.data.readers.{file}").READER for file in FILES]
    return {reader.name: reader for reader in every}


@cache
def reader_options() -> dict[str, Option]:
    """What readers are told besides the path, by name."""
    return {option.name: option for reader in readers().values() for option in reader.options}


def accepted() -> str:
    """What is accepted, for people."""
    *most, last = [reader.words for reader in readers().values()]
    return f"{', '.join(most)}, and {last}"


def recognise(path: str | Path) -> str:
    """Which format lies at `path`, by name.

    Raises:
        FileNotFoundError: nothing lies there.
        ValueError: nothing known lies there.
    """
    path = local(path)
    for place in [path] if path.is_file() else (Path(folder) for folder, *_ in walk(path)):
        for reader in readers().values():
            if (reader.nested or place == path) and reader.accepts(place):
                return reader.name
    raise ValueError(f"{path} holds no clips; accepted are {accepted()}.")


def read_episodes(
    path: str | Path,
    *,
    split: str | None = None,
    embodiment: str | None = None,
    format: str | None = None,
    **options: Any,
) -> tuple[list[Episode], Report]:
    """Read what lies at `path`; frames are decoded later, when an episode is asked for them.

    Args:
        path: a file or folder of any format, or the id of a data set on the Hub; `accepted()`
            names the formats.
        split: keep only "train" or "holdout".
        embodiment: keep only this embodiment.
        format: its name where the choice of `recognise` is not wanted.
        options: what the format asks for (`reader_options`), such as `fps`, frames a second, for
            folders of frames; None is as good as not given.

    Returns:
        the episodes, and a report of what was skipped and why. A clip that is found broken only
        on decoding raises ValueError from its `stream`; `Cache.build` reports it.

    Raises:
        FileNotFoundError, ValueError: nothing known lies at the path, or an argument is wrong.
    """
    # as it is given: a link into a cache of hashes has no suffix at its other end
    path = Path(os.path.abspath(local(path)))
    format = format or recognise(path)
    if format not in readers():
        raise ValueError(f"format is {format!r}, accepted are {', '.join(readers())}.")
    if split not in (None, *SPLITS):
        raise ValueError(f"split is {split!r}, accepted are {' and '.join(SPLITS)}.")
    reader = readers()[format]
    episodes, report = reader.read(path, **_checked(path, reader, options))
    chosen = [
        episode
        for episode in episodes
        if split in (None, episode.split) and embodiment in (None, episode.embodiment)
    ]
    if embodiment is not None and not any(e.embodiment == embodiment for e in episodes):
        known = ", ".join(sorted({e.embodiment for e in episodes})) or "none"
        raise ValueError(f"{path.name} has no embodiment {embodiment!r}; it has {known}.")
    return chosen, replace(report, kept=len(chosen))


def _checked(path: Path, reader: Reader, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, if they are those of the reader."""
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in reader_options():
            known = ", ".join(reader_options())
            raise ValueError(f"No format has an option {name!r}; accepted are {known}.")
        if name not in reader.option_names:
            do = reader_options()[name].elsewhere
            raise ValueError(f"The clips in {path.name} are {reader.name}: they {do}.")
    for option in reader.options:
        if option.needed and option.name not in given:
            need = f"they need {option.name}, {option.meaning}"
            raise ValueError(f"The clips in {path.name} are {reader.name}: {need}.")
    return given
