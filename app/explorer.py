"""Everything the page can ask for: numpy in, frozen views out, for any number of visitors at once.

Models and clips are loaded on first use. All model work runs on one thread, so that visitors
queue instead of trampling each other's cores; decoded clips, prepared frames and recent
predictions are kept within `Limits`. Whatever a visitor got wrong is a `UserError`. What lapa does
is handed in by app/service.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.atlases import Atlases
from app.checkpoints import Checkpoints, Loaded, presets, still_codes
from app.checkups import Checkups
from app.codes import check_position, parse_codes
from app.compare import compare, gap_frames, no_future
from app.compute import Compute
from app.dreams import Dreams
from app.gallery import Gallery
from app.learning import Learning
from app.limits import Limits, UserError
from app.policies import Policies
from app.shelf import Shelf
from app.transfers import Transfers
from app.views import Clip, Encoding, Model, Prediction, Preset, Sweep


class Explorer(Gallery):
    """Everything the page and the endpoints can do: the clips (Gallery), what the models say about
    them; `checkups`, what is to be said about the models; `dreams`, what they imagine by
    themselves; `transfers`, what carries over from robot to robot; and `atlases`, how all of them
    use the codes. `learning` is what the lessons show and ask.

    checkpoints: a folder of checkpoint folders, or one such folder. clips: a folder of episodes.
    load: checkpoint folder -> quantizer. read: clips folder -> (episodes, skipped). instrument:
    what examines a quantizer, as `app.service.Instrument`. dreaming: what imagines with it, as
    `app.service.Dreaming`. carrying: what measures motions, as `app.service.Carrying`.
    mapping: what reads an atlas, as `app.service.Mapping`. teaching:
    what looks inside a quantizer, as `app.service.Teaching`. acting: policies and the simulator, as
    `app.service.Acting`.
    """

    def __init__(
        self,
        checkpoints: Path | str,
        clips: Path | str,
        limits: Limits,
        *,
        load: Callable[[Path], Any],
        read: Callable[[Path], Any],
        instrument: Any,
        dreaming: Any,
        carrying: Any,
        mapping: Any,
        teaching: Any,
        acting: Any,
        offer: tuple[str, ...] = (),
    ) -> None:
        super().__init__(Path(clips), read, limits)
        self._compute = Compute(self.limits)
        self._checkpoints = Checkpoints(
            Path(checkpoints), lambda folder: self._compute.run(load, folder), offer
        )
        self.checkups = Checkups(
            self._checkpoints, self, self._compute, instrument, self.limits,
            load=load, results=Path(checkpoints).parent / "results.json",
        )  # fmt: skip
        self.dreams = Dreams(self, self._checkpoints, self._compute, dreaming, self.limits)
        self.transfers = Transfers(self, self._checkpoints, self._compute, carrying)
        self.atlases = Atlases(
            self, self._checkpoints, self._compute, mapping, Path(checkpoints).parent / "atlas"
        )
        self.shelf = Shelf(self._checkpoints, self._compute, instrument, self.limits, load=load)
        self.policies = Policies(
            self._checkpoints, self._compute, acting, self.limits,
            folder=Path(checkpoints), read=read,
        )  # fmt: skip
        self.learning = Learning(
            self, self._checkpoints, self._compute, self.atlases, self.dreams, teaching
        )

    def models(self) -> tuple[Model, ...]:
        """Every checkpoint; one that cannot be loaded says why in `error`."""
        return tuple(self._checkpoints.get(name).view for name in self._checkpoints.names())

    def model(self, name: str) -> Model:
        """One checkpoint by name; UserError if there is none of this name."""
        return self._checkpoints.get(name).view

    def warm(self) -> None:
        """Load the models and the list of clips now; call it from a thread after launch."""
        self._library.clips()
        self.models()

    def drop_session(self, session: str | None) -> None:
        """Forget what a visitor has sent and waits for, and everything computed from it."""
        super().drop_session(session)
        if session:
            self.checkups.drop_session(session)
            self.dreams.drop_session(session)
            self.policies.drop_session(session)

    # What the models say about clips

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
        loaded, clip = self._usable(model), self.clip(clip_id, session)
        gap = gap_frames(loaded.view.gap_seconds, clip.fps)
        seen = self._prepared(loaded, clip, index, session)
        future = inferred = None
        if index + gap < clip.frames:
            later = self._prepared(loaded, clip, index + gap, session)
            inferred = self._compute.inferred(loaded, clip_id, index, seen, later)
            future = self._shown(loaded, clip, index + gap, session)
        if codes is None:
            codes = inferred or self._still(loaded, clip.embodiment, seen)
        codes = parse_codes(codes, loaded.view)
        frame = self._shown(loaded, clip, index, session)
        native = self._native(clip, index, session)
        image, milliseconds = self._compute.imagined(loaded, clip_id, index, native, codes)
        return Prediction(
            model=model,
            clip_id=clip_id,
            index=index,
            codes=codes,
            frame=frame,
            image=image,
            future=future,
            future_index=None if future is None else index + gap,
            inferred=inferred,
            figures=None if future is None else compare(image, frame, future),
            aspect=clip.aspect,
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
        loaded, clip = self._usable(model), self.clip(clip_id, session)
        position = check_position(position, loaded.view)
        if codes is None:
            codes = self.predict(model, clip_id, index, None, session).codes
        codes = parse_codes(codes, loaded.view)
        native = self._native(clip, index, session)
        return self._compute.swept(loaded, clip_id, index, native, codes, position)

    def encode_clip(
        self, model: str, clip_id: str, index: int, session: str | None = None
    ) -> Encoding:
        """The latent action between frame `index` of a clip and the frame one gap later."""
        loaded, clip = self._usable(model), self.clip(clip_id, session)
        gap = gap_frames(loaded.view.gap_seconds, clip.fps)
        frame = self._prepared(loaded, clip, index, session)
        if index + gap >= clip.frames:
            raise UserError(no_future(clip, loaded.view))
        future = self._prepared(loaded, clip, index + gap, session)
        return self._compute.encoding(loaded, frame, future)

    def random_codes(self, model: str, seed: int) -> tuple[int, ...]:
        """A latent action drawn uniformly; the same for the same seed."""
        view = self._usable(model).view
        dice = np.random.default_rng(abs(int(seed)))
        return tuple(int(code) for code in dice.integers(view.codebook_size, size=view.code_length))

    def presets(self, model: str, embodiment: str) -> tuple[Preset, ...]:
        """ "Do nothing" and the most frequent latent actions of an embodiment."""
        loaded = self._usable(model)
        return presets(loaded.usage, self._still(loaded, embodiment), embodiment)

    # What the models say about any picture

    def encode_images(self, model: str, frame: np.ndarray, future: np.ndarray) -> Encoding:
        """The latent action between two frames, (H, W, 3) uint8 of any size."""
        return self._compute.encoding(self._usable(model), frame, future)

    def decode_image(self, model: str, frame: np.ndarray, codes: Sequence[int] | str) -> np.ndarray:
        """The imagined next frame, (h, w, 3) uint8 at the model's image size."""
        loaded = self._usable(model)
        codes = parse_codes(codes, loaded.view)
        return self._compute.decode(loaded, self._compute.resize(loaded, frame), codes)[0]

    def sweep_image(
        self, model: str, frame: np.ndarray, codes: Sequence[int] | str, position: int
    ) -> Sweep:
        """Every value of one position on any frame."""
        loaded = self._usable(model)
        codes = parse_codes(codes, loaded.view)
        position = check_position(position, loaded.view)
        frame = self._compute.resize(loaded, frame)
        return self._compute.sweep(loaded, frame, frame, codes, position)

    def still_codes(self, model: str, frame: np.ndarray) -> tuple[int, ...]:
        """The latent action that leaves a picture as it is."""
        loaded = self._usable(model)
        return self._still(loaded, "", self._compute.resize(loaded, frame))

    def still_of(self, model: str, embodiment: str) -> tuple[int, ...]:
        """The latent action that leaves an embodiment as it is."""
        return self._still(self._usable(model), embodiment)

    # Inside

    def _forget(self, clip_ids: list[str]) -> None:
        self._compute.forget(clip_ids)

    def _usable(self, name: str) -> Loaded:
        loaded = self._checkpoints.get(name)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        return loaded

    def _prepared(self, loaded: Loaded, clip: Clip, index: int, session: str | None) -> np.ndarray:
        return self._compute.prepared(loaded, clip.id, index, self._native(clip, index, session))

    def _shown(self, loaded: Loaded, clip: Clip, index: int, session: str | None) -> np.ndarray:
        return self._compute.shown(loaded, clip.id, index, self._native(clip, index, session))

    def _native(self, clip: Clip, index: int, session: str | None) -> Callable[[], np.ndarray]:
        """A frame as large as it is stored, decoded when it is asked for."""
        self.check_frame(clip, index)
        return lambda: self.frame(clip.id, index, session)

    def _still(
        self, loaded: Loaded, embodiment: str, frame: np.ndarray | None = None
    ) -> tuple[int, ...]:
        """The measured "do nothing" code, or the one inferred where a frame follows itself."""
        measured = still_codes(loaded.usage, embodiment)
        if measured is not None:
            return measured
        if frame is not None:
            return self._compute.encode(loaded, frame, frame)
        clips = self._library.clips(embodiment) or self._library.clips()
        grey = np.full((64, 64, 3), 128, np.uint8)
        clip_id = clips[0].id if clips else ""
        frame = self._compute.prepared(
            loaded, clip_id, 0, lambda: self._library.frames(clip_id)[0] if clips else grey
        )
        return self._compute.still(loaded, clip_id, frame)
