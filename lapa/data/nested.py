"""Pictures written as nested lists of numbers, [[[r, g, b], …], …], read from their text.

A parser of JSON makes an object of every pixel, in one step that takes seconds for a large picture
and lets nobody else work meanwhile. Here rows are read one by one, without an object a pixel.
"""

from __future__ import annotations

import re

import numpy as np

DIGITS, SPACES = b"0123456789", b" \t\r\n"
WRITTEN = np.isin(np.arange(256), list(b"[]," + DIGITS + SPACES))
ROW_END = re.compile(rb"\]\s*\]")
TORN = re.compile(rb"\d\s+\d")
AS_ZERO = bytes.maketrans(DIGITS, b"0" * len(DIGITS))
# a row of 4096 pixels with a line for every number is shorter
LONGEST_ROW = 1_000_000
NO_PIXELS = "is no list of rows of one length, of pixels of three numbers each"


def extent(text: bytes, start: int) -> int:
    """Where the list that begins at `start` ends: the first place that is no part of any list of
    whole numbers, white space and commas after the list left out."""
    run = WRITTEN[np.frombuffer(text, np.uint8, offset=start)]
    length = len(run) if run.all() else int(run.argmin())
    return start + len(text[start : start + length].rstrip(b"," + SPACES))


def pixels(text: bytes) -> np.ndarray:
    """The picture in a text: (H, W, 3) uint8.

    Raises:
        ValueError: it is another list; completes the sentence "the picture …".
    """
    rows: list[np.ndarray] = []
    at, frame = 1, None
    while end := ROW_END.search(text, at, at + LONGEST_ROW):
        row = _compact(text[at : end.end()])
        if rows and row[:1] != b",":
            raise ValueError(NO_PIXELS)
        row = row[1:] if rows else row
        frame = _frame(row) if frame is None else frame
        rows.append(_row(row, frame))
        at = end.end()
    if not rows or text[:1] != b"[" or text[at:].translate(None, SPACES) != b"]":
        raise ValueError(NO_PIXELS)
    return np.stack(rows)


def _compact(row: bytes) -> bytes:
    """A row without white space. Raises ValueError where a number would grow of two."""
    row = row.replace(b", ", b",")
    compact = row.translate(None, SPACES)
    if len(compact) != len(row) and TORN.search(row):
        raise ValueError(NO_PIXELS)
    return compact


def _frame(row: bytes) -> bytes:
    """What a row as wide as this one is without its digits."""
    return b"[" + b",".join([b"[,,]"] * (row.count(b"[") - 1)) + b"]"


def _row(row: bytes, frame: bytes) -> np.ndarray:
    """(W, 3) uint8 of a compact row."""
    zeros = row.translate(AS_ZERO)
    numbers = row.translate(None, b"[]")
    misplaced = b"0[" in zeros or b"]0" in zeros or b",," in numbers
    if misplaced or numbers[:1] == b"," or numbers[-1:] == b"," or not numbers:
        raise ValueError(NO_PIXELS)
    if row.translate(None, DIGITS) != frame:
        raise ValueError(NO_PIXELS)
    values = np.fromstring(numbers, np.int64, sep=",")
    if values.max() > 255:
        raise ValueError("holds numbers that are no 0 to 255")
    return values.astype(np.uint8).reshape(-1, 3)
