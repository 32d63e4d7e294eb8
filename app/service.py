"""The only door to lapa: numpy in, frozen views out, for any number of visitors at once.

Models and clips are loaded on first use. All model work runs on one thread, so that visitors
queue instead of trampling each other's cores; decoded clips, prepared frames and recent
predictions are kept within `Limits`. Whatever a visitor got wrong is a `UserError`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app import media
from app.checkpoints import Checkpoints, Loaded, presets, still_codes
from app.codes import check_position, is_whole, parse_codes
from app.compare import compare, gap_frames, no_future
from app.compute import Compute
from app.intake import THUMBNAIL_SIDE, shrink
from app.library import Library
from app.limits import Limits, UserError
from app.sessions import Sessions
from app.views import Clip, Encoding, Model, Prediction, Preset, Sweep

__all__ = ["Explorer", "Limits", "UserError", "gap_frames"]


class Explorer:
    """Everything the page and the endpoints can do.

    checkpoints: a folder of checkpoint folders, or one such folder. clips: a folder of episodes.
    load: checkpoint folder -> quantizer, and read: clips folder -> (episodes, skipped); the
    defaults are lapa's own.
    """

    def __init__(
        self,
        checkpoints: Path | str,
        clips: Path | str,
        limits: Limits | None = None,
        *,
        load: Callable[[Path], Any] | None = None,
        read: Callable[[Path], Any] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._compute = Compute(self.limits)
        load = load or self._load
        self._checkpoints = Checkpoints(
            Path(checkpoints), lambda folder: self._compute.run(load, folder)
        )
        self._library = Library(Path(clips), read or _read_episodes, self.limits)
        self._sessions = Sessions(self.limits)
        self._decoders = threading.Semaphore(self.limits.decoders)

    # What there is

    def models(self) -> tuple[Model, ...]:
        """Every checkpoint; one that cannot be loaded says why in `error`."""
        return tuple(self._checkpoints.get(name).view for name in self._checkpoints.names())

    def model(self, name: str) -> Model:
        """One checkpoint by name; UserError if there is none of this name."""
        return self._checkpoints.get(name).view

    def embodiments(self) -> tuple[str, ...]:
        """Embodiments of the shipped clips, in alphabetical order."""
        return tuple(dict.fromkeys(clip.embodiment for clip in self._library.clips()))

    def tasks(self, embodiment: str | None = None) -> tuple[str, ...]:
        """Tasks of an embodiment's clips, or of all, in alphabetical order."""
        return tuple(sorted({clip.task for clip in self.clips(embodiment)}))

    def clips(self, embodiment: str | None = None, task: str | None = None) -> tuple[Clip, ...]:
        """The shipped clips; UserError for an embodiment that none of them has."""
        if embodiment is not None and embodiment not in self.embodiments():
            known = ", ".join(self.embodiments()) or "none"
            raise UserError(f"There is no embodiment {embodiment!r}; there are: {known}.")
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
        clip = self.clip(clip_id, session)
        if not is_whole(index) or not 0 <= index < clip.frames:
            last = clip.frames - 1
            raise UserError(f"There is no frame {index!s:.20}; the clip has frames 0 to {last}.")
        upload = self._sessions.get(clip_id, session)
        return (upload.frames if upload else self._library.frames(clip_id))[int(index)]

    def thumbnail(self, clip_id: str, session: str | None = None) -> np.ndarray:
        """The clip's first frame, at most 128 pixels wide and high."""
        if self.clip(clip_id, session).uploaded:
            return shrink(self.frame(clip_id, 0, session), THUMBNAIL_SIDE)
        return self._library.thumbnail(clip_id)

    def warm(self) -> None:
        """Load the models and the list of clips now; call it from a thread after launch."""
        self._library.clips()
        self.models()

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
        frame = self._prepared(loaded, clip, index, session)
        future = inferred = None
        if index + gap < clip.frames:
            future = self._prepared(loaded, clip, index + gap, session)
            inferred = self._compute.inferred(loaded, clip_id, index, frame, future)
        if codes is None:
            codes = inferred or self._still(loaded, clip.embodiment, frame)
        codes = parse_codes(codes, loaded.view)
        image, milliseconds = self._compute.imagined(loaded, clip_id, index, frame, codes)
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
        frame = self._prepared(loaded, clip, index, session)
        return self._compute.swept(loaded, clip_id, index, frame, codes, position)

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

    # Uploads

    def read_picture(self, path: Path | str) -> np.ndarray:
        """The picture in a file, (H, W, 3) uint8, kept nowhere; UserError if it is none."""
        with self._decoders:
            return media.read_image(path, self.limits)

    def add_upload(self, path: Path | str, session: str | None, *, delete: bool = False) -> Clip:
        """Decode a picture or video into memory, for this session only.

        delete: remove the file afterwards, also when it is refused.
        """
        if not session:
            raise UserError("An upload needs an open page; reload the page and send it again.")
        try:
            with self._decoders:
                decoded = media.read(path, self.limits)
        finally:
            if delete:
                Path(path).unlink(missing_ok=True)
        clip, gone = self._sessions.add(Path(path), decoded, session)
        self._compute.forget(gone)
        return clip

    def drop_session(self, session: str | None) -> None:
        """Forget a visitor's uploads and everything computed from them."""
        if session:
            self._compute.forget(self._sessions.drop(session))

    # Inside

    def _usable(self, name: str) -> Loaded:
        loaded = self._checkpoints.get(name)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        return loaded

    def _load(self, folder: Path) -> Any:
        import torch

        from lapa.models.quantizer import LatentActionQuantizer

        # More threads than cores, or than the operator asked for, only wait for each other.
        torch.set_num_threads(min(self.limits.threads, torch.get_num_threads()))
        return LatentActionQuantizer.from_pretrained(folder)

    def _prepared(self, loaded: Loaded, clip: Clip, index: int, session: str | None) -> np.ndarray:
        native = self.frame(clip.id, index, session)
        return self._compute.prepared(loaded, clip.id, index, native)

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
        native = self._library.frames(clips[0].id)[0] if clips else grey
        clip_id = clips[0].id if clips else ""
        frame = self._compute.prepared(loaded, clip_id, 0, native)
        return self._compute.still(loaded, clip_id, frame)


def _read_episodes(folder: Path) -> Any:
    from lapa.data import read_episodes

    return read_episodes(folder)
