"""The clips that can be looked at: shipped with the app, or uploaded by one visitor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app import media
from app.codes import is_whole
from app.intake import THUMBNAIL_SIDE, shrink
from app.library import Library
from app.limits import NO_UPLOADS, Limits, UserError
from app.sent_files import SentFiles
from app.sessions import Sessions
from app.views import Clip, Model


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

    read: clips folder -> (episodes, skipped), as `lapa.data.read_episodes`.
    """

    def __init__(self, clips: Path, read: Callable[[Path], Any], limits: Limits) -> None:
        self.limits = limits
        self._library = Library(clips, read, limits)
        self._sessions = Sessions(limits)
        self._sent = SentFiles(limits.upload_grace)
        self._decoders = threading.Semaphore(limits.decoders)

    def embodiments(self, model: Model | None = None) -> tuple[str, ...]:
        """Embodiments of the shipped clips, in alphabetical order; of a model, those it knows."""
        names = dict.fromkeys(clip.embodiment for clip in self._library.clips())
        return tuple(name for name in names if model is None or model.knows(name))

    def tasks(self, embodiment: str | None = None) -> tuple[str, ...]:
        """Tasks of an embodiment's clips, or of all, in alphabetical order."""
        return tuple(sorted({clip.task for clip in self.clips(embodiment)}))

    def clips(self, embodiment: str | None = None, task: str | None = None) -> tuple[Clip, ...]:
        """The shipped clips; UserError for an embodiment that none of them has."""
        if embodiment is not None and embodiment not in self.embodiments():
            known = ", ".join(self.embodiments()) or "none"
            raise UserError(f"There is no embodiment {embodiment[:60]!r}; there are: {known}.")
        return self._library.clips(embodiment, task)

    def clips_problem(self) -> str:
        """One sentence when there are no shipped clips, otherwise empty."""
        return self._library.problem()

    def clip(self, clip_id: str, session: str | None = None) -> Clip:
        """A shipped clip, or an upload of this session."""
        upload = self._sessions.get(clip_id, session)
        found = upload.clip if upload else self._library.get(clip_id)
        if found is None:
            raise UserError(
                f"There is no clip {clip_id[:60]!r} here; an upload can be seen only in the "
                "visit that sent it, and the server keeps only the latest ones."
            )
        return found

    def frame(self, clip_id: str, index: int, session: str | None = None) -> np.ndarray:
        """Frame `index` of a clip, (H, W, 3) uint8, read-only, as large as it is stored."""
        self.check_frame(self.clip(clip_id, session), index)
        upload = self._sessions.get(clip_id, session)
        return (upload.frames if upload else self._library.frames(clip_id))[int(index)]

    def check_frame(self, clip: Clip, index: int) -> None:
        """UserError if the clip has no frame of this number."""
        if not is_whole(index) or not 0 <= index < clip.frames:
            last = clip.frames - 1
            raise UserError(f"There is no frame {index!s:.20}; the clip has frames 0 to {last}.")

    def footage(self, clip_id: str, session: str | None = None) -> Footage:
        """The whole clip, decoded anew: for work that looks at every clip once."""
        upload = self._sessions.get(clip_id, session)
        if upload:
            return Footage(upload.clip, upload.frames)
        return Footage(self.clip(clip_id), *self._library.recorded(clip_id))

    def thumbnail(self, clip_id: str, session: str | None = None) -> np.ndarray:
        """The clip's first frame, at most 128 pixels wide and high."""
        if self.clip(clip_id, session).uploaded:
            return shrink(self.frame(clip_id, 0, session), THUMBNAIL_SIDE)
        return self._library.thumbnail(clip_id)

    def read_picture(self, path: Path | str) -> np.ndarray:
        """The picture in a file, (H, W, 3) uint8, kept nowhere; UserError if it is none."""
        self._check_uploads()
        with self._decoders:
            return media.read_image(path, self.limits)

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
        try:
            with self._decoders:
                decoded = media.read(path, self.limits)
        finally:
            if delete:
                self._sent.done([Path(path)])
        clip, gone = self._sessions.add(Path(path), decoded, session)
        self._forget(gone)
        return clip

    def drop_session(self, session: str | None) -> None:
        """Forget a visitor's uploads and everything computed from them."""
        if session:
            self._forget(self._sessions.drop(session))

    def _check_uploads(self) -> None:
        if not self.limits.uploads:
            raise UserError(NO_UPLOADS)

    def _forget(self, clip_ids: list[str]) -> None:
        """Called with the ids of the uploads that are gone."""
