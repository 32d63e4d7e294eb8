"""Transfer: the latent action of one frame pair, done on frames of every other embodiment.

What the motions are and how near they come is lapa's; here it is decided which frames are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.clips.gallery import Gallery
from app.core.checkpoints import Checkpoints, Loaded
from app.core.codes import is_whole
from app.core.compare import gap_in_frames, no_future
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.interleave import Turns
from app.core.limits import UserError
from app.core.views import Clip, Model, nobody
from app.tabs.transfer import words as say
from app.tabs.transfer.measured import MeasuredTransfer
from app.tabs.transfer.sentences import Found, told
from app.tabs.transfer.views import (
    Carried,
    CarriedRow,
    KnownPair,
    Moving,
    TransferCell,
    TransferExample,
    TransferMatrix,
)

if TYPE_CHECKING:
    from lapa.transfer.pairs import KnownPairs

MOST_STEPS, NEAREST, MOST_NAMED = 8, 3, 6
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
    """The pair that a latent action comes from. there: its first frame, with its motion."""

    clip: Clip
    there: Moving
    future: np.ndarray
    codes: np.ndarray


class _Done(NamedTuple):
    """What a latent action does to a frame: the imagined one, (h, w, 3) uint8, where that moves
    from the frame and what lies there, (2,) pixels each, and the codes read back from both."""

    imagined: np.ndarray
    vector: np.ndarray
    centre: np.ndarray
    returned: np.ndarray


Gains = Callable[[Turns, _Source, np.ndarray], np.ndarray]


class Transfer:
    """What the tab Transfer and the endpoint /transfer can do."""

    def __init__(
        self, clips: Gallery, checkpoints: Checkpoints, compute: Compute, frames: Frames
    ) -> None:
        self._clips, self._checkpoints = clips, checkpoints
        self._compute, self._frames = compute, frames
        self._measured = MeasuredTransfer(checkpoints)
        # frames of a piece that was quick enough when a model was last asked
        self._sizes: dict[str, int] = {}

    def carry(
        self,
        model: str,
        pair: Pair,
        steps: int = 1,
        onto: Mapping[str, tuple[str, int]] | None = None,
        session: str | None = None,
        *,
        most: int | None = None,
    ) -> Carried:
        """Do a pair's latent action on a frame of every other embodiment, `steps` times over.

        onto: embodiment -> (clip, frame), where another frame than the usual one is wanted. most:
        only so many embodiments, to be shown while the others are waited for; nothing is then said
        of them, and their leak is not measured.

        Raises:
            UserError: a pair without a future, steps out of range, a frame of another embodiment.
        """
        if not is_whole(steps) or not 1 <= steps <= MOST_STEPS:
            raise UserError(say.STEPS.format(most_steps=MOST_STEPS, steps=steps))
        loaded = self._checkpoints.usable(model)
        turns = self._turns(loaded)
        source = self._source(loaded, turns, pair, session)
        targets = self._targets(loaded.view, source.clip, onto or {}, session)
        targets = dict(list(targets.items())[:most])
        gains = self._gains if most is None else _no_gains
        rows = self._rows(loaded, turns, source, targets, int(steps), gains)
        self._sizes[model] = turns.size
        gain = float(np.mean([row.gain for row in rows])) if rows else np.nan
        embodiment = "" if source.clip.uploaded else source.clip.embodiment
        found = Found(source.there, rows, gain, loaded.view, embodiment, int(steps))
        return Carried(
            model=model,
            embodiment=embodiment,
            codes=tuple(map(int, source.codes)),
            frame=source.there,
            future=source.future,
            aspect=source.clip.aspect,
            rows=tuple(rows),
            gain=gain,
            sentence=told(found) if most is None else "",
        )

    def nearest(
        self, model: str, pair: Pair, session: str | None = None
    ) -> dict[str, tuple[KnownPair, ...]]:
        """Real pairs of every embodiment whose codes are the nearest, up to NEAREST of each."""
        loaded = self._checkpoints.usable(model)
        known = self._measured.pairs(loaded.view)
        if known is None:
            return {}
        turns = self._turns(loaded)
        source = self._source(loaded, turns, pair, session)
        latent = turns.latent(source.there.image[None], source.future[None])[0]
        return {
            name: self._known(loaded, known, name, source, latent)
            for name in self._clips.embodiments(loaded.view)
        }

    def usual(self, embodiment: str, apart_from: str = "") -> tuple[str, int]:
        """The frame that a latent action is done on where no other is wanted: (clip, frame), a
        third into the first clip that is not `apart_from`."""
        clips = self._clips.all(embodiment)
        clip = next((each for each in clips if each.id != apart_from), clips[0])
        return clip.id, clip.frames // 3

    def matrix(self, model: str) -> TransferMatrix | None:
        """What was measured before on all held-out clips; None where nothing was."""
        return self._measured.matrix(self._checkpoints.usable(model).view)

    def elsewhere(self, matrix: TransferMatrix) -> str:
        """One sentence where the robots of a matrix are not all among the clips, else empty."""
        missing = sorted(set(matrix.embodiments) - set(self._clips.embodiments()))
        if not missing:
            return ""
        told = ", ".join(missing[:MOST_NAMED]) + (" and others" if missing[MOST_NAMED:] else "")
        return say.UNKNOWN.format(told=told)

    def cell(self, model: str, source: str, target: str) -> TransferCell:
        """One cell of the matrix."""
        matrix = self.matrix(model)
        for cell in matrix.cells if matrix else ():
            if (cell.source, cell.target) == (source, target):
                return cell
        raise UserError(say.NOT_MEASURED.format(source=source[:60], target=target[:60]))

    def examples(self, model: str, told: Sequence[Mapping[str, Any]]) -> list[TransferExample]:
        """Examples of a cell in pictures; those of clips that are not here are left out."""
        loaded = self._checkpoints.usable(model)
        found = []
        for each in told:
            here = self._has_pair(loaded.view, each["clip"], each["index"])
            if not here or not self._has_frame(each["onto"], each["at"]):
                continue
            clip = self._clips.get(each["clip"])
            gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
            frame = self._frames.prepared(loaded, each["clip"], each["index"])
            future = self._frames.prepared(loaded, each["clip"], each["index"] + gap)
            target = self._frames.prepared(loaded, each["onto"], each["at"])
            codes = tuple(each["codes"])
            imagined = self._compute.decode(loaded, target, codes)
            found.append(
                TransferExample(
                    clip_id=each["clip"],
                    index=each["index"],
                    onto=each["onto"],
                    at=each["at"],
                    codes=codes,
                    cosine=each["cosine"],
                    frame=_moving(frame, future),
                    future=future,
                    target=_moving(target, imagined),
                    imagined=imagined,
                )
            )
        return found

    # Inside

    def _turns(self, loaded: Loaded) -> Turns:
        size = self._sizes.get(loaded.view.name, 1)
        return Turns(loaded.quantizer, self._compute, watched=True, size=size)

    def _source(self, loaded: Loaded, turns: Turns, pair: Pair, session: str | None) -> _Source:
        if pair.pictures is not None:
            clip = nobody(pair.pictures[0])
            frame, future = (self._compute.resize(loaded, each) for each in pair.pictures)
            return _Source(clip, *_inferred(turns, frame, future))
        clip, other, end = self._clips.at(pair.clip_id, pair.index, session), pair.other, 0
        if other is None:
            other, end = pair.clip_id, pair.index + gap_in_frames(loaded.view.gap_seconds, clip.fps)
            if end >= clip.frames:
                raise UserError(no_future(clip, loaded.view).replace("compare with", "learn from"))
        places = [(pair.clip_id, pair.index), (other, end)]
        frame, future = self._frames.prepared_many(loaded, places, session)
        key = (pair.clip_id, loaded.view.name, pair.index, other, end, "pair")
        found = self._compute.recall(key)
        if found is None:
            found = _inferred(turns, frame, future)
            self._compute.keep(key, found)
        return _Source(clip, *found)

    def _targets(
        self,
        model: Model,
        clip: Clip,
        onto: Mapping[str, tuple[str, int]],
        session: str | None,
    ) -> dict[str, tuple[str, int]]:
        """A frame of each embodiment that the model knows, the source's own (in another clip)
        first."""
        known = self._clips.embodiments(model)
        names = sorted(known, key=lambda name: name != clip.embodiment)
        for name, (clip_id, _) in onto.items():
            if name not in names:
                raise UserError(say.NO_EMBODIMENT.format(name=name[:60]))
            if self._clips.get(clip_id, session).embodiment != name:
                raise UserError(say.OTHER_EMBODIMENT.format(clip_id=clip_id[:60], name=name))
        return {name: onto.get(name) or self.usual(name, clip.id) for name in names}

    def _rows(
        self,
        loaded: Loaded,
        turns: Turns,
        source: _Source,
        targets: Mapping[str, tuple[str, int]],
        steps: int,
        gains: Gains,
    ) -> list[CarriedRow]:
        if not targets:
            return []
        from lapa.checkup.measures.transfer import cosines
        from lapa.evaluation.flow import LEAST, moved

        side = loaded.view.image_size
        frames = np.stack(self._frames.prepared_many(loaded, list(targets.values())))
        done = self._done(loaded, turns, list(targets.values()), frames, source.codes)
        images = [np.stack([each.imagined for each in done])]
        vectors, centres = (np.stack([each[at] for each in done]) for at in (1, 2))
        if steps > 1:
            codes = np.repeat(source.codes[None], len(frames), 0)
            for _ in range(steps - 1):
                images.append(turns.decode(images[-1], codes))
            # what all steps together bring
            motion = moved(frames, images[-1])
            vectors, centres = motion.vector, motion.centre
        asked = np.repeat(source.there.vector[None] * side, len(frames), 0)
        cosine = cosines(vectors, asked, LEAST * side)
        gained = gains(turns, source, frames)
        still = np.linalg.norm(vectors, axis=1) < LEAST * side
        return [
            CarriedRow(
                embodiment=name,
                clip_id=clip_id,
                index=index,
                aspect=self._clips.get(clip_id).aspect,
                frame=Moving(frames[at], vectors[at] / side, centres[at] / side),
                images=tuple(step[at] for step in images),
                cosine=float(cosine[at]),
                verdict=verdict(float(cosine[at]), still=bool(still[at])),
                returned=tuple(map(int, done[at].returned)),
                gain=float(gained[at]),
            )
            for at, (name, (clip_id, index)) in enumerate(targets.items())
        ]

    def _done(
        self,
        loaded: Loaded,
        turns: Turns,
        targets: Sequence[tuple[str, int]],
        frames: np.ndarray,
        codes: np.ndarray,
    ) -> list[_Done]:
        """What a latent action does to each of the targets' frames, whoever it came from: many
        pairs have the same, and whoever looks at one asks for its rows again."""
        from lapa.evaluation.flow import moved

        name, action = loaded.view.name, tuple(map(int, codes))
        keys = [(clip_id, name, index, *action, "done") for clip_id, index in targets]
        done = {key: self._compute.recall(key) for key in keys}
        new = [at for at, key in enumerate(keys) if done[key] is None]
        if new:
            here = frames[new]
            imagined = turns.decode(here, np.repeat(codes[None], len(new), 0))
            returned, motion = turns.encode(here, imagined), moved(here, imagined)
            made = zip(imagined, motion.vector, motion.centre, returned, strict=True)
            for at, parts in zip(new, made, strict=True):
                # a part of a batch would keep all of it
                done[keys[at]] = _Done(*(part.copy() for part in parts))
                self._compute.keep(keys[at], done[keys[at]])
        return [done[key] for key in keys]

    def _gains(self, turns: Turns, source: _Source, frames: np.ndarray) -> np.ndarray:
        """Appearance leak: dB won on each of the frames (B, h, w, 3), offered as the future."""
        from lapa.evaluation.table import psnr, squared_error

        here = np.repeat(source.there.image[None], len(frames), 0)
        codes, each = np.unique(turns.encode(here, frames), axis=0, return_inverse=True)
        imagined = turns.decode(here[:1], codes)[each.reshape(-1)]
        reached, copied = squared_error(imagined, frames), squared_error(here, frames)
        gained: np.ndarray = psnr(reached) - psnr(copied)
        return gained

    def _known(
        self,
        loaded: Loaded,
        known: KnownPairs,
        embodiment: str,
        source: _Source,
        latent: np.ndarray,
    ) -> tuple[KnownPair, ...]:
        from lapa.checkup.measures.transfer import cosines
        from lapa.evaluation.flow import LEAST

        rows: list[int] = []
        for row in known.nearest(embodiment, source.codes, latent, len(known.clips)):
            clip_id = known.clips[known.clip[row]]
            here = self._has_pair(loaded.view, clip_id, int(known.index[row]))
            if here and clip_id != source.clip.id and len(rows) < NEAREST:
                rows.append(row)
        found = []
        for row, differ in zip(
            rows, known.differing(np.array(rows, np.int64), source.codes), strict=True
        ):
            clip_id, index = known.clips[known.clip[row]], int(known.index[row])
            gap = gap_in_frames(loaded.view.gap_seconds, self._clips.get(clip_id).fps)
            vector = known.motion[row].astype(np.float64)
            frame = self._frames.prepared(loaded, clip_id, index)
            found.append(
                KnownPair(
                    clip_id=clip_id,
                    index=index,
                    codes=tuple(map(int, known.codes[row])),
                    differ=int(differ),
                    cosine=float(cosines(vector[None], source.there.vector[None], LEAST)[0]),
                    frame=Moving(frame, vector, known.centre[row].astype(np.float64)),
                    future=self._frames.prepared(loaded, clip_id, index + gap),
                )
            )
        return tuple(found)

    def _has_pair(self, model: Model, clip_id: str, index: int) -> bool:
        """Whether this frame pair is among the shipped clips; a model may know others."""
        clip = next((each for each in self._clips.all() if each.id == clip_id), None)
        end = index + gap_in_frames(model.gap_seconds, clip.fps) if clip else 0
        return clip is not None and index >= 0 and end < clip.frames

    def _has_frame(self, clip_id: str, index: int) -> bool:
        return any(each.id == clip_id and 0 <= index < each.frames for each in self._clips.all())


def _inferred(
    turns: Turns, frame: np.ndarray, future: np.ndarray
) -> tuple[Moving, np.ndarray, np.ndarray]:
    """The frame with its motion, the future, and the codes (S,) between them."""
    return _moving(frame, future), future, turns.encode(frame[None], future[None])[0]


def _moving(frame: np.ndarray, future: np.ndarray) -> Moving:
    from lapa.evaluation.flow import moved

    found = moved(frame[None], future[None])
    side = len(frame)
    return Moving(frame, found.vector[0] / side, found.centre[0] / side)


def _no_gains(turns: Turns, source: _Source, frames: np.ndarray) -> np.ndarray:
    return np.full(len(frames), np.nan)


def verdict(cosine: float, *, still: bool) -> str:
    """same (within 60°), aside, opposite, or still where nothing comes to move."""
    if still:
        return "still"
    return "same" if cosine >= ALONG else "opposite" if cosine <= -ALONG else "aside"
