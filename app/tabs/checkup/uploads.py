"""Checkpoints that visitors send: looked at before they are trusted, deleted when the visit ends.

They stay on disk and are loaded by a checkup only. Accepted are our two files, alone or in a zip
file, and an official `.pt`; what each may hold is lapa's to judge, nothing here unpickles.
"""

from __future__ import annotations

import io
import itertools
import logging
import os
import secrets
import shutil
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.clips.media import name
from app.clips.sent_files import SentFiles
from app.clips.uploads import UPLOAD
from app.core.limits import MB, Limits, UserError, is_full
from app.core.shares import asking, crowded_out
from app.core.views import Model
from app.tabs.checkup import words as say

log = logging.getLogger(__name__)
OURS = ("config.json", "model.safetensors")
# a list of contents takes memory before anything in it can be judged
LARGEST_LISTING, MOST_MEMBERS = 8 * MB, 5000
CHUNK = 1 << 20


@dataclass(frozen=True)
class SentCheckpoint:
    """A kept checkpoint: a folder or a `.pt` file of ours to read, `bytes` on disk. address: where
    it came from. reading: what the latter was said to be."""

    session: str
    address: str
    model: Model
    path: Path
    bytes: int
    reading: Mapping[str, int]


class _Sober(io.BufferedReader):
    """A file that refuses to be read in one great gulp, as the contents of a huge zip file are."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            # to the end, as zipfile reads the last few bytes
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > LARGEST_LISTING:
            raise ValueError(say.TOO_MUCH)
        return super().read(size)


class CheckpointUploads:
    """Keeps the latest ones within the limits; the one sent first goes first, of the session that
    has too many, or of the address that has most where all have too much.

    inspect: (path, **reading) -> (configuration, parameters), without loading; ValueError or
    OSError with one sentence where the files are no quantizer's, UserError for a visitor.
    """

    def __init__(self, limits: Limits, inspect: Callable[..., tuple[Any, int]]) -> None:
        self._limits = limits
        self._inspect = inspect
        self._files = SentFiles(limits.upload_grace)
        self._kept: OrderedDict[str, SentCheckpoint] = OrderedDict()
        self._lock = threading.Lock()
        self._root: tempfile.TemporaryDirectory[str] | None = None

    def add(
        self,
        paths: Sequence[Path],
        session: str,
        reading: Mapping[str, int] = MappingProxyType({}),
    ) -> Model:
        """Take the files of one checkpoint over; nobody needs them where they lay
        afterwards.

        reading: image_size and code_length of an official file that fits several networks.

        Raises:
            UserError: one sentence that says what is wrong with them.
        """
        token = f"{UPLOAD}-{secrets.token_urlsafe(12)}"
        home = self._home() / token
        try:
            with self._files.reading(paths):
                self._check_bytes(paths)
                home.mkdir()
                path = _taken(paths, home, self._limits)
                model = self._looked_at(token, paths, path, session, reading)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise
        size = sum(p.stat().st_size for p in ([path] if path.is_file() else path.iterdir()))
        address = asking.get().address
        with self._lock:
            self._kept[token] = SentCheckpoint(session, address, model, path, size, dict(reading))
            gone = self._make_room(session)
        self._delete(gone)
        return model

    def get(self, token: str, session: str | None) -> SentCheckpoint | None:
        """The checkpoint of this name if this session sent it, otherwise None."""
        with self._lock:
            sent = self._kept.get(token)
        return sent if sent and session and sent.session == session else None

    def models(self, session: str | None) -> tuple[Model, ...]:
        """What a session has sent and is still kept."""
        with self._lock:
            return tuple(s.model for s in self._kept.values() if session and s.session == session)

    def drop(self, session: str) -> None:
        """Delete what a session has sent."""
        with self._lock:
            gone = [self._kept.pop(key) for key in self._of(session)]
        self._delete(gone)

    def _check_bytes(self, paths: Sequence[Path]) -> None:
        missing = [path for path in paths if not path.is_file()]
        if missing or not paths:
            raise UserError(say.UPLOAD_GONE)
        total = sum(path.stat().st_size for path in paths)
        if total > self._limits.checkpoint_bytes:
            most = self._limits.checkpoint_bytes // MB
            raise UserError(say.TOO_LARGE.format(total=total / MB, most=most))

    def _looked_at(
        self,
        token: str,
        paths: Sequence[Path],
        path: Path,
        session: str,
        reading: Mapping[str, int],
    ) -> Model:
        title = self._title(paths, session)
        try:
            config, parameters = self._inspect(path, **reading)
        except UserError:
            raise
        except (ValueError, OSError) as error:
            if is_full(error):
                raise
            reason = " ".join(str(error).replace(str(path.parent), "").split()).rstrip(". ")
            raise UserError(say.UNUSABLE.format(title=title, reason=reason[:400])) from error
        except Exception as error:
            log.warning("could not look at a checkpoint", exc_info=True)
            raise UserError(say.DAMAGED.format(title=title, accepted=say.ACCEPTED)) from error
        return Model(
            name=token,
            title=title,
            image_size=int(config.image_size),
            code_length=int(config.code_length),
            codebook_size=int(config.codebook_size),
            gap_seconds=float(config.gap_seconds),
            parameters=parameters,
        )

    def _title(self, paths: Sequence[Path], session: str) -> str:
        """The file's name; two files have none in common, so theirs are numbered."""
        if len(paths) == 1:
            return name(paths[0])
        taken = {model.title for model in self.models(session)}
        numbered = (f"your checkpoint {number}" for number in itertools.count(2))
        titles = itertools.chain(["your checkpoint"], numbered)
        return next(title for title in titles if title not in taken)

    def _home(self) -> Path:
        with self._lock:
            if self._root is None:
                self._root = tempfile.TemporaryDirectory(prefix="lapa-checkpoints-")
            return Path(self._root.name)

    def _of(self, session: str) -> list[str]:
        return [key for key, sent in self._kept.items() if sent.session == session]

    def _make_room(self, session: str) -> list[SentCheckpoint]:
        own = self._of(session)
        gone = [self._kept.pop(key) for key in own[: -self._limits.checkpoints_per_session]]
        kept = [(key, sent.address, sent.bytes) for key, sent in self._kept.items()]
        most = self._limits.checkpoint_bytes_total
        return gone + [self._kept.pop(key) for key in crowded_out(kept, most)]

    @staticmethod
    def _delete(gone: Sequence[SentCheckpoint]) -> None:
        for sent in gone:
            shutil.rmtree(sent.path if sent.path.is_dir() else sent.path.parent, ignore_errors=True)


def _taken(paths: Sequence[Path], home: Path, limits: Limits) -> Path:
    """The files in a folder of ours: the folder of a checkpoint, or an official file in it."""
    names = sorted(path.name for path in paths)
    if names == sorted(OURS):
        for path in paths:
            _link(path, home / path.name)
        return home
    if len(paths) != 1:
        told = ", ".join(name(path) for path in paths[:4])
        raise UserError(say.NOT_ONE.format(told=told, accepted=say.ACCEPTED))
    (path,) = paths
    if path.name in OURS or path.suffix == ".safetensors":
        raise UserError(say.ALONE.format(path=name(path), accepted=say.ACCEPTED))
    if path.suffix in (".pt", ".pth", ".bin"):
        if zipfile.is_zipfile(path):
            _contents(path)
        _link(path, home / name(path))
        return home / name(path)
    if not zipfile.is_zipfile(path):
        raise UserError(say.NO_CHECKPOINT_FILE.format(path=name(path), accepted=say.ACCEPTED))
    _unpack(path, home, limits)
    return home


def _link(path: Path, target: Path) -> None:
    """The file under another name; copied only where the two lie on different disks."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _unpack(path: Path, home: Path, limits: Limits) -> None:
    """The two files of a checkpoint out of a zip file, wherever in it they lie; nothing else."""
    members = _members(path, _contents(path))
    claimed = sum(member.file_size for member in members.values())
    if claimed > limits.checkpoint_bytes:
        raise UserError(
            say.UNPACKS_TO.format(
                path=name(path),
                claimed=claimed / MB,
                most=limits.checkpoint_bytes // MB,
            )
        )
    try:
        with zipfile.ZipFile(path) as archive:
            for file, member in members.items():
                # zipfile stops at the size that the member claims, however much there is
                with archive.open(member) as packed, (home / file).open("wb") as out:
                    shutil.copyfileobj(packed, out, CHUNK)
    # zlib, lzma and bz2 each have their own way to say that data is damaged
    except Exception as error:
        if is_full(error):
            raise
        raise UserError(say.CANNOT_UNPACK.format(path=name(path))) from error


def _contents(path: Path) -> list[zipfile.ZipInfo]:
    """What a zip file says that it holds."""
    try:
        with _Sober(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
            return [each for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise UserError(say.DAMAGED_ZIP.format(path=name(path))) from error


def _members(path: Path, records: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    found = {file: [r for r in records if Path(r.filename).name == file] for file in OURS}
    if len(records) > MOST_MEMBERS or any(len(each) != 1 for each in found.values()):
        counts = " and ".join(f"{len(each)} {file}" for file, each in found.items())
        raise UserError(say.ZIP_HOLDS.format(path=name(path), counts=counts, accepted=say.ACCEPTED))
    return {file: each[0] for file, each in found.items()}
