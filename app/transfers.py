"""Transfer: the latent action of one frame pair, done on frames of every other embodiment.

What the motions are and how near they come is lapa's (the `carrying` of app/service.py); here it
is decided which frames are shown, and what the figures say in words.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.checkpoints import Checkpoints, Loaded
from app.codes import is_whole
from app.compare import gap_frames, no_future
from app.compute import Compute
from app.gallery import Gallery
from app.limits import UserError
from app.measured_transfer import MeasuredTransfer
from app.rollouts import nobody
from app.transfer_words import told
from app.turns import Turns
from app.views import (
    Carried,
    CarriedRow,
    Clip,
    KnownPair,
    Model,
    Moving,
    TransferCell,
    TransferExample,
    TransferMatrix,
)

MOST_STEPS, NEAREST = 8, 3
# within 60° of each other
ALONG = 0.5


@dataclass(frozen=True)
class Pair:
    """Where a latent action comes from: frame `index` of a clip and the frame one gap later, or
    the first frames of two uploads (`other` is the second), or two pictures that are kept nowhere,
    (H, W, 3) uint8."""

    clip_id: str
    index: int = 0
    other: str | None = None
    pictures: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True, eq=False)
class _Source:
    clip: Clip
    frame: np.ndarray
    future: np.ndarray
    codes: np.ndarray
    latent: np.ndarray


class Transfers:
    """What the tab Transfer and the endpoint /transfer can do.

    carrying: lapa's part, as `app.service.Carrying`.
    """

    def __init__(
        self, explorer: Gallery, checkpoints: Checkpoints, compute: Compute, carrying: Any
    ) -> None:
        self._explorer, self._checkpoints, self._compute = explorer, checkpoints, compute
        self._lapa = carrying
        self._measured = MeasuredTransfer(checkpoints, carrying)

    def carry(
        self,
        model: str,
        pair: Pair,
        steps: int = 1,
        onto: Mapping[str, tuple[str, int]] | None = None,
        session: str | None = None,
    ) -> Carried:
        """Do a pair's latent action on a frame of every other embodiment, `steps` times over.

        onto: embodiment -> (clip, frame), where another frame than the usual one is wanted.

        Raises:
            UserError: a pair without a future, steps out of range, a frame of another embodiment.
        """
        if not is_whole(steps) or not 1 <= steps <= MOST_STEPS:
            raise UserError(f"Steps must be 1 to {MOST_STEPS}; {steps!s:.20} came.")
        loaded = self._usable(model)
        turns = Turns(loaded.quantizer, self._compute, threading.Event())
        source = self._source(loaded, turns, pair, session)
        targets = self._targets(loaded.view, source.clip, onto or {}, session)
        there = self._moving(source.frame, source.future)
        rows = self._rows(loaded, turns, source, there, targets, int(steps))
        gain = float(np.mean([row.gain for row in rows])) if rows else np.nan
        return Carried(
            model=model,
            embodiment="" if source.clip.uploaded else source.clip.embodiment,
            codes=tuple(map(int, source.codes)),
            frame=there,
            future=source.future,
            aspect=source.clip.aspect,
            rows=tuple(rows),
            gain=gain,
            sentence=told(there, rows, gain, loaded.view),
        )

    def nearest(
        self, model: str, pair: Pair, session: str | None = None
    ) -> dict[str, tuple[KnownPair, ...]]:
        """Real pairs of every embodiment whose codes are the nearest, up to NEAREST of each."""
        loaded = self._usable(model)
        known = self._measured.pairs(loaded.view)
        if known is None:
            return {}
        turns = Turns(loaded.quantizer, self._compute, threading.Event())
        source = self._source(loaded, turns, pair, session)
        there = self._moving(source.frame, source.future).vector
        return {
            name: self._known(loaded, known, name, source, there)
            for name in self._explorer.embodiments(loaded.view)
        }

    def usual(self, embodiment: str, apart_from: str = "") -> tuple[str, int]:
        """The frame that a latent action is done on where no other is wanted: (clip, frame), a
        third into the first clip that is not `apart_from`."""
        clips = self._explorer.clips(embodiment)
        clip = next((each for each in clips if each.id != apart_from), clips[0])
        return clip.id, clip.frames // 3

    def matrix(self, model: str) -> TransferMatrix | None:
        """What was measured before on all held-out clips; None where nothing was."""
        return self._measured.matrix(self._usable(model).view)

    def cell(self, model: str, source: str, target: str) -> TransferCell:
        """One cell of the matrix."""
        matrix = self.matrix(model)
        for cell in matrix.cells if matrix else ():
            if (cell.source, cell.target) == (source, target):
                return cell
        raise UserError(f"Nothing was measured from {source[:60]} to {target[:60]}.")

    def examples(self, model: str, told: Sequence[Mapping[str, Any]]) -> list[TransferExample]:
        """Examples of a cell in pictures."""
        loaded = self._usable(model)
        found = []
        for each in told:
            clip = self._explorer.clip(each["clip"])
            gap = gap_frames(loaded.view.gap_seconds, clip.fps)
            frame = self._prepared(loaded, each["clip"], each["index"])
            future = self._prepared(loaded, each["clip"], each["index"] + gap)
            target = self._prepared(loaded, each["onto"], each["at"])
            codes = tuple(each["codes"])
            imagined, _ = self._compute.decode(loaded, target, codes)
            found.append(
                TransferExample(
                    clip_id=each["clip"],
                    index=each["index"],
                    onto=each["onto"],
                    at=each["at"],
                    codes=codes,
                    cosine=each["cosine"],
                    frame=self._moving(frame, future),
                    future=future,
                    target=self._moving(target, imagined),
                    imagined=imagined,
                )
            )
        return found

    # Inside

    def _usable(self, name: str) -> Loaded:
        loaded = self._checkpoints.get(name)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        return loaded

    def _prepared(
        self, loaded: Loaded, clip_id: str, index: int, session: str | None = None
    ) -> np.ndarray:
        self._explorer.check_frame(self._explorer.clip(clip_id, session), index)
        return self._compute.prepared(
            loaded, clip_id, int(index), lambda: self._explorer.frame(clip_id, index, session)
        )

    def _source(self, loaded: Loaded, turns: Turns, pair: Pair, session: str | None) -> _Source:
        if pair.pictures is not None:
            clip = nobody(pair.pictures[0])
            frame, future = (self._compute.resize(loaded, each) for each in pair.pictures)
            return self._inferred(turns, clip, frame, future)
        clip = self._explorer.clip(pair.clip_id, session)
        frame = self._prepared(loaded, pair.clip_id, pair.index, session)
        if pair.other is not None:
            future = self._prepared(loaded, pair.other, 0, session)
        else:
            end = pair.index + gap_frames(loaded.view.gap_seconds, clip.fps)
            if end >= clip.frames:
                raise UserError(no_future(clip, loaded.view).replace("compare with", "learn from"))
            future = self._prepared(loaded, pair.clip_id, end, session)
        return self._inferred(turns, clip, frame, future)

    def _inferred(self, turns: Turns, clip: Clip, frame: np.ndarray, future: np.ndarray) -> _Source:
        codes = turns.encode(frame[None], future[None])
        latent = turns.latent(frame[None], future[None])
        return _Source(clip, frame, future, codes[0], latent[0])

    def _targets(
        self,
        model: Model,
        clip: Clip,
        onto: Mapping[str, tuple[str, int]],
        session: str | None,
    ) -> dict[str, tuple[str, int]]:
        """A frame of each embodiment that the model knows, the source's own (in another clip)
        first."""
        known = self._explorer.embodiments(model)
        names = sorted(known, key=lambda name: name != clip.embodiment)
        for name, (clip_id, _) in onto.items():
            if name not in names:
                raise UserError(f"There is no embodiment {name[:60]!r} to do it on.")
            if self._explorer.clip(clip_id, session).embodiment != name:
                raise UserError(f"The clip {clip_id[:60]} does not show {name}.")
        return {name: onto.get(name) or self.usual(name, clip.id) for name in names}

    def _rows(
        self,
        loaded: Loaded,
        turns: Turns,
        source: _Source,
        there: Moving,
        targets: Mapping[str, tuple[str, int]],
        steps: int,
    ) -> list[CarriedRow]:
        if not targets:
            return []
        side = loaded.view.image_size
        frames = np.stack([self._prepared(loaded, *where) for where in targets.values()])
        codes = np.repeat(source.codes[None], len(frames), 0)
        asked = np.repeat(there.vector[None] * side, len(frames), 0)
        found = self._lapa.carry(turns, frames, codes, asked)
        images = [found.imagined]
        for _ in range(steps - 1):
            images.append(turns.decode(images[-1], codes))
        gains = self._gains(turns, source, frames)
        still = np.linalg.norm(found.motion.vector, axis=1) < self._lapa.least(side)
        rows = []
        for at, (name, (clip_id, index)) in enumerate(targets.items()):
            cosine = float(found.cosine[at])
            shown = Moving(
                frames[at], found.motion.vector[at] / side, found.motion.centre[at] / side
            )
            rows.append(
                CarriedRow(
                    embodiment=name,
                    clip_id=clip_id,
                    index=index,
                    aspect=self._explorer.clip(clip_id).aspect,
                    frame=shown,
                    images=tuple(step[at] for step in images),
                    cosine=cosine,
                    verdict=verdict(cosine, still=bool(still[at])),
                    returned=tuple(map(int, found.returned[at])),
                    gain=float(gains[at]),
                )
            )
        return rows

    def _gains(self, turns: Turns, source: _Source, frames: np.ndarray) -> np.ndarray:
        """Appearance leak: dB won on each of the frames (B, h, w, 3), offered as the future."""
        here = np.repeat(source.frame[None], len(frames), 0)
        imagined = turns.decode(here, turns.encode(here, frames))
        return self._lapa.gain(imagined, here, frames)

    def _known(
        self, loaded: Loaded, known: Any, embodiment: str, source: _Source, there: np.ndarray
    ) -> tuple[KnownPair, ...]:
        rows = known.nearest(embodiment, source.codes, source.latent, NEAREST + 1)
        rows = [row for row in rows if known.clips[known.clip[row]] != source.clip.id][:NEAREST]
        found = []
        for row, differ in zip(rows, known.differing(np.array(rows), source.codes), strict=True):
            clip_id, index = known.clips[known.clip[row]], int(known.index[row])
            gap = gap_frames(loaded.view.gap_seconds, self._explorer.clip(clip_id).fps)
            vector = known.motion[row].astype(np.float64)
            frame = self._prepared(loaded, clip_id, index)
            found.append(
                KnownPair(
                    clip_id=clip_id,
                    index=index,
                    codes=tuple(map(int, known.codes[row])),
                    differ=int(differ),
                    cosine=self._lapa.cosine(vector, there),
                    frame=Moving(frame, vector, known.centre[row].astype(np.float64)),
                    future=self._prepared(loaded, clip_id, index + gap),
                )
            )
        return tuple(found)

    def _moving(self, frame: np.ndarray, future: np.ndarray) -> Moving:
        found = self._compute.run(self._lapa.moved, frame, future)
        side = len(frame)
        return Moving(frame, found.vector[0] / side, found.centre[0] / side)


def verdict(cosine: float, *, still: bool) -> str:
    """same (within 60°), aside, opposite, or still where nothing comes to move."""
    if still:
        return "still"
    return "same" if cosine >= ALONG else "opposite" if cosine <= -ALONG else "aside"
