"""Files that are whole or absent: written under another name, put in place when complete.

A disk that is full, or a kill, leaves what was there before and no half of what was to come.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

# beside weights, as `sha256sum` writes it: a line a file, and `sha256sum -c SHA256SUMS` checks them
SUMS = "SHA256SUMS"
_SYSTEM = re.compile(r"os error (\d+)")
_CHUNK = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write to that becomes `path` once the block ends well; its folder is made.

    Raises:
        OSError: the disk is full or not to be written to; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.writing")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        # a name that cannot be made cannot be removed either, and the first error tells more
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether this process alone works on `path` while the block runs. A process that ends, however
    it ends, gives up what it had claimed.

    Where the system has no such locks it is always so.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    claim = path.with_name(f".{path.name}.claim")
    with claim.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            claim.unlink(missing_ok=True)


def parsed(text: str | bytes) -> Any:
    """What a text of JSON says.

    Raises:
        ValueError: it is none, nested too deeply, or holds a number of thousands of digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_json(path: Path) -> Any:
    """What a file of JSON says, also one whose editor put a mark before it (BOM).

    Raises:
        OSError, ValueError: it cannot be read, or as `parsed`.
    """
    return parsed(path.read_text(encoding="utf-8-sig"))


def write_text(path: Path, text: str) -> Path:
    """The whole text, in UTF-8, or nothing."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
    return path


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file, whole or not at all.

    Raises:
        OSError: the disk is full or not to be written to.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    with replacing(path) as draft:
        try:
            save_file(dict(tensors), draft, metadata=dict(metadata) if metadata else None)
        except SafetensorError as error:
            # it tells what the system said in words only
            told = _SYSTEM.search(str(error))
            number = int(told[1]) if told else errno.EIO
            raise OSError(number, os.strerror(number), str(path)) from error


def reserve(file: Path) -> None:
    """Take the room on the disk that a new file of holes will need, where the system can: writing
    through a map of it on a full disk would end the process without a word.

    Raises:
        OSError: there is no room; the file is gone then.
    """
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        with file.open("r+b") as data:
            os.posix_fallocate(data.fileno(), 0, max(file.stat().st_size, 1))
    except OSError:
        file.unlink(missing_ok=True)
        raise


def write_sums(folder: Path, names: list[str]) -> None:
    """Keep the checksums of these files beside them."""
    lines = [f"{checksum(folder / name)}  {name}\n" for name in names]
    write_text(folder / SUMS, "".join(lines))


def check_sums(folder: Path) -> None:
    """Hold the files of a folder against the checksums beside them, if there are any.

    Raises:
        ValueError: a file is another one.
    """
    if not (folder / SUMS).is_file():
        return
    text = (folder / SUMS).read_text(encoding="utf-8", errors="replace")
    for line in text.split("\n"):
        sum_, _, name = line.strip().partition("  ")
        # only files of this folder, whatever the list may name
        file = folder / Path(name).name
        if name and file.is_file() and checksum(file) != sum_:
            raise ValueError(
                f"{file.name} of {folder.name} is not the file that was saved, as its checksum in "
                f"{SUMS} tells: get it again, or delete {SUMS} if it was changed on purpose"
            )


def checksum(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    found = hashlib.sha256()
    with file.open("rb") as data:
        while part := data.read(_CHUNK):
            found.update(part)
    return found.hexdigest()


def write_json(path: Path, value: Any) -> Path:
    """Indented JSON; short lists of numbers stay on one line, so that a change reads well."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[\s+((?:null|[-\d.e+,\s])+?)\s+\]", lambda m: f"[{_joined(m[1])}]", text)
    return write_text(path, flat + "\n")


def put(record: dict[str, Any], values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """`record` with values set in it, each at the place that its names lead to, one within the
    other; records on the way are made, and what else there is stays."""
    for (*way, name), value in values.items():
        inside = record
        for each in way:
            inside = inside.setdefault(each, {})
        inside[name] = value
    return record


def update_json(path: Path, values: Mapping[tuple[str, ...], Any]) -> Path:
    """`put` for a file, as results.json is; one that is missing is made.

    Raises:
        OSError, ValueError: as `read_json`.
    """
    return write_json(path, put(read_json(path) if path.exists() else {}, values))


def _joined(numbers: str) -> str:
    return ", ".join(part.strip() for part in numbers.split(","))
