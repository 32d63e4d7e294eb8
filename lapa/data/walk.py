"""Folders as people mean them: links are followed, and what a system hides is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# what systems leave in folders under names that do not begin with a point
LEFT_BEHIND = frozenset({"Thumbs.db", "desktop.ini", "__MACOSX", "$RECYCLE.BIN"})


def hidden(name: str) -> bool:
    """Whether a file or folder of this name was put there by a system and not by a person."""
    return name.startswith(".") or name in LEFT_BEHIND


def walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As os.walk, in the order of the names, through links to folders and past hidden folders.

    A folder that links lead to twice is visited where it is met first, so a circle ends.
    """
    seen: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        told = os.stat(folder)
        if (told.st_dev, told.st_ino) in seen:
            subfolders.clear()
            continue
        seen.add((told.st_dev, told.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not hidden(name))
        yield folder, subfolders, sorted(names)
