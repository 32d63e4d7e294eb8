"""`tf.train.Example` without TensorFlow: a message of protobuf with lists by name.

    Example   1: Features      Features   1: map of name (1) to Feature (2)
    Feature   1: list of bytes | 2: list of float32 | 3: list of int64, each in a field 1

Only what is asked for is read: a name leads to a view of the record, not to a copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BYTES, FLOATS, INTEGERS = 1, 2, 3
_VARINT, _EIGHT, _SIZED, _FOUR = 0, 1, 2, 5
# of a varint: seven bits a byte, for 64 bits
_LONGEST = 10
Values = list[memoryview] | np.ndarray


def features(record: bytes) -> dict[str, memoryview]:
    """What lies under each name, not yet read.

    Raises:
        ValueError: it is no Example.
    """
    named: dict[str, memoryview] = {}
    for number, message in _fields(memoryview(record)):
        if number != 1 or not isinstance(message, memoryview):
            raise ValueError("is no tf.train.Example")
        for _, entry in _fields(message):
            key, feature = "", memoryview(b"")
            for part, value in _fields(_sized(entry)):
                if part == 1:
                    key = bytes(_sized(value)).decode("utf-8", "replace")
                elif part == 2:
                    feature = _sized(value)
            named[key] = feature
    return named


def values(feature: memoryview) -> Values:
    """The list under a name: of bytes as views, of numbers as float32 or int64.

    Raises:
        ValueError: it is damaged.
    """
    result: Values = []
    for kind, message in _fields(feature):
        items = [item for number, item in _fields(_sized(message)) if number == 1]
        if kind == BYTES:
            result = [_sized(item) for item in items]
        elif kind == FLOATS:
            # packed, or, as old writers do, one by one: either way four bytes a number
            result = np.frombuffer(b"".join(bytes(_sized(item)) for item in items), "<f4")
        elif kind == INTEGERS:
            parts = [
                _varints(item) if isinstance(item, memoryview) else np.array([item], np.uint64)
                for item in items
            ]
            result = np.concatenate(parts).view(np.int64) if parts else np.zeros(0, np.int64)
    return result


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """The fields of a message: (number, its bytes), or (number, value) of a varint."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind not in (_EIGHT, _SIZED, _FOUR):
            raise ValueError(f"is no protobuf: a field has the kind {kind}")
        size, at = _varint(message, at) if kind == _SIZED else (8 if kind == _EIGHT else 4, at)
        if at + size > len(message):
            raise ValueError("is no protobuf: a field is longer than the message")
        yield key >> 3, message[at : at + size]
        at += size


def _sized(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise ValueError("is no tf.train.Example: a number lies where a message should")
    return value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at a place, and where it ends."""
    value = shift = 0
    for byte in message[at : at + _LONGEST]:
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("is no protobuf: a number does not end")


def _varints(packed: memoryview) -> np.ndarray:
    """Numbers one after the other, (N,) uint64, all at once: a frame stored as numbers has tens of
    thousands."""
    raw = np.frombuffer(packed, np.uint8)
    ends = np.flatnonzero(raw < 128)
    if not raw.size:
        return np.zeros(0, np.uint64)
    if not ends.size or ends[-1] != raw.size - 1:
        raise ValueError("is no protobuf: a number does not end")
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(raw.size) - np.repeat(starts, ends - starts + 1)
    if place.max() >= _LONGEST:
        raise ValueError("is no protobuf: a number does not end")
    parts = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    numbers: np.ndarray = np.bitwise_or.reduceat(parts, starts)
    return numbers
