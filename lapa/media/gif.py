"""Whether a GIF is whole: a decoder gives what there is of one that was cut, and says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

# what a block begins with (GIF89a, section 12 and on)
EXTENSION, IMAGE, TRAILER = b"!", b",", b";"
HEADER, DESCRIPTOR = 13, 9


def is_whole_gif(path: Path) -> bool:
    """Whether the file ends between two blocks. Some writers leave the trailer away, and what
    stands behind it is nobody's."""
    with path.open("rb") as file:
        header = file.read(HEADER)
        if len(header) < HEADER or not _passed(file, _table(header[10])):
            return False
        while (kind := file.read(1)) in (EXTENSION, IMAGE):
            if kind == IMAGE:
                about = file.read(DESCRIPTOR)
                # a table of colours, and how many bits a code has
                if len(about) < DESCRIPTOR or not _passed(file, _table(about[8]) + 1):
                    return False
            elif not file.read(1):
                return False
            if not _passed_blocks(file):
                return False
        return True


def _table(packed: int) -> int:
    """Bytes of the table of colours that a packed field announces."""
    return 3 << (1 + (packed & 7)) if packed & 0x80 else 0


def _passed_blocks(file: BinaryIO) -> bool:
    """Whether all of a block's data is there; it is left behind."""
    while size := file.read(1):
        if size == b"\0":
            return True
        if not _passed(file, size[0]):
            return False
    return False


def _passed(file: BinaryIO, size: int) -> bool:
    return len(file.read(size)) == size
