"""TFRecord files, as TensorFlow writes them: records one after the other, each with its checksums.

    8 bytes    length of the data, little-endian
    4 bytes    masked CRC-32C of the length
    …          data
    4 bytes    masked CRC-32C of the data

A file may be compressed with gzip as a whole. One record is in memory at a time. A record whose
data is damaged can be passed by; a damaged length hides all that comes after it.
"""

from __future__ import annotations

import gzip
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

_LENGTH, _CRC = struct.Struct("<Q"), struct.Struct("<I")
_HEADER = _LENGTH.size + _CRC.size
_GZIP = b"\x1f\x8b"
# a message of protobuf is no longer
LONGEST = (1 << 31) - 1
# each thread's compressed file that was read last: records are asked for in order, and going on is
# cheaper than to decompress it from its beginning for every record
_OPEN = threading.local()


@dataclass(frozen=True)
class Place:
    """Where a record lies: offset of its data in bytes (decompressed), their number, their masked
    CRC-32C as the file says it."""

    offset: int
    length: int
    crc: int


class Damaged(ValueError):
    """Nothing after this place of the file can be read."""


def records(path: Path) -> Iterator[tuple[Place, bytes | None]]:
    """Each record with its place, in order; None in place of data that their checksum refutes.

    Raises:
        Damaged: the file ends within a record, or a length is damaged.
    """
    with _opened(path) as file:
        offset = 0
        while header := _read(file, _HEADER):
            if len(header) < _HEADER:
                raise Damaged(f"is cut short at byte {offset}, within the length of a record")
            length = _length(header)
            if length is None:
                raise Damaged(
                    f"is damaged at byte {offset}: the checksum of a record's length is wrong"
                )
            if length > LONGEST:
                raise Damaged(
                    f"announces a record of {length} bytes at byte {offset}; up to {LONGEST} "
                    f"are accepted"
                )
            data, crc = _read(file, length), _read(file, _CRC.size)
            if len(crc) < _CRC.size:
                raise Damaged(
                    f"is cut short: a record of {length} bytes begins at byte {offset}, and "
                    f"{len(data)} bytes follow"
                )
            place = Place(offset + _HEADER, length, *_CRC.unpack(crc))
            yield place, data if masked_crc(data) == place.crc else None
            offset += _HEADER + length + _CRC.size


def read_record(path: Path, place: Place) -> bytes:
    """One record of a file.

    Raises:
        ValueError: the file has changed since `records` went through it.
    """
    with _at(path) as file:
        file.seek(place.offset)
        data = _read(file, place.length)
    if masked_crc(data) != place.crc:
        raise ValueError(f"{path.name} has changed: its record at byte {place.offset} is another")
    return data


def masked_crc(data: bytes) -> int:
    """CRC-32C as TFRecord stores it: turned and moved, so that a checksum of checksums is none."""
    # every command knows every format; only who reads records waits for this
    import google_crc32c

    crc = google_crc32c.value(data)
    return int(((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _length(header: bytes) -> int | None:
    """The length that a header tells, None if its checksum refutes it."""
    told = _CRC.unpack_from(header, _LENGTH.size)[0]
    if masked_crc(header[: _LENGTH.size]) != told:
        return None
    return int(_LENGTH.unpack_from(header)[0])


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    # a length may begin with the bytes of gzip, too, but not with a right checksum
    return head.startswith(_GZIP) and (len(head) < _HEADER or _length(head) is None)


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if _is_compressed(path) else path.open("rb")


def _at(path: Path) -> AbstractContextManager[BinaryIO]:
    """A file to be read anywhere: closed when left, or kept open where that saves work."""
    return nullcontext(_kept(path)) if _is_compressed(path) else path.open("rb")


def _kept(path: Path) -> BinaryIO:
    key = path, path.stat().st_mtime_ns
    if getattr(_OPEN, "key", None) != key:
        if hasattr(_OPEN, "file"):
            _OPEN.file.close()
        _OPEN.file, _OPEN.key = gzip.open(path), key  # noqa: SIM115  stays open for the next record
    return cast("BinaryIO", _OPEN.file)


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Damaged(f"is no whole gzip file ({error})") from error
