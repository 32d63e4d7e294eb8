"""Folders as people mean them: links are followed, and what a system hides is not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

# what systems leave in folders under names that do not begin with a point
# (in small letters: systems write them in several ways)
LEFT_BEHIND = frozenset({
    "#recycle", "$recycle.bin", "@eadir", "__macosx", "__pycache__", "desktop.ini", "ehthumbs.db",
    "icon\r", "lost+found", "recycler", "system volume information", "thumbs.db",
})  # fmt: skip


def hidden(name: str) -> bool:
    """Whether a file or folder of this name was put there by a system and not by a person."""
    return name.startswith(".") or name.lower() in LEFT_BEHIND


def any_file(folder: Path, test: Callable[[str], bool]) -> bool:
    """Whether the name of a file right in `folder` passes the test."""
    with os.scandir(folder) as entries:
        return any(test(entry.name) and not os.path.isdir(entry.path) for entry in entries)


def walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As os.walk, in the order of the names, through links to folders and past hidden folders.

    A folder that links lead to twice is visited where it is met first, so a circle ends.
    """
    visited: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            subfolders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not hidden(name))
        yield folder, subfolders, sorted(names)
