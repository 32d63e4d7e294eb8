"""Where a browser fetches the frames of a clip: an address that follows from what they show, so
that a frame never changes under it and may be kept for good."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image

from app.clips.gallery import Gallery
from app.core.cache import Cache
from app.core.limits import UserError

# pixels a side, as the stage shows a frame with what is imagined beside it
SIDE = 256
QUALITY = 90
# of 256 bits: nobody finds another visitor's upload by trying
DIGITS = 32
# clips whose address is known, and bytes of pictures that are kept
MOST, PICTURES = 2000, 30_000_000


class Addresses:
    """Addresses of clips, and the pictures that lie there."""

    def __init__(self, clips: Gallery) -> None:
        self._clips = clips
        self._of: Cache[str] = Cache(MOST, size=lambda _: 1)
        self._at: Cache[tuple[str, str | None]] = Cache(MOST, size=lambda _: 1)
        self._pictures: Cache[bytes] = Cache(PICTURES, size=len)

    def of(self, clip_id: str, session: str | None = None) -> str:
        """The address of a clip, hexadecimal; that of an upload is known to who has its frames."""
        own = session if self._clips.get(clip_id, session).uploaded else None

        def make() -> str:
            frames = np.ascontiguousarray(self._clips.frames(clip_id, session))
            name = hashlib.sha256(f"{frames.shape} {own}".encode())
            name.update(frames.data)
            return name.hexdigest()[:DIGITS]

        address = self._of.get_or_make((clip_id, own), make)
        self._at.get_or_make(address, lambda: (clip_id, own))
        return address

    def picture(self, address: str, index: int) -> tuple[bytes, bool]:
        """A frame as WebP of SIDE x SIDE pixels, and whether everybody may have it.

        Raises:
            UserError: there is no such clip here now, or it has no such frame.
        """
        found = self._at.get(address)
        if found is None:
            raise UserError("There are no frames at this address.")
        frame = self._clips.frame(found[0], index, found[1])

        def encode() -> bytes:
            small = Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            out = io.BytesIO()
            small.save(out, "WEBP", quality=QUALITY, method=2)
            return out.getvalue()

        return self._pictures.get_or_make((address, index), encode), found[1] is None
