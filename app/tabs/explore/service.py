"""What the models say about a frame and a latent action: the imagined next frame, every value of a
position, the codes between two frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.clips.gallery import Gallery
from app.core.checkpoints import Checkpoints, presets, still_codes
from app.core.codes import check_position, parse_codes
from app.core.compare import against_chance, blur, compare, gap_in_frames, no_future
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.core.names import is_still, names_of
from app.core.views import Clip, Encoding, Prediction, Preset, Sweep
from app.tabs.explore import words as say
from app.tabs.explore.episode import Episode, commands


class Explore:
    """What the tab Explore and its endpoints can do."""

    def __init__(
        self, clips: Gallery, checkpoints: Checkpoints, compute: Compute, frames: Frames
    ) -> None:
        self._clips, self._checkpoints = clips, checkpoints
        self._compute, self._frames = compute, frames

    # About clips

    def predict(
        self,
        model: str,
        clip_id: str,
        index: int,
        codes: Sequence[int] | str | None = None,
        session: str | None = None,
    ) -> Prediction:
        """The imagined next frame, with the true one and figures where the clip reaches x_t+H.

        codes: None for the inferred codes, or "do nothing" where there is no true future.
        """
        loaded, clip = self._checkpoints.usable(model), self._clips.at(clip_id, index, session)
        codes = None if codes is None else parse_codes(codes, loaded.view)
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        moment, codes, image, milliseconds = self._compute.press(
            loaded, clip_id, _ends(clip, index, gap), codes,
            native=lambda at: self._clips.frame(clip_id, at, session),
            still=lambda frame: self._frames.still(loaded, clip.embodiment, frame),
        )  # fmt: skip
        frame, future = moment.frame, moment.future
        figures = None if future is None else compare(image, frame, future)
        return Prediction(
            model=loaded.view,
            clip=clip,
            index=index,
            codes=codes,
            frame=frame,
            image=image,
            future=future,
            future_index=None if future is None else index + gap,
            inferred=moment.inferred,
            figures=figures,
            chance="" if figures is None else against_chance(figures.mse_ratio, moment.chance),
            blur="" if moment.edges is None else blur(image, moment.edges),
            milliseconds=milliseconds,
            gap_frames=gap,
            note="" if future is not None else no_future(clip, loaded.view),
        )

    def sweep(
        self,
        model: str,
        clip_id: str,
        index: int,
        codes: Sequence[int] | str | None,
        position: int,
        session: str | None = None,
    ) -> Sweep:
        """Every value of one position on a clip's frame, in one batch; codes as in `predict`."""
        loaded, clip = self._checkpoints.usable(model), self._clips.at(clip_id, index, session)
        position = check_position(position, loaded.view)
        if codes is None:
            codes = self.predict(model, clip_id, index, None, session).codes
        codes = parse_codes(codes, loaded.view)
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        return self._compute.swept(
            loaded, clip_id, _ends(clip, index, gap), codes, position,
            native=lambda at: self._clips.frame(clip_id, at, session),
        )  # fmt: skip

    def shortened(
        self,
        model: str,
        clip_id: str,
        index: int,
        codes: Sequence[int] | str,
        session: str | None = None,
    ) -> tuple[np.ndarray, ...]:
        """What the first 1, 2, … S codes of a latent action bring about on a clip's frame.

        Raises UserError for a model that was not trained nested, whose first codes alone mean
        nothing.
        """
        loaded, clip = self._checkpoints.usable(model), self._clips.at(clip_id, index, session)
        if not loaded.view.nested:
            raise UserError(say.NOT_NESTED.format(model=model))
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        return self._compute.shortened(
            loaded, clip_id, _ends(clip, index, gap), parse_codes(codes, loaded.view),
            native=lambda at: self._clips.frame(clip_id, at, session),
        )  # fmt: skip

    def encode_clip(
        self, model: str, clip_id: str, index: int, session: str | None = None
    ) -> Encoding:
        """The latent action between frame `index` of a clip and the frame one gap later."""
        loaded, clip = self._checkpoints.usable(model), self._clips.get(clip_id, session)
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        frame = self._frames.prepared(loaded, clip_id, index, session)
        if index + gap >= clip.frames:
            raise UserError(no_future(clip, loaded.view))
        future = self._frames.prepared(loaded, clip_id, index + gap, session)
        return self._compute.encoding(loaded, frame, future)

    def episode(self, model: str, clip_id: str, session: str | None = None) -> Episode:
        """The latent action at each frame of a clip, and the robot's commands."""
        loaded, clip = self._checkpoints.usable(model), self._clips.get(clip_id, session)
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        codes = self._compute.along(
            loaded, clip_id, gap, lambda: self._clips.frames(clip_id, session)
        )
        ending = (None,) * (clip.frames - len(codes))
        return Episode((*codes, *ending), commands(*self._clips.actions(clip_id, session)))

    def presets(self, model: str, embodiment: str) -> tuple[Preset, ...]:
        """ "Do nothing", where a latent action does nothing, and the most frequent ones of an
        embodiment."""
        loaded = self._checkpoints.usable(model)
        still = self._frames.still(loaded, embodiment)
        does_nothing = is_still(loaded.names, embodiment, still)
        return presets(loaded.usage or {}, still if does_nothing else None, embodiment)

    def still(self, model: str, embodiment: str) -> tuple[int, ...] | None:
        """The measured latent action of pairs in which nothing moves; None if not measured."""
        return still_codes(self._checkpoints.usable(model).usage or {}, embodiment)

    def names(self, model: str, embodiment: str) -> dict[str, Any] | None:
        """The names of a model's codes for an embodiment; None where it has none."""
        return names_of(self._checkpoints.usable(model).names, embodiment)

    # About any picture

    def encode_images(self, model: str, frame: np.ndarray, future: np.ndarray) -> Encoding:
        """The latent action between two frames, (H, W, 3) uint8 of any size."""
        return self._compute.encoding(self._checkpoints.usable(model), frame, future)

    def decode_image(self, model: str, frame: np.ndarray, codes: Sequence[int] | str) -> np.ndarray:
        """The imagined next frame, (h, w, 3) uint8 at the model's image size."""
        loaded = self._checkpoints.usable(model)
        codes = parse_codes(codes, loaded.view)
        return self._compute.decode(loaded, frame, codes)

    def sweep_image(
        self, model: str, frame: np.ndarray, codes: Sequence[int] | str, position: int
    ) -> Sweep:
        """Every value of one position on any frame."""
        loaded = self._checkpoints.usable(model)
        codes = parse_codes(codes, loaded.view)
        position = check_position(position, loaded.view)
        frame = self._compute.resize(loaded, frame)
        return self._compute.sweep(loaded, frame, frame, codes, position)

    def still_codes(self, model: str, frame: np.ndarray) -> tuple[int, ...]:
        """The latent action that leaves a picture as it is."""
        loaded = self._checkpoints.usable(model)
        return self._frames.still(loaded, "", self._compute.resize(loaded, frame))


def _ends(clip: Clip, index: int, gap: int) -> tuple[int, ...]:
    """A frame, and its future frame where the clip has one."""
    start = int(index)
    return (start, start + gap) if start + gap < clip.frames else (start,)
