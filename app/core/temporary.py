"""The folder of this process for everything temporary: uploads, keepsakes, unpacked checkpoints."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX, LOCK = "lapa-page-", ".lock"
# a file that nobody came for in this time belongs to a transfer that was broken off
FORGOTTEN_SECONDS, SWEEP_SECONDS = 3600.0, 300.0


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that Python and gradio take for their temporary files from now on, removed at the
    end with all that is in it. What a process that was killed left behind is removed first.

    Raises:
        OSError: there is no place for temporary files.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock, before = _held(folder), (tempfile.tempdir, os.environ.get("GRADIO_TEMP_DIR"))
    tempfile.tempdir = str(folder)
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "gradio")
    over = threading.Event()
    threading.Thread(target=_sweep_on, args=(folder, over), daemon=True).start()
    try:
        yield folder
    finally:
        over.set()
        tempfile.tempdir = before[0]
        os.environ.pop("GRADIO_TEMP_DIR")
        if before[1] is not None:
            os.environ["GRADIO_TEMP_DIR"] = before[1]
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep(folder: Path, now: float) -> None:
    """Remove what was sent or handed out an hour ago and more; unpacked checkpoints, which lie in
    folders of their own, stay as long as their visit."""
    loose = (path for path in folder.iterdir() if path.is_file() and path.name != LOCK)
    for path in (*loose, *(folder / "gradio").rglob("*")):
        try:
            if path.is_file() and now - path.stat().st_mtime > FORGOTTEN_SECONDS:
                path.unlink()
        except OSError:  # somebody else was quicker
            continue


def remove_loose(folder: Path) -> None:
    """Remove files that lie in the folder itself, as uploads do that were broken off; whole ones
    lie in folders of their own."""
    for path in folder.glob("*"):
        try:
            if path.is_file():
                path.unlink()
        except OSError:  # somebody else was quicker
            continue


def bytes_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total, folders = 0, [str(folder)]
    # by scandir: asked at every upload, and `Path.rglob` takes five times as long
    while folders:
        try:
            with os.scandir(folders.pop()) as inside:
                for each in inside:
                    if each.is_dir(follow_symlinks=False):
                        folders.append(each.path)
                    elif each.is_file():
                        total += each.stat().st_size
        except OSError:  # gone since it was listed
            continue
    return total


def _sweep_on(folder: Path, over: threading.Event) -> None:
    while not over.wait(SWEEP_SECONDS) and folder.is_dir():
        sweep(folder, time.time())


def _held(folder: Path) -> int | None:
    """A lock on the folder that ends with this process, however it ends; None where the folder is
    another process's, or the system knows no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    file = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            # one without a lock is being made just now, or is none of ours
            lock = _held(folder) if (folder / LOCK).is_file() else None
        except OSError:  # another user's
            continue
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
