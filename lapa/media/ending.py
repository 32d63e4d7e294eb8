"""Whether a video file ends where it should, of formats that say nowhere how long they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lapa.media.gif import is_whole_gif

# what each packet of a transport stream begins with, and how many bytes come before that in those
# of a camera or a disc, which note a time; and the sizes of packets
SYNC, NOTED = 0x47, 4
SIZES = {0: (188, 204), NOTED: (192,)}
# what Matroska's one large part begins with (RFC 8794, section 6, and RFC 9559)
SEGMENT = b"\x18\x53\x80\x67"
# ASF's object of the file's properties (its specification, section 3.2); where in it the size and
# the flags stand, of which the first says that it is a broadcast, which knows no size
ASF = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_SIZE, ASF_FLAGS = 40, 88
# formats whose frames fill the file to its last byte
FILLED = ("dv", "yuv4mpegpipe")
# and those whose decoders only tell of a last frame that is not whole when they are asked to stop
STRICT = ("hevc", "mjpeg")


def ends_whole(path: Path, kind: str, end: int) -> bool:
    """Whether a file ends where its format lets it.

    kind: the format by FFmpeg's name. end: the byte behind the last frame that was read.
    """
    if kind in FILLED:
        return path.stat().st_size == end
    for name, is_whole in WAYS.items():
        if name in kind:
            return is_whole(path)
    return True


def _is_whole_stream(path: Path) -> bool:
    """Whether a transport stream ends between two packets; one that does not begin with a packet
    is not judged."""
    with path.open("rb") as file:
        head = file.read(1024)
    for noted, sizes in SIZES.items():
        for size in sizes:
            signs = head[noted::size]
            if len(head) > 3 * size and set(signs) == {SYNC}:
                return path.stat().st_size % size == 0
    return True


def _is_whole_asf(path: Path) -> bool:
    """Whether a WMV file is as long as its header says, where it does."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    at = head.find(ASF)
    if at < 0 or len(head) <= at + ASF_FLAGS or head[at + ASF_FLAGS] & 1:
        return True
    told = int.from_bytes(head[at + ASF_SIZE : at + ASF_SIZE + 8], "little")
    return path.stat().st_size >= told


def _is_whole_matroska(path: Path) -> bool:
    """Whether all of the segment is there, where its header says how long it is."""
    with path.open("rb") as file:
        head = file.read(1024)
    at = head.find(SEGMENT) + len(SEGMENT)
    if at < len(SEGMENT) or at >= len(head) or not head[at]:
        return True
    # a number tells its own length by the zeros before its first one; all ones is "unknown"
    length = 9 - head[at].bit_length()
    mask = (1 << 7 * length) - 1
    size = int.from_bytes(head[at : at + length], "big") & mask
    return size == mask or path.stat().st_size >= at + length + size


WAYS: dict[str, Callable[[Path], bool]] = {
    "gif": is_whole_gif,
    "mpegts": _is_whole_stream,
    "asf": _is_whole_asf,
    "matroska": _is_whole_matroska,
}
