"""Runs a quantizer for many visitors: one at a time, and never twice for the same question."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.cache import Cache
from app.checkpoints import Loaded
from app.compare import mean_change
from app.limits import Limits
from app.views import Encoding, Sweep

Codes = tuple[int, ...]
# presses that are decoded as one batch, at most
TOGETHER = 16
# A press is several calls in a row: long work lets them all pass, but not for ever.
REST, PATIENCE = 0.03, 0.5


class Compute:
    """All model work, on one thread: visitors queue instead of trampling each other's cores.

    Long work comes in small pieces through `between`, which lets everybody else go first.

    Results are kept by (clip id, model, frame index, question), within `prediction_bytes`. Frames
    are (h, w, 3) uint8 at the model's image size unless said otherwise; what is shown in Explore is
    at its shown size, where what does not move is as sharp as the clip.
    """

    def __init__(self, limits: Limits) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="quantizer")
        self._results = Cache(limits.prediction_bytes, size=_bytes_of)
        self._calm = threading.Condition()
        self._waiting: dict[str, list[_Wish]] = {}
        self._waiting_lock = threading.Lock()
        self._visitors, self._last_visit = 0, 0.0

    def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """The result of `work(*args)`, computed when the thread is free."""
        with self._calm:
            self._visitors += 1
        try:
            return self._thread.submit(work, *args).result()
        finally:
            with self._calm:
                self._visitors -= 1
                self._last_visit = time.monotonic()
                self._calm.notify_all()

    def between(self, work: Callable[..., Any], *args: Any) -> Any:
        """As `run`, for a piece of long work: computed when no visitor waits.

        Under a constant stream of visitors it still gets its turn, twice a second.
        """
        self._wait_for_calm()
        return self._thread.submit(work, *args).result()

    def _wait_for_calm(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with self._calm:
            while (now := time.monotonic()) < deadline:
                rest = self._last_visit + REST - now
                if not self._visitors and rest <= 0:
                    return
                self._calm.wait(deadline - now if self._visitors else min(rest, deadline - now))

    def forget(self, clip_ids: Sequence[str]) -> None:
        """Drop every result about these clips."""
        self._results.drop(lambda key: key[0] in clip_ids)

    def resize(self, loaded: Loaded, frame: np.ndarray) -> np.ndarray:
        """A frame of any size as the model sees it."""
        # A copy, because kept frames are read-only and torch wants memory it may write.
        return self.run(loaded.quantizer.resize, np.array(frame))

    def prepared(
        self, loaded: Loaded, clip_id: str, index: int, native: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """`resize` of a clip's frame, which is decoded only if that is not known."""
        key = (clip_id, loaded.view.name, index, "frame")
        return self._results.get_or_make(key, lambda: self.resize(loaded, native()))

    def shown(
        self, loaded: Loaded, clip_id: str, index: int, native: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """A clip's frame at the model's shown size."""
        key = (clip_id, loaded.view.name, index, "shown")

        def resize() -> np.ndarray:
            return loaded.quantizer.resize(np.array(native()), size=loaded.view.shown_size)

        return self._results.get_or_make(key, lambda: self.run(resize))

    def inferred(
        self, loaded: Loaded, clip_id: str, index: int, frame: np.ndarray, future: np.ndarray
    ) -> Codes:
        """The latent action between a clip's frame and its future frame."""
        key = (clip_id, loaded.view.name, index, "codes")
        return self._results.get_or_make(key, lambda: self.encode(loaded, frame, future))

    def still(self, loaded: Loaded, clip_id: str, frame: np.ndarray) -> Codes:
        """The latent action where a clip's first frame follows itself."""
        key = (clip_id, loaded.view.name, 0, "still")
        return self._results.get_or_make(key, lambda: self.encode(loaded, frame, frame))

    def encode(self, loaded: Loaded, frame: np.ndarray, future: np.ndarray) -> Codes:
        """The latent action between two frames."""
        return tuple(int(code) for code in self.run(loaded.quantizer.encode, frame, future))

    def encoding(self, loaded: Loaded, frame: np.ndarray, future: np.ndarray) -> Encoding:
        """The latent action and the latent between two frames of any size."""
        frame, future = self.resize(loaded, frame), self.resize(loaded, future)
        latent = np.asarray(self.run(loaded.quantizer.latent, frame, future), np.float32)
        return Encoding(loaded.view.name, self.encode(loaded, frame, future), latent)

    def scene(
        self, loaded: Loaded, clip_id: str, index: int, native: Callable[[], np.ndarray]
    ) -> Any:
        """All that a quantizer computes about a clip's frame before it looks at the code; it
        imagines pictures at its shown size. native: the frame as large as it is stored."""
        key = (clip_id, loaded.view.name, index, "scene")

        def prepare() -> Any:
            return loaded.quantizer.prepare(np.array(native()), size=loaded.view.shown_size)

        return self._results.get_or_make(key, lambda: self.run(prepare))

    def imagined(
        self,
        loaded: Loaded,
        clip_id: str,
        index: int,
        native: Callable[[], np.ndarray],
        codes: Codes,
    ) -> tuple[np.ndarray, float]:
        """The imagined next frame of a clip's frame at the model's shown size, and the
        milliseconds its decoding took. native: as for `scene`."""
        key = (clip_id, loaded.view.name, index, codes)

        def make() -> tuple[np.ndarray, float]:
            return self.decode(loaded, self.scene(loaded, clip_id, index, native), codes)

        return self._results.get_or_make(key, make)

    def decode(self, loaded: Loaded, scene: Any, codes: Codes) -> tuple[np.ndarray, float]:
        """As `imagined`, for any frame or its scene.

        What waits for the thread when its turn comes is decoded as one batch: thirty presses at
        once take much less than thirty times one.
        """
        wish = _Wish(scene, np.array(codes))
        with self._waiting_lock:
            self._waiting.setdefault(loaded.view.name, []).append(wish)
        self.run(self._decode_waiting, loaded)
        return wish.result.result()

    def _decode_waiting(self, loaded: Loaded) -> None:
        """Answer the wishes that wait for a model, unless an earlier turn has done so."""
        with self._waiting_lock:
            waiting = self._waiting.pop(loaded.view.name, [])
        # pictures of one size can be made together
        while waiting:
            size = _size_of(waiting[0].scene)
            batch = [wish for wish in waiting if _size_of(wish.scene) == size][:TOGETHER]
            waiting = [wish for wish in waiting if wish not in batch]
            _answer(loaded.quantizer, batch)

    def swept(
        self,
        loaded: Loaded,
        clip_id: str,
        index: int,
        native: Callable[[], np.ndarray],
        codes: Codes,
        position: int,
    ) -> Sweep:
        """Every value of one position on a clip's frame, at the model's shown size."""
        # The sweep is the same whatever code stood at its position.
        key = (clip_id, loaded.view.name, index, *_with(codes, position, "every"))

        def make() -> Sweep:
            scene = self.scene(loaded, clip_id, index, native)
            frame = self.shown(loaded, clip_id, index, native)
            return self.sweep(loaded, scene, frame, codes, position)

        return self._results.get_or_make(key, make)

    def sweep(
        self, loaded: Loaded, scene: Any, frame: np.ndarray, codes: Codes, position: int
    ) -> Sweep:
        """Every value of one position on any frame or its scene, in one batch."""

        def batch() -> np.ndarray:
            return loaded.quantizer.sweep(scene, np.array(codes), position=position)

        images = tuple(self.run(batch))
        return Sweep(
            position=position,
            images=images,
            codes=tuple(_with(codes, position, code) for code in range(len(images))),
            change=tuple(mean_change(image, frame) for image in images),
        )


@dataclass(eq=False)
class _Wish:
    """A picture that somebody waits for: what to decode; then the image and how long it took."""

    scene: Any
    codes: np.ndarray
    result: Future = field(default_factory=Future)


def _answer(quantizer: Any, batch: list[_Wish]) -> None:
    """Decode wishes together; what goes wrong, each of them hears."""
    start = time.perf_counter()
    try:
        if len(batch) == 1:
            images = [quantizer.decode(batch[0].scene, batch[0].codes)]
        else:
            scenes = quantizer.join([wish.scene for wish in batch])
            images = list(quantizer.decode(scenes, np.stack([wish.codes for wish in batch])))
    except Exception as error:
        for wish in batch:
            wish.result.set_exception(error)
        return
    milliseconds = 1000 * (time.perf_counter() - start)
    for wish, image in zip(batch, images, strict=True):
        wish.result.set_result((image, milliseconds))


def _size_of(scene: Any) -> tuple[int, ...]:
    """The shape of a scene's pictures, or of a frame."""
    return tuple(getattr(scene, "frame", scene).shape)


def _with(codes: tuple, position: int, code: Any) -> tuple:
    return (*codes[:position], code, *codes[position + 1 :])


def _bytes_of(value: Any) -> int:
    """Memory of a kept result: arrays and tensors, alone or inside tuples and sweeps."""
    if isinstance(value, Sweep):
        return sum(image.nbytes for image in value.images)
    if isinstance(value, tuple):
        return sum(_bytes_of(each) for each in value)
    return getattr(value, "nbytes", 64)
