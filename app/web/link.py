"""What the links of all tabs share: their version, numbers, and what to say of a missing clip."""

from __future__ import annotations

from app.web import words as say

VERSION = "1"
UPLOAD_PREFIX = "upload"


def whole(text: str | None, otherwise: int) -> int:
    """A number as a query holds it; `otherwise` where it is none."""
    try:
        return int((text or "")[:9])
    except ValueError:
        return otherwise


def missing_clip(clip_id: str) -> str:
    """Why a clip that a link asks for is not shown."""
    if clip_id.startswith(UPLOAD_PREFIX):
        return say.PRIVATE_UPLOAD
    return say.NO_CLIP.format(clip=short(clip_id))


def short(text: str | None, limit: int = 40) -> str:
    """A stranger's text, cut to `limit` characters."""
    text = text or ""
    return text if len(text) <= limit else text[: limit - 1] + "…"
