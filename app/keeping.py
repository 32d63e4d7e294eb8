"""What is kept of a dream: pictures as files, and JSON from which it is imagined again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from app import exports, keepsakes
from app.checkpoints import Loaded
from app.driving import Driving
from app.gallery import Gallery
from app.limits import UserError
from app.moments import Dream
from app.replays import Replays
from app.worlds import Worlds


class Keeping:
    """The part of `Dreams` that hands out files and reads them again."""

    _explorer: Gallery
    _worlds: Worlds
    _lapa: Any
    driving: Driving
    replays: Replays

    def usable(self, name: str) -> Loaded:
        raise NotImplementedError

    def begin(self, model: str, clip_id: str, index: int, session: str | None) -> Dream:
        raise NotImplementedError

    def keep_json(self, session: str | None, pins: list[int]) -> str:
        """The dream as JSON, to be read again by `recall`."""
        dream = self._worlds.dream(session)
        actions = [step.codes for step in dream.line[1:]]
        sequence = self._lapa.write(actions) if actions else ""
        weights = self.driving.weights(dream.model)
        return keepsakes.write(dream, weights=weights, sequence=sequence, pins=pins)

    def keep_pictures(self, session: str | None, kind: str, *, of: str, rate: float) -> bytes:
        """The way to where the dream stands, or the last replay, as mp4, gif or png.

        rate: frames a second.
        """
        aspect = self._worlds.dream(session).clip.aspect
        if of == "replay":
            steps = self.replays.last(session)[1]
            frames = exports.beside([s.imagined for s in steps], [s.true for s in steps])
            aspect *= frames[0].shape[1] / frames[0].shape[0] if kind != "png" else 1
        else:
            frames = [step.image for step in self._worlds.dream(session).line]
        if kind == "png":
            return exports.strip(frames, aspect=aspect)
        make = exports.mp4 if kind == "mp4" else exports.gif
        return make(frames, rate=rate, aspect=aspect)

    def same_frames(self, session: str | None, kept: keepsakes.Keepsake) -> bool:
        """Whether the dream has the frames it had when it was kept."""
        return keepsakes.frames_digest(self._worlds.dream(session)) == kept.frames

    def recall(self, text: str, session: str | None) -> tuple[Dream, keepsakes.Keepsake, str]:
        """A dream as JSON says it, before its moves are imagined again, and what is to be told."""
        kept = keepsakes.read(text)
        loaded = self.usable(kept.model)
        if kept.start is not None:
            dream = self._own_start(loaded, kept.start, session)
        elif kept.clip.startswith("upload"):
            raise UserError("The file's first frame is missing; it cannot be imagined again.")
        else:
            dream = self.begin(kept.model, kept.clip, kept.frame, session)
        same = kept.weights == self.driving.weights(loaded.view)
        note = "" if same else "It was made with other weights of this model, so frames may differ."
        return dream, kept, note

    def _own_start(self, loaded: Loaded, frame: np.ndarray, session: str | None) -> Dream:
        """A dream from a picture that came with the file; the picture becomes an upload again."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "start.png"
            Image.fromarray(frame).save(path)
            clip = self._explorer.add_upload(path, session)
        return self.begin(loaded.view.name, clip.id, 0, session)
