"""Dreams of all visitors: begun, stepped, branched, played; the decoder fed its own pictures.

A press is done at once, as on Explore; what plays by itself takes a step at a time between the
presses of everybody else, so no dream holds up the page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.clips.gallery import Gallery
from app.core.checkpoints import Checkpoints, Loaded
from app.core.codes import parse_codes
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import Limits, SequenceProblem, UserError
from app.core.names import is_still, names_of
from app.core.queue import Players
from app.core.trust import Grounds, begin_world
from app.core.views import Clip, Model, Queued
from app.tabs.imagine import words as say
from app.tabs.imagine.dream import Codes, Dream
from app.tabs.imagine.dream_store import Worlds
from app.tabs.imagine.keys import Driving
from app.tabs.imagine.replay import Replays
from app.tabs.imagine.rollout import Rollout, roll_out
from app.tabs.imagine.saved import Keepsake, Saved, read_dream
from app.tabs.imagine.views import DreamKey, DreamStep

if TYPE_CHECKING:
    from lapa.imagine.replay import ReplayStep

RATES, HORIZONS = (1.0, 30.0), (1, 512)
WAIT_SECONDS = 0.5
ENDS = {
    "horizon": say.AT_HORIZON,
    "time": say.PAUSED,
    "full": say.KEPT_FULL,
    "asked": "",
}


class Imagine:
    """What the tab Imagine and the endpoint /imagine can do."""

    def __init__(
        self,
        clips: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        frames: Frames,
        limits: Limits,
        grounds: Grounds,
    ) -> None:
        self._clips, self._checkpoints, self._compute = clips, checkpoints, compute
        self._frames, self._limits, self._grounds = frames, limits, grounds
        self._worlds = Worlds(limits)
        self._players = Players(limits.players)
        self.driving = Driving(checkpoints)
        self.replays = Replays(clips, self._worlds, compute, limits)
        self.saved = Saved(self._worlds, self.driving, self.replays)

    def __len__(self) -> int:
        return len(self._worlds)

    @property
    def bytes(self) -> int:
        """Pictures held now, of all sessions."""
        return self._worlds.bytes

    def drop_session(self, session: str) -> None:
        """Forget a visitor's dream and end what plays."""
        self._worlds.drop(session)

    # Begin, step, walk, branch

    def begin(self, model: str, clip_id: str, index: int, session: str | None) -> Dream:
        """A new dream that starts at a frame of a clip; it takes the place of the last one."""
        loaded, clip = self._checkpoints.usable(model), self._clips.get(clip_id, session)
        frame = np.array(self._clips.frame(clip_id, index, session))
        dream = self.dream_of(loaded, clip, int(index), frame, loaded.view.shown_size)
        self._worlds.keep(session, dream)
        return dream

    def dream_of(
        self, loaded: Loaded, clip: Clip, index: int, frame: np.ndarray, size: int | None = None
    ) -> Dream:
        """A dream that starts at any frame and is nobody's yet; size: of its pictures, the model's
        if None."""
        ground = self._grounds.of(loaded.view, clip.embodiment)
        world = self._compute.run(begin_world, loaded.quantizer, frame, ground, size)
        return Dream(loaded.view, clip, index, world, self._limits.dream_moments)

    def dream(self, session: str | None) -> Dream:
        """The dream of a session; UserError if it has none."""
        return self._worlds.dream(session)

    def step(self, session: str | None, codes: Sequence[int]) -> DreamStep:
        """One step from where the dream stands, done at once."""
        dream = self._still_dream(session)
        return self._compute.run(dream.advance, parse_codes(codes, dream.model))

    def advance(self, dream: Dream, codes: Codes) -> DreamStep:
        """One step of a dream that goes on by itself: somebody looks at it, so that it has its
        share of the thread (`ModelThreads.watched`)."""
        return self._compute.watched(dream.advance, codes)

    def rollout(
        self,
        model: str,
        picture: np.ndarray | None,
        clip_id: str,
        index: int,
        text: str,
        steps: int,
    ) -> Rollout:
        """A whole rollout from a picture or from a frame of a shipped clip, kept nowhere."""
        loaded, clip = self._checkpoints.usable(model), None
        if picture is None:
            clip, frame = self._clips.get(clip_id), self._clips.frame(clip_id, index)
        else:
            frame = picture
        return roll_out(self, loaded, clip, frame, index, text, steps)

    def go(self, session: str | None, number: int) -> DreamStep:
        """Stand at a moment that was visited before: undo, or a walk through the tree."""
        return self._still_dream(session).go(number)

    def branch(
        self, session: str | None, start: int, futures: Sequence[Sequence[Sequence[int]]]
    ) -> list[list[DreamStep]]:
        """Several futures of one moment; the dream stays where it stands."""
        dream = self._still_dream(session)
        rows = [[parse_codes(codes, dream.model) for codes in future] for future in futures]
        dream.check_room(sum(map(len, rows)))
        grown = []
        for future in rows:
            at, steps = dream.step(start), []
            for codes in future:
                at = self._compute.between(dream.sprout, at.number, codes)
                steps.append(at)
            grown.append(steps)
        self._worlds.make_room()
        return grown

    def every(
        self, session: str | None, start: int, codes: Sequence[int], position: int
    ) -> list[DreamStep]:
        """All values of one position from a moment: a future of one step for each."""
        model = self._worlds.dream(session).model
        row = list(parse_codes(codes, model))
        if not 0 <= position < model.code_length:
            raise UserError(say.NO_POSITION.format(position=position))
        futures = [
            [[*row[:position], code, *row[position + 1 :]]] for code in range(model.codebook_size)
        ]
        return [steps[0] for steps in self.branch(session, start, futures)]

    def grow(
        self, session: str | None, moves: Sequence[tuple[int, Codes]], here: int
    ) -> Iterator[DreamStep]:
        """Steps (parent, codes), one after the other, until told to halt: a tree built again."""
        dream = self._still_dream(session)
        dream.check_room(len(moves))
        rows = [(parent, parse_codes(codes, dream.model)) for parent, codes in moves]
        turn = dream.controls.turn
        for parent, codes in rows:
            if dream.controls.turn != turn:
                return
            yield self._compute.between(dream.sprout, parent, codes)
        dream.go(min(here, len(dream.steps) - 1))
        self._worlds.make_room()

    def replay(self, session: str | None, index: int, every: int | None) -> Iterator[ReplayStep]:
        """The clip that the dream began in, replayed from a frame until told to halt."""
        dream = self._still_dream(session)
        turn, stopped = dream.controls.turn, threading.Event()
        loaded = self._checkpoints.usable(dream.model.name)
        for step in self.replays.replay(loaded, dream.clip.id, index, every, session, stopped):
            yield step
            if dream.controls.turn != turn:
                stopped.set()

    def longest(self, dream: Dream, index: int) -> int:
        """Steps of the longest replay from a frame of the clip that a dream began in."""
        loaded = self._checkpoints.usable(dream.model.name)
        return self.replays.longest(loaded, dream.clip, index)

    # Play

    def act(self, session: str | None, codes: Sequence[int], rate: float) -> None:
        """What is pressed now, for the loop that plays."""
        dream = self._worlds.dream(session)
        dream.controls.codes = parse_codes(codes, dream.model)
        dream.controls.rate = float(np.clip(rate, *RATES))

    def halt(self, session: str | None) -> None:
        """End whatever plays for this session."""
        self._worlds.halt(session)

    def play(
        self, session: str | None, codes: Sequence[int], *, rate: float, horizon: int
    ) -> Iterator[DreamStep | Queued | str]:
        """Steps with whatever is pressed, until told to halt; the last item says why it ended.

        rate: steps a second at most. horizon: steps of the dream, from its first frame.
        """
        dream = self._still_dream(session)
        self.act(session, codes, rate)
        turn = dream.controls.turn
        with self._players.take() as place:
            while ahead := place.wait(WAIT_SECONDS):
                if dream.controls.turn != turn:
                    return
                yield Queued(ahead)
            yield from self._loop(dream, turn, min(max(horizon, HORIZONS[0]), HORIZONS[1]))

    def _loop(self, dream: Dream, turn: int, horizon: int) -> Iterator[DreamStep | str]:
        due = start = time.monotonic()
        while dream.controls.turn == turn:
            why = self._over(dream, horizon, time.monotonic() - start)
            if why:
                yield ENDS[why]
                return
            yield self.advance(dream, dream.controls.codes)
            # a slow step is not made up for by a burst of quick ones
            due = max(due + 1 / dream.controls.rate, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
        yield ENDS["asked"]

    def _over(self, dream: Dream, horizon: int, seconds: float) -> str:
        if dream.line[-1].step >= horizon:
            return "horizon"
        if seconds >= self._limits.play_seconds:
            return "time"
        full = len(dream.steps) >= dream.most
        known = dream.child(dream.here, dream.controls.codes) is not None
        return "full" if full and not known else ""

    def run(
        self, session: str | None, actions: Sequence[Codes]
    ) -> Iterator[DreamStep | Queued | str]:
        """A whole sequence from where the dream stands, as quickly as it goes."""
        dream = self._still_dream(session)
        dream.check_room(len(actions))
        turn = dream.controls.turn
        with self._players.take() as place:
            while ahead := place.wait(WAIT_SECONDS):
                yield Queued(ahead)
            for codes in actions:
                if dream.controls.turn != turn:
                    break
                yield self.advance(dream, codes)
        self._worlds.make_room()
        yield ""

    def _still_dream(self, session: str | None) -> Dream:
        """The dream, with nothing playing in it any more."""
        dream = self._worlds.dream(session)
        dream.controls.turn += 1
        return dream

    # Sequences

    def parse(self, text: str, model: Model) -> list[Codes]:
        """The latent actions that a text names; SequenceProblem points at what does not fit."""
        from lapa.imagine.sequences import SequenceError, parse_sequence

        try:
            return parse_sequence(
                text, code_length=model.code_length, codebook_size=model.codebook_size
            )
        except SequenceError as error:
            raise SequenceProblem(str(error), error.position, error.pointer) from error

    def write(self, actions: Sequence[Codes]) -> str:
        """The inverse of `parse`."""
        from lapa.imagine.sequences import write_sequence

        return write_sequence(actions)

    def shuffled(self, actions: Sequence[Codes], seed: int) -> list[Codes]:
        """The same latent actions in another order, which the seed decides."""
        from lapa.imagine.sequences import shuffled

        return shuffled(actions, seed)

    def names(self, model: str, embodiment: str) -> dict[str, Any] | None:
        """The names of a model's codes for an embodiment; None where it has none."""
        return names_of(self._checkpoints.usable(model).names, embodiment)

    def keys(self, model: str, embodiment: str) -> tuple[DreamKey, ...]:
        """The keys that were learned for an embodiment; "stay" is among them unless the latent
        action of a pair in which nothing moves is known to move it all the same, or it is a car."""
        loaded = self._checkpoints.usable(model)
        says = (names_of(loaded.names, embodiment) or {}).get("says", {})
        keys = self.driving.keys(loaded.view, embodiment, says)
        if not any(key.name == "stay" for key in keys):
            still = self._frames.still(loaded, embodiment)
            note = say.STILL
            if is_still(loaded.names, embodiment, still):
                keys = (*keys, DreamKey("stay", still, note))
        return keys

    # What is kept

    def recall(self, text: str, session: str | None) -> tuple[Dream, Keepsake, str]:
        """A dream as JSON says it, before its moves are imagined again, and what is to be told."""
        kept = read_dream(text)
        loaded = self._checkpoints.usable(kept.model)
        if kept.start is not None:
            dream = self._own_start(loaded, kept.start, session)
        elif kept.clip.startswith("upload"):
            raise UserError(say.FIRST_MISSING)
        else:
            dream = self.begin(kept.model, kept.clip, kept.frame, session)
        same = kept.weights == self.driving.weights(loaded.view)
        note = "" if same else say.OTHER_WEIGHTS
        return dream, kept, note

    def _own_start(self, loaded: Loaded, frame: np.ndarray, session: str | None) -> Dream:
        """A dream from a picture that came with the file; the picture becomes an upload again."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "start.png"
            Image.fromarray(frame).save(path)
            clip = self._clips.add_upload(path, session)
        return self.begin(loaded.view.name, clip.id, 0, session)
