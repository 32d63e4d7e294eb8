"""Clips' frames as a model sees them, and the latent actions that leave them as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from app.core.checkpoints import Loaded, still_codes
from app.core.compute import Codes, Compute
from app.core.views import Clip


class Clips(Protocol):
    """What is asked of the clips; `app.clips` has them."""

    def all(self, embodiment: str | None = None) -> tuple[Clip, ...]:
        """The shipped clips, of one embodiment where it is named."""

    def at(self, clip_id: str, index: int, session: str | None = None) -> Clip:
        """The clip that has this frame; UserError where there is none."""

    def frame(self, clip_id: str, index: int, session: str | None = None) -> np.ndarray:
        """Its frame, (H, W, 3) uint8, as large as it is stored."""


class Frames:
    """Frames of clips at a model's size, (h, w, 3) uint8, each made once.

    UserError for a clip that is not there for this session, and for a frame that it has not.
    """

    def __init__(self, clips: Clips, compute: Compute) -> None:
        self._clips, self._compute = clips, compute

    def prepared(
        self, loaded: Loaded, clip_id: str, index: int, session: str | None = None
    ) -> np.ndarray:
        """A frame at the size that the model sees."""
        self._clips.at(clip_id, index, session)
        return self._compute.prepared(
            loaded, clip_id, int(index), lambda: self._clips.frame(clip_id, index, session)
        )

    def prepared_many(
        self, loaded: Loaded, places: Sequence[tuple[str, int]], session: str | None = None
    ) -> list[np.ndarray]:
        """`prepared` of frames (clip id, index), for long work that somebody looks at."""
        places = [
            (self._clips.at(clip_id, index, session).id, int(index)) for clip_id, index in places
        ]
        return self._compute.prepared_many(
            loaded, places, lambda clip_id, index: self._clips.frame(clip_id, index, session)
        )

    def still(self, loaded: Loaded, embodiment: str, frame: np.ndarray | None = None) -> Codes:
        """The measured "do nothing" code, or the one inferred where a frame follows itself.

        frame: as the model sees it; None for the first frame of a clip of this embodiment.
        """
        measured = still_codes(loaded.usage or {}, embodiment)
        if measured is not None:
            return measured
        if frame is not None:
            return self._compute.encode(loaded, frame, frame)
        clips = sorted(self._clips.all(), key=lambda clip: clip.embodiment != embodiment)
        if not clips:
            grey = np.full((64, 64, 3), 128, np.uint8)
            return self._compute.still(loaded, "", self._compute.resize(loaded, grey))
        return self._compute.still(loaded, clips[0].id, self.prepared(loaded, clips[0].id, 0))
