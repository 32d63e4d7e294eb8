"""Files that the browser has just uploaded: only those in Gradio's own upload folder are opened."""

from __future__ import annotations

from pathlib import Path

from gradio.utils import get_upload_folder

from app.core.limits import UserError
from app.web import words as say


def uploaded_path(path: object) -> Path:
    """The file just uploaded; anything outside Gradio's upload folder is refused."""
    folder = Path(get_upload_folder()).resolve()
    resolved = Path(str(path)).resolve() if path else folder
    if folder not in resolved.parents or not resolved.is_file():
        raise UserError(say.FILE_GONE)
    return resolved
