"""Frame pairs on which the lessons show something, and what a quantizer makes of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.clips.gallery import Footage, Gallery
from app.core.cache import Cache
from app.core.checkpoints import Checkpoints, Loaded
from app.core.compare import gap_in_frames, mean_change
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.learn import words as say
from app.tabs.learn.views import Codes, Guess, Pair, Swap

# the tabletop's actions are metres in a tenth of a second: x towards the viewer, y to the right
TABLETOP = ("tabletop", "tabletop_real")
# a car's: shares of all that wheel and pedals have, steering from −1, left, to 1
PEDALS = ("steering", "gas", "brake")
# clips that a question's pair is chosen from, one a robot; each costs a sweep or more
CANDIDATES = 5
MOST_PAIRS = 6
# every such pixel is looked at to find where a clip moves most
SPARSE = 8


Command = Mapping[str, float]


class Examples:
    """Pairs by the name of the model that they are about and a number."""

    def __init__(
        self, clips: Gallery, checkpoints: Checkpoints, compute: Compute, frames: Frames
    ) -> None:
        self._clips, self._checkpoints = clips, checkpoints
        self._compute, self._frames = compute, frames
        self._moving: Cache[tuple[int, Command | None]] = Cache(200, size=lambda _: 1)
        self._guesses: Cache[Guess] = Cache(10, size=lambda _: 1)
        self._swaps: Cache[Swap] = Cache(10, size=lambda _: 1)

    def usable(self, model: str) -> Loaded:
        """The quantizer of a lesson; UserError, in a sentence of the lessons, if it is not here."""
        if model not in self._checkpoints.names():
            raise UserError(say.NO_MODEL.format(model=model))
        return self._checkpoints.usable(model)

    def clips(self, model: str, turn: int = 0) -> list[Clip]:
        """One clip of each embodiment that a model knows, of up to MOST_PAIRS; turn: the how
        manieth of each."""
        view = self.usable(model).view
        found = []
        for name in self._clips.embodiments(view):
            own = self._clips.all(name)
            found.append(own[turn % len(own)])
        if not found:
            raise UserError(say.NO_CLIP.format(model=model))
        return found[:MOST_PAIRS]

    def pair(self, model: str, number: int) -> Pair:
        """The pair of one of `clips` where most moves."""
        clips = self.clips(model)
        return self.pair_of(model, clips[number % len(clips)])

    def pair_of(self, model: str, clip: Clip, index: int | None = None) -> Pair:
        """A pair of a clip and what the model makes of it; index: None for where most moves."""
        loaded = self.usable(model)
        index, command = self._most_moving(loaded, clip) if index is None else (index, None)
        ends = self._ends(loaded, clip, index)
        codes, frame, future, image = self._press(loaded, clip, ends, None)
        found = self._compute.encoding(
            loaded, *(self._frames.prepared(loaded, clip.id, end) for end in ends)
        )
        return Pair(
            clip.id, index, clip.embodiment, clip.instruction, frame, future, found.latent, codes,
            image, loaded.view.gap_seconds, clip.aspect, command,
        )  # fmt: skip

    def imagine(
        self, model: str, clip_id: str, index: int, codes: Codes
    ) -> tuple[np.ndarray, np.ndarray]:
        """The frame of a pair, and what other codes imagine from it."""
        loaded, clip = self.usable(model), self._clips.get(clip_id)
        _, frame, _, image = self._press(loaded, clip, self._ends(loaded, clip, index), codes)
        return frame, image

    def guess(self, model: str) -> Guess:
        """A pair whose code can be told from what the codes imagine."""
        return self._guesses.get_or_make(model, lambda: self._make_guess(model))

    def swap(self, model: str) -> Swap:
        """A pair, and how much its picture hangs on each position."""
        return self._swaps.get_or_make(model, lambda: self._make_swap(model))

    # Inside

    def _press(
        self, loaded: Loaded, clip: Clip, ends: tuple[int, int], codes: Codes | None
    ) -> tuple[Codes, np.ndarray, np.ndarray, np.ndarray]:
        """Codes, frame, future and what is imagined, at the shown size."""
        moment, codes, image, _ = self._compute.press(
            loaded, clip.id, ends, codes,
            native=lambda at: self._clips.frame(clip.id, at),
            still=lambda frame: self._frames.still(loaded, clip.embodiment, frame),
        )  # fmt: skip
        assert moment.future is not None  # as ends are both within the clip
        return codes, moment.frame, moment.future, image

    def _ends(self, loaded: Loaded, clip: Clip, index: int) -> tuple[int, int]:
        return index, index + gap_in_frames(loaded.view.gap_seconds, clip.fps)

    def _most_moving(self, loaded: Loaded, clip: Clip) -> tuple[int, Command | None]:
        """Where the pair begins between whose frames most moves, and what was commanded there."""
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)

        def find() -> tuple[int, Command | None]:
            footage = self._clips.footage(clip.id)
            small = np.asarray(footage.frames)[:, ::SPARSE, ::SPARSE].astype(np.int16)
            if len(small) <= gap:
                raise UserError(say.CLIP_SHORT.format(clip=clip.id[:60]))
            index = int(np.abs(small[gap:] - small[:-gap]).mean((1, 2, 3)).argmax())
            return index, _command(footage, index, gap)

        return self._moving.get_or_make((clip.id, gap), find)

    def _swept(self, model: str, pair: Pair, position: int) -> tuple[np.ndarray, ...]:
        loaded, clip = self.usable(model), self._clips.get(pair.clip_id)
        return self._compute.swept(
            loaded, clip.id, self._ends(loaded, clip, pair.index), pair.codes, position,
            native=lambda at: self._clips.frame(clip.id, at),
        ).images  # fmt: skip

    def _make_guess(self, model: str) -> Guess:
        """Of the clips that no step shows, the pair whose own code comes nearest to the future by
        the widest margin."""
        best: tuple[float, Guess] | None = None
        for clip in self.clips(model, turn=1)[:CANDIDATES]:
            pair = self.pair_of(model, clip)
            images = self._swept(model, pair, 0)
            error = [float(np.square(image.astype(float) - pair.future).mean()) for image in images]
            own = pair.codes[0]
            wrong = [code for code in range(len(images)) if code != own]
            ranked = sorted(wrong, key=error.__getitem__)
            margin = error[ranked[0]] / max(error[own], 1e-9)
            # the nearest wrong one and others that are farther and farther away
            options = sorted([own, *ranked[:: max(1, len(ranked) // 3)][:3]])
            if best is None or margin > best[0]:
                shown = tuple(images[code] for code in options)
                best = margin, Guess(pair, tuple(options), shown, margin > 1)
        assert best is not None  # there is at least one clip
        return best[1]

    def _make_swap(self, model: str) -> Swap:
        pair = self.pair_of(model, self.clips(model, turn=1)[0])
        changes = []
        for position, own in enumerate(pair.codes):
            images = self._swept(model, pair, position)
            others = [mean_change(i, images[own]) for k, i in enumerate(images) if k != own]
            changes.append(float(np.mean(others)))
        return Swap(pair, tuple(changes))


def _command(footage: Footage, index: int, gap: int) -> Command | None:
    """What was told between two frames, as `views.Pair` has it; None if unknown."""
    if footage.actions is None:
        return None
    told, names = footage.actions[index : index + gap], footage.action_names
    if set(PEDALS) <= set(names):
        return {name: float(told[:, names.index(name)].mean()) for name in PEDALS}
    if footage.clip.source not in TABLETOP or names[:2] != ("x", "y"):
        return None
    towards, right = told[:, :2].sum(0)
    return {"right": float(right), "up": -float(towards)}
