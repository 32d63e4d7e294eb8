"""Files that the browser has just uploaded: only those in Gradio's own upload folder are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from gradio.utils import get_upload_folder

from app.core.limits import UserError
from app.core.views import Clip
from app.web import words as say
from app.web.events import Record
from app.web.records import clip_record, thumb_url


class Taking(Protocol):
    """What takes in pictures and videos of visitors."""

    def add_upload(self, path: Path, session: str | None, *, delete: bool = False) -> Clip:
        """Decode a file for this session only; delete: it goes when nobody needs it."""

    def thumbnail(self, clip_id: str, session: str | None = None) -> np.ndarray:
        """The clip's first frame, small, (h, w, 3) uint8."""


def take_in(clips: Taking, event: Record, session: str | None) -> Clip:
    """The picture or video that the browser has just uploaded; the file itself is forgotten."""
    return clips.add_upload(uploaded_path(event.get("path")), session, delete=True)


def bring(clips: Taking, event: Record, session: str | None) -> Record:
    """The same as a line of the gallery and a picture of it, which all tabs list from then on."""
    clip = take_in(clips, event, session)
    return {
        "kind": "brought",
        "clip": {**clip_record(clip), "opening": 0},
        "thumbnail": thumb_url(clips.thumbnail(clip.id, session)),
    }


def uploaded_path(path: object) -> Path:
    """The file just uploaded; anything outside Gradio's upload folder is refused."""
    folder = Path(get_upload_folder()).resolve()
    resolved = Path(str(path)).resolve() if path else folder
    if folder not in resolved.parents or not resolved.is_file():
        raise UserError(say.FILE_GONE)
    return resolved
