"""Visitors' uploads, in memory only: each is seen by the session that sent it and no other."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.clips.media import Media, name
from app.core.limits import Limits, UserError
from app.core.shares import asking, crowded_out
from app.core.views import Clip

UPLOAD = "upload"


@dataclass(frozen=True, eq=False)
class Upload:
    """One kept upload; frames (T, H, W, 3) uint8, read-only. address: where it came from."""

    session: str
    address: str
    clip: Clip
    frames: np.ndarray


class Sessions:
    """Keeps the latest uploads within the limits; the one not used for longest goes first, of the
    session that has too many, or of the address that has most where all have too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes held now, of all sessions."""
        with self._lock:
            return sum(upload.frames.nbytes for upload in self._uploads.values())

    def add(self, path: Path, media: Media, session: str) -> tuple[Clip, list[str]]:
        """Keep an upload; returns its clip and the ids of the clips that had to go for it."""
        upload = _upload(path, media, session)
        with self._lock:
            self._uploads[upload.clip.id] = upload
            gone = self._make_room(session)
        if upload.clip.id in gone:
            raise UserError("The upload is larger than this server keeps; send a shorter one.")
        return upload.clip, gone

    def get(self, clip_id: str, session: str | None) -> Upload | None:
        """The upload of this id if this session sent it, otherwise None."""
        with self._lock:
            upload = self._uploads.get(clip_id)
            if upload is None or session is None or upload.session != session:
                return None
            self._uploads.move_to_end(clip_id)
            return upload

    def clips(self, session: str | None) -> tuple[Clip, ...]:
        """The clips of a session, the one used latest first."""
        with self._lock:
            clips = [u.clip for u in self._uploads.values() if session and u.session == session]
        return tuple(reversed(clips))

    def drop(self, session: str) -> list[str]:
        """Forget a session's uploads; returns their clip ids."""
        with self._lock:
            gone = self._of(session)
            for clip_id in gone:
                del self._uploads[clip_id]
        return gone

    def _of(self, session: str) -> list[str]:
        return [key for key, upload in self._uploads.items() if upload.session == session]

    def _make_room(self, session: str) -> list[str]:
        own = self._of(session)
        gone = own[: max(0, len(own) - self._limits.uploads_per_session)]
        kept = [
            (key, upload.address, upload.frames.nbytes)
            for key, upload in self._uploads.items()
            if key not in gone
        ]
        gone += crowded_out(kept, self._limits.session_bytes_total)
        for clip_id in gone:
            del self._uploads[clip_id]
        return gone


def _upload(path: Path, media: Media, session: str) -> Upload:
    count, height, width, _ = media.frames.shape
    media.frames.setflags(write=False)
    clip = Clip(
        # The id stands in links, so it must not be one that another visitor could guess.
        id=f"{UPLOAD}-{secrets.token_urlsafe(12)}",
        source=UPLOAD,
        embodiment=UPLOAD,
        task=name(path),
        instruction="",
        fps=media.fps,
        frames=count,
        height=height,
        width=width,
        split="",
        uploaded=True,
        note=media.note,
    )
    return Upload(session, asking.get().address, clip, media.frames)
