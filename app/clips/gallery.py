"""The clips that can be looked at: shipped with the app, or uploaded by one visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.clips import decode
from app.clips.library import Library
from app.clips.media import THUMBNAIL_SIDE, shrink
from app.clips.sent_files import SentFiles
from app.clips.uploads import Sessions
from app.core.codes import is_whole
from app.core.limits import NO_UPLOADS, Limits, UserError
from app.core.views import Clip, Model


@dataclass(frozen=True, eq=False)
class Footage:
    """A clip with its frames as they are stored, (T, H, W, 3) uint8, and the robot's actions.

    actions: (T - 1, A) float32 in the order of `action_names`; None where they are unknown.
    """

    clip: Clip
    frames: np.ndarray
    actions: np.ndarray | None = None
    action_names: tuple[str, ...] = ()


class Gallery:
    """Shipped clips for everybody, uploads for the session that sent them.

    read: folder -> (episodes, skipped), as `lapa.data.read_episodes`. forget: told the ids of
    uploads that are gone.
    """

    def __init__(
        self,
        folder: Path,
        read: Callable[[Path], Any],
        limits: Limits,
        forget: Callable[[list[str]], None],
    ) -> None:
        self._limits, self._forget = limits, forget
        self._library = Library(folder, read, limits)
        self._sessions = Sessions(limits)
        self._sent = SentFiles(limits.upload_grace)
        self._decoders = threading.Semaphore(limits.decoders)

    def embodiments(self, model: Model | None = None) -> tuple[str, ...]:
        """Embodiments of the shipped clips, in alphabetical order; of a model, those it knows."""
        names = dict.fromkeys(clip.embodiment for clip in self._library.clips())
        return tuple(name for name in names if model is None or model.knows(name))

    def tasks(self, embodiment: str | None = None) -> tuple[str, ...]:
        """Tasks of an embodiment's clips, or of all, in alphabetical order."""
        return tuple(sorted({clip.task for clip in self.all(embodiment)}))

    def all(self, embodiment: str | None = None, task: str | None = None) -> tuple[Clip, ...]:
        """The shipped clips; UserError for an embodiment that none of them has."""
        if embodiment is not None and embodiment not in self.embodiments():
            names = ", ".join(self.embodiments()) or "none"
            raise UserError(f"There is no embodiment {embodiment[:60]!r}; there are: {names}.")
        return self._library.clips(embodiment, task)

    def problem(self) -> str:
        """One sentence when there are no shipped clips, otherwise empty."""
        return self._library.problem()

    def get(self, clip_id: str, session: str | None = None) -> Clip:
        """A shipped clip, or an upload of this session."""
        clip = self._library.get(clip_id)
        if clip is None and (upload := self._sessions.get(clip_id, session)):
            clip = upload.clip
        if clip is None:
            raise UserError(
                f"There is no clip {clip_id[:60]!r} here; an upload can be seen only in the "
                "visit that sent it, and the server keeps only the latest ones."
            )
        return clip

    def frame(self, clip_id: str, index: int, session: str | None = None) -> np.ndarray:
        """Frame `index` of a clip, (H, W, 3) uint8, read-only, as large as it is stored."""
        self.at(clip_id, index, session)
        frame: np.ndarray = self.frames(clip_id, session)[int(index)]
        return frame

    def frames(self, clip_id: str, session: str | None = None) -> np.ndarray:
        """All frames of a clip, (T, H, W, 3) uint8, read-only."""
        upload = self._sessions.get(clip_id, session)
        if upload:
            return upload.frames
        return self._library.frames(self.get(clip_id).id)

    def actions(
        self, clip_id: str, session: str | None = None
    ) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """The robot's actions (T - 1, A) float32 and their names; None and () where unknown."""
        if self.get(clip_id, session).uploaded:
            return None, ()
        return self._library.actions(clip_id)

    def at(self, clip_id: str, index: int, session: str | None = None) -> Clip:
        """As `get`; UserError, too, if the clip has no frame of this number."""
        clip = self.get(clip_id, session)
        if not is_whole(index) or not 0 <= index < clip.frames:
            last = clip.frames - 1
            raise UserError(f"There is no frame {index!s:.20}; the clip has frames 0 to {last}.")
        return clip

    def footage(self, clip_id: str, session: str | None = None) -> Footage:
        """The whole clip, decoded anew: for work that looks at every clip once."""
        upload = self._sessions.get(clip_id, session)
        if upload:
            return Footage(upload.clip, upload.frames)
        return Footage(self.get(clip_id), *self._library.recorded(clip_id))

    def thumbnail(self, clip_id: str, session: str | None = None) -> np.ndarray:
        """The clip's first frame, at most 128 pixels wide and high."""
        if self.get(clip_id, session).uploaded:
            return shrink(self.frame(clip_id, 0, session), THUMBNAIL_SIDE)
        return self._library.thumbnail(clip_id)

    def read_picture(self, path: Path | str) -> np.ndarray:
        """The picture in a file, (H, W, 3) uint8, kept nowhere; UserError if it is none."""
        self._check_uploads()
        with self._decoders:
            return decode.read_image(path, self._limits)

    def uploads(self, session: str | None) -> tuple[Clip, ...]:
        """What a session has uploaded and is still kept, the one used latest first."""
        return self._sessions.clips(session)

    def add_upload(self, path: Path | str, session: str | None, *, delete: bool = False) -> Clip:
        """Decode a picture or video into memory, for this session only.

        delete: the file is a visitor's and goes when nobody needs it, also when it is refused.
        """
        self._check_uploads()
        if not session:
            raise UserError("An upload needs an open page; reload the page and send it again.")
        with self._sent.reading([Path(path)] if delete else []), self._decoders:
            decoded = decode.read(path, self._limits)
        clip, gone = self._sessions.add(Path(path), decoded, session)
        self._forget(gone)
        return clip

    def drop_session(self, session: str | None) -> None:
        """Forget a visitor's uploads and everything computed from them."""
        if session:
            self._forget(self._sessions.drop(session))

    def _check_uploads(self) -> None:
        if not self._limits.uploads:
            raise UserError(NO_UPLOADS)
