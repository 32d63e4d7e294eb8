"""One visitor's dream: a tree of moments, where one stands in it, and what is pressed right now."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from app.core.limits import UserError
from app.core.trust import Trust, coloured_of
from app.core.views import Clip, Model
from app.tabs.imagine import words as say
from app.tabs.imagine.views import DreamStep

Codes = tuple[int, ...]


@dataclass
class Controls:
    """What a playing dream looks at before every step. turn: of the loop that may go on."""

    codes: Codes = ()
    rate: float = 10.0
    turn: int = 0


@dataclass(eq=False)
class Dream:
    """A world, every moment that was visited in it, and the one where it stands.

    world: `lapa.ImaginedWorld`, already reset. steps and moments belong together: the number of a
    moment is its place in both; the first is the frame that the dream began with.
    """

    model: Model
    clip: Clip
    index: int
    world: Any
    most: int
    steps: list[DreamStep] = field(default_factory=list)
    moments: list[Any] = field(default_factory=list)
    here: int = 0
    controls: Controls = field(default_factory=Controls)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._keep(self.world.moment, None)

    @property
    def nbytes(self) -> int:
        """Of its pictures."""
        return sum(step.image.nbytes for step in self.steps)

    @property
    def line(self) -> list[DreamStep]:
        """The steps from the first frame to where it stands."""
        return self.line_to(self.here)

    def line_to(self, number: int) -> list[DreamStep]:
        """The steps from the first frame to a moment."""
        back, at = [], self.step(number)
        while at.parent is not None:
            back.append(at)
            at = self.steps[at.parent]
        return [at, *reversed(back)]

    def step(self, number: int) -> DreamStep:
        """A moment by its number; UserError where there is none."""
        if not 0 <= number < len(self.steps):
            raise UserError(say.NO_MOMENT.format(number=number, last=len(self.steps) - 1))
        return self.steps[number]

    def check_room(self, more: int) -> None:
        """Raises UserError where `more` moments would be too many."""
        room = self.most - len(self.steps)
        if more > room > 0:
            raise UserError(say.LONG.format(steps=more, room=room, most=self.most))
        if more > room:
            raise UserError(say.FULL.format(most=self.most))

    def go(self, number: int) -> DreamStep:
        """Stand at a moment that was visited before."""
        with self.lock:
            step = self.step(number)
            self.world.restore(self.moments[number])
            self.here = number
            return step

    def advance(self, codes: Codes) -> DreamStep:
        """One step from where it stands."""
        with self.lock:
            return self.go(self.sprout(self.here, codes).number)

    def sprout(self, start: int, codes: Codes) -> DreamStep:
        """One step from a moment, without going anywhere; where it was taken before, the same."""
        with self.lock:
            known = self.child(start, codes)
            if known is not None:
                return self.steps[known]
            self.check_room(1)
            self.world.restore(self.moments[start])
            ((moment,),) = self.world.branch([[codes]])
            self.world.restore(self.moments[self.here])
            return self._keep(moment, self.step(start))

    def child(self, parent: int, codes: Codes) -> int | None:
        """The moment that a latent action led to from `parent`, if it was taken."""
        found = (s.number for s in self.steps if s.parent == parent and s.codes == codes)
        return next(found, None)

    def _keep(self, moment: Any, parent: DreamStep | None) -> DreamStep:
        before = Trust(moves=self.model.moves) if parent is None else parent.trust
        step = DreamStep(
            number=len(self.steps),
            parent=None if parent is None else parent.number,
            step=moment.step,
            codes=moment.codes[-1] if moment.codes else None,
            image=moment.frame,
            sharpness=moment.sharpness,
            distance=moment.distance,
            coloured=coloured_of(moment.frame, moment.first),
            trust=before.after(moment.step, moment.sharpness, moment.distance),
        )
        self.steps.append(step)
        self.moments.append(moment)
        return step
