"""Runs a quantizer for many visitors: one at a time, and never twice for the same question."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from app.core.cache import Cache
from app.core.checkpoints import Loaded, Quantizer
from app.core.compare import Edges, compare, edges, mean_change
from app.core.limits import Limits
from app.core.threads import ModelThreads
from app.core.views import Encoding, Sweep

Codes = tuple[int, ...]
Needed = TypeVar("Needed")
Result = TypeVar("Result")
Value = TypeVar("Value")
# presses that are decoded as one batch, at most, and otherwise a power of two of them: what is done
# to a batch is recorded once for each size that it has
TOGETHER = 8
# frames that one turn looks at for the first time: each takes as long as a picture to decode
NEW = 4
# random latent actions that a prediction is held against, in one batch: enough to tell a picture
# that any codes give, and no more than a first look may wait for
DRAWS = 4


@dataclass(frozen=True, eq=False)
class Moment:
    """All about a clip's frame that no chosen code changes, pictures at the model's shown size.

    scene: what a quantizer computes about the frame before it looks at the code. future, inferred:
    the frame one gap later and the latent action that led there; None where the clip ends before.
    edges: of the future where it moves. chance: mean MSE of a few random latent actions' pictures
    over that of the frame, both to the future; None where there is none or nothing moves.
    """

    frame: np.ndarray
    scene: Any
    future: np.ndarray | None = None
    inferred: Codes | None = None
    edges: Edges | None = None
    chance: float | None = None

    @property
    def nbytes(self) -> int:
        """Memory of its pictures, its scene and its edges."""
        return sum(map(_bytes_of, (self.frame, self.scene, self.future, self.edges)))


class Compute(ModelThreads):
    """All model work, on two threads: visitors queue instead of trampling each other's cores.

    Long work comes in small pieces through `between`, which lets everybody else go first.

    Results are kept by (clip id, model, frame index, question), within `prediction_bytes`, and made
    on these threads alone. Frames are (h, w, 3) uint8 at the model's image size unless said
    otherwise; what is shown in Explore is at its shown size, where what does not move is as sharp
    as the clip. Where a method takes `native`, the frame as large as it is stored, it is called
    only for what is not known, and by whoever asks: decoding a clip must not hold up everybody
    else.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._results: Cache[Any] = Cache(limits.prediction_bytes, size=_bytes_of)
        self._waiting: dict[str, list[_Wish]] = {}
        self._waiting_lock = threading.Lock()

    def forget(self, clip_ids: Sequence[str]) -> None:
        """Drop every result about these clips."""
        self._results.drop(lambda key: key[0] in clip_ids)

    # Clips

    def press(
        self,
        loaded: Loaded,
        clip_id: str,
        ends: tuple[int, ...],
        codes: Codes | None,
        *,
        native: Callable[[int], np.ndarray],
        still: Callable[[np.ndarray], Codes],
    ) -> tuple[Moment, Codes, np.ndarray, float]:
        """All that a press shows, as one job of its thread: the frame's moment, the codes, the
        imagined next frame at the shown size, and the milliseconds its decoding took.

        ends: indices of the frame and, where there is one, of its future frame. codes: None for
        the inferred ones, or `still(frame)` where there are none.
        """
        place = (clip_id, loaded.view.name, ends[0])
        moment: Moment | None = self._results.get((*place, "moment"))
        action = codes
        if moment is not None:
            action = codes or moment.inferred
            result = self._results.get((*place, action))
            if result is not None:
                return moment, action, *result
        else:
            native = {index: native(index) for index in ends}.__getitem__

        def settle() -> tuple[Any, Codes, Hashable]:
            nonlocal moment, action
            moment = moment or self._moment(loaded, place, ends, native)
            if action is None:
                action = moment.inferred or still(
                    self.prepared(loaded, clip_id, ends[0], lambda: native(ends[0]))
                )
            return moment.scene, action, (*place, action)

        wish = _Wish(settle, quick=moment is not None)
        image, milliseconds = self._answer(loaded, wish)
        assert moment is not None and action is not None  # settled, as there is an answer
        return moment, action, image, milliseconds

    def swept(
        self,
        loaded: Loaded,
        clip_id: str,
        ends: tuple[int, ...],
        codes: Codes,
        position: int,
        *,
        native: Callable[[int], np.ndarray],
    ) -> Sweep:
        """Every value of one position on a clip's frame, at the shown size; ends as in `press`."""
        # The sweep is the same whatever code stood at its position.
        key = (clip_id, loaded.view.name, ends[0], *_with(codes, position, "every"))

        def make(moment: Moment) -> Sweep:
            return self.sweep(loaded, moment.scene, moment.frame, codes, position)

        return self._from_moment(loaded, key, ends, native, make)

    def shortened(
        self,
        loaded: Loaded,
        clip_id: str,
        ends: tuple[int, ...],
        codes: Codes,
        *,
        native: Callable[[int], np.ndarray],
    ) -> tuple[np.ndarray, ...]:
        """What the first 1, 2, … S codes of a latent action bring about on a clip's frame, at the
        shown size; ends as in `press`. Of a nested model."""
        key = (clip_id, loaded.view.name, ends[0], *codes, "shortened")

        def make(moment: Moment) -> tuple[np.ndarray, ...]:
            decode, row = loaded.quantizer.decode, np.array(codes)
            return tuple(decode(moment.scene, row[:many]) for many in range(1, len(row) + 1))

        return self._from_moment(loaded, key, ends, native, make)

    def _from_moment(
        self,
        loaded: Loaded,
        key: tuple[Hashable, ...],
        ends: tuple[int, ...],
        native: Callable[[int], np.ndarray],
        make: Callable[[Moment], Result],
    ) -> Result:
        """A kept result, or what is made of the moment of a clip's frame. key: clip, model and
        frame, then what else it hangs on."""
        place = (str(key[0]), str(key[1]), ends[0])

        def frames() -> Callable[[int], np.ndarray]:
            if (*place, "moment") in self._results:
                return native
            return {index: native(index) for index in ends}.__getitem__

        return self._part(
            key, frames, lambda native: make(self._moment(loaded, place, ends, native))
        )

    def along(
        self, loaded: Loaded, clip_id: str, gap: int, frames: Callable[[], np.ndarray]
    ) -> tuple[Codes, ...]:
        """The latent action of every frame of a clip that has a future, as `press` infers it.

        frames: () -> all of them as they are stored; gap: frames until the future.
        """

        def make() -> tuple[Codes, ...]:
            small = frames()
            size = TOGETHER + gap
            parts = (small[at : at + size] for at in range(0, len(small) - gap, TOGETHER))
            return tuple(codes for part in parts for codes in self.between(encoded, part))

        def encoded(part: np.ndarray) -> list[Codes]:
            ready = loaded.quantizer.resize(np.array(part))
            return list(map(_codes, loaded.quantizer.encode(ready[:-gap], ready[gap:])))

        found: tuple[Codes, ...] = self._results.get_or_make(
            (clip_id, loaded.view.name, "along"), make
        )
        return found

    def prepared(
        self, loaded: Loaded, clip_id: str, index: int, native: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """`resize` of a clip's frame."""
        key = (clip_id, loaded.view.name, index, "frame")
        return self._part(key, native, lambda frame: self.resize(loaded, frame))

    def prepared_many(
        self,
        loaded: Loaded,
        places: Sequence[tuple[str, int]],
        native: Callable[[str, int], np.ndarray],
    ) -> list[np.ndarray]:
        """`prepared` of frames (clip id, index), for long work that somebody looks at."""
        name = loaded.view.name
        found = {(clip, index): self.recall((clip, name, index, "frame")) for clip, index in places}
        # decoded before a thread is asked for
        new = {place: native(*place) for place, frame in found.items() if frame is None}

        def resize() -> None:
            for (clip, index), frame in new.items():
                found[clip, index] = self.resize(loaded, frame)
                self.keep((clip, name, index, "frame"), found[clip, index])

        if new:
            self.watched(resize)
        return [found[place] for place in places]

    def still(self, loaded: Loaded, clip_id: str, frame: np.ndarray) -> Codes:
        """The latent action where a clip's first frame follows itself."""
        key = (clip_id, loaded.view.name, 0, "still")
        return self._part(key, lambda: frame, lambda frame: self.encode(loaded, frame, frame))

    def recall(self, key: Hashable) -> Any:
        """What was kept by this key, which begins with a clip's id and a model's name; or None."""
        return self._results.get(key)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep what was made in pieces, to be recalled by this key."""
        self._results.keep(key, value)

    # Any picture

    def resize(self, loaded: Loaded, frame: np.ndarray, size: int | None = None) -> np.ndarray:
        """A frame of any size as the model sees it, or at another size."""
        # A copy, because kept frames are read-only and torch wants memory it may write.
        return self.run(lambda: loaded.quantizer.resize(np.array(frame), size=size))

    def encode(self, loaded: Loaded, frame: np.ndarray, future: np.ndarray) -> Codes:
        """The latent action between two frames."""
        return _codes(self.run(loaded.quantizer.encode, frame, future))

    def encoding(self, loaded: Loaded, frame: np.ndarray, future: np.ndarray) -> Encoding:
        """The latent action and the latent between two frames of any size."""

        def encode() -> Encoding:
            ends = self.resize(loaded, frame), self.resize(loaded, future)
            latent = np.asarray(loaded.quantizer.latent(*ends), np.float32)
            return Encoding(loaded.view.name, self.encode(loaded, *ends), latent)

        return self.run(encode)

    def decode(self, loaded: Loaded, frame: np.ndarray, codes: Codes) -> np.ndarray:
        """The imagined next frame of a frame of any size."""
        return self._answer(loaded, _Wish(lambda: (self.resize(loaded, frame), codes, None)))[0]

    def pictures(self, loaded: Loaded, scene: Any, codes: Sequence[Codes]) -> list[np.ndarray]:
        """The imagined next frames of one scene, one a latent action, in one batch."""

        def batch() -> list[np.ndarray]:
            scenes = loaded.quantizer.join([scene] * len(codes))
            return list(loaded.quantizer.decode(scenes, np.array(codes)))

        return self.run(batch)

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

    # Inside

    def _part(
        self, key: Hashable, needs: Callable[[], Needed], make: Callable[[Needed], Result]
    ) -> Result:
        """A kept result, or `make(needs())` on the thread."""
        result: Result | None = self._results.get(key)
        if result is None:
            needed = needs()
            result = self.run(lambda: self._results.get_or_make(key, lambda: make(needed)))
        return result

    def _moment(
        self,
        loaded: Loaded,
        place: tuple[str, str, int],
        ends: tuple[int, ...],
        native: Callable[[int], np.ndarray],
    ) -> Moment:
        """The moment of a clip's frame; called on the thread."""
        clip_id, name, _ = place
        size = loaded.view.shown_size

        def prepared(index: int) -> np.ndarray:
            return self.prepared(loaded, clip_id, index, lambda: native(index))

        def picture(index: int) -> np.ndarray:
            # kept by itself, too: this moment's future is a later moment's frame
            return self._part(
                (clip_id, name, index, "shown"),
                lambda: native(index),
                lambda frame: self.resize(loaded, frame, size),
            )

        def make() -> Moment:
            scene = loaded.quantizer.prepare(np.array(native(ends[0])), size=size)
            frame, *later = map(picture, ends)
            if not later:
                return Moment(frame, scene)
            future, inferred = later[0], self.encode(loaded, *map(prepared, ends))
            chance = _chance(loaded, scene, frame, future, inferred)
            return Moment(frame, scene, future, inferred, edges(frame, future), chance)

        moment: Moment = self._results.get_or_make((*place, "moment"), make)
        return moment

    def _answer(self, loaded: Loaded, wish: _Wish) -> tuple[np.ndarray, float]:
        """A picture, and the milliseconds that its decoding took.

        What waits for the thread when its turn comes is decoded as one batch: thirty presses at
        once take much less than thirty times one.
        """
        with self._waiting_lock:
            self._waiting.setdefault(loaded.view.name, []).append(wish)
        self.run(self._decode_waiting, loaded)
        return wish.result.result()

    def _decode_waiting(self, loaded: Loaded) -> None:
        """Answer the wishes that wait for a model, unless an earlier turn has done so.

        Of those that need more than decoding a few at a turn, so that nobody waits for all of them.
        """
        with self._waiting_lock:
            everybody = self._waiting.pop(loaded.view.name, [])
            slow = [wish for wish in everybody if not wish.quick]
            waiting = [wish for wish in everybody if wish.quick] + slow[:NEW]
            if slow[NEW:]:
                self._waiting[loaded.view.name] = slow[NEW:]
        # pictures of one size can be made together
        by_size: dict[tuple[int, ...], list[_Picture]] = {}
        for picture in self._unknown(waiting):
            by_size.setdefault(_size_of(picture.scene), []).append(picture)
        for pictures in by_size.values():
            while pictures:
                many = min(TOGETHER, 1 << (len(pictures).bit_length() - 1))
                self._decode(loaded.quantizer, pictures[:many])
                pictures = pictures[many:]

    def _unknown(self, waiting: list[_Wish]) -> list[_Picture]:
        """What is to be decoded, each picture once; wishes for what is kept are answered."""
        pictures: dict[Hashable, _Picture] = {}
        for wish in waiting:
            try:
                scene, codes, key = wish.settle()
            except Exception as error:
                wish.result.set_exception(error)
                continue
            result = None if key is None else self._results.get(key)
            if result is not None:
                wish.result.set_result(result)
            else:
                picture = _Picture(scene, np.array(codes), key)
                pictures.setdefault(key or id(wish), picture).wishes.append(wish)
        return list(pictures.values())

    def _decode(self, quantizer: Quantizer, batch: list[_Picture]) -> None:
        """Decode pictures together; what goes wrong, everybody who waits for them hears."""
        start = time.perf_counter()
        try:
            if len(batch) == 1:
                images = [quantizer.decode(batch[0].scene, batch[0].codes)]
            else:
                scenes = quantizer.join([picture.scene for picture in batch])
                images = list(quantizer.decode(scenes, np.stack([each.codes for each in batch])))
        except Exception as error:
            for wish in (wish for picture in batch for wish in picture.wishes):
                wish.result.set_exception(error)
            return
        milliseconds = 1000 * (time.perf_counter() - start)
        for picture, image in zip(batch, images, strict=True):
            if picture.key is not None:
                self._results.keep(picture.key, (image, milliseconds))
            for wish in picture.wishes:
                wish.result.set_result((image, milliseconds))


@dataclass(eq=False)
class _Wish:
    """Somebody waits for a picture.

    settle: () -> a frame or its scene, the codes, and the key that the picture is kept by (None: it
    is not); called on the thread. quick: whether next to nothing but decoding is left to do.
    """

    settle: Callable[[], tuple[Any, Codes, Hashable | None]]
    quick: bool = True
    result: Future[tuple[np.ndarray, float]] = field(default_factory=Future)


@dataclass(eq=False)
class _Picture:
    """What is to be decoded, and who waits for it."""

    scene: Any
    codes: np.ndarray
    key: Hashable | None
    wishes: list[_Wish] = field(default_factory=list)


def _chance(
    loaded: Loaded, scene: Any, frame: np.ndarray, future: np.ndarray, inferred: Codes
) -> float | None:
    """The mean ratio of random latent actions (`Moment.chance`), the same at every call."""
    size, length = loaded.view.codebook_size, loaded.view.code_length
    rows = np.random.default_rng(0).integers(size, size=(4 * DRAWS, length)).tolist()
    # the true one is no random one; with one code of eight it would often be among them
    others = [codes for codes in dict.fromkeys(map(tuple, rows)) if codes != inferred][:DRAWS]
    if not others or compare(frame, frame, future).mse_ratio is None:
        return None
    scenes = loaded.quantizer.join([scene] * len(others))
    images = loaded.quantizer.decode(scenes, np.array(others))
    return float(np.mean([compare(image, frame, future).mse_ratio for image in images]))


def _size_of(scene: Any) -> tuple[int, ...]:
    """The shape of a scene's pictures, or of a frame."""
    return tuple(getattr(scene, "frame", scene).shape)


def _codes(codes: np.ndarray) -> Codes:
    return tuple(map(int, codes))


def _with(codes: Codes, position: int, code: Value) -> tuple[int | Value, ...]:
    return (*codes[:position], code, *codes[position + 1 :])


def _bytes_of(value: Any) -> int:
    """Memory of a kept result: arrays and tensors, alone or inside tuples and sweeps."""
    if isinstance(value, Sweep):
        return sum(image.nbytes for image in value.images)
    if isinstance(value, tuple):
        return sum(_bytes_of(each) for each in value)
    return getattr(value, "nbytes", 64)
