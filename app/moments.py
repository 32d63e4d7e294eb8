"""One visitor's dream: a tree of moments, where one stands in it, and what is pressed right now."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from app.limits import UserError
from app.views import Clip, DreamStep, Model

Codes = tuple[int, ...]
FULL = "This dream has reached {} moments, which is as many as are kept; reset it to go on."
# Distance beyond which a picture is unlike any real frame: 1 is how far real frames are apart, and
# with the shipped quantizer 99 of 100 steps of a held-out clip's own codes stay within this.
FAR = 1.25
# Detail of the robot over that of x_0 (see `lapa.ImaginedWorld`) outside of which it has dissolved,
# or has detail that was not there; between them an arm that turns shows more or less of itself.
BLURRED, NOISY = 0.5, 2.0


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
        if not 0 <= number < len(self.steps):
            raise UserError(
                f"This dream has no moment {number}; it has 0 to {len(self.steps) - 1}."
            )
        return self.steps[number]

    def check_room(self, more: int) -> None:
        """Raises UserError where `more` moments would be too many."""
        if len(self.steps) + more > self.most:
            raise UserError(FULL.format(self.most))

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
        doubt = "" if parent is None else parent.doubt
        since = None if parent is None else parent.untrusted_from
        if since is None and moment.step:
            doubt = doubted(moment.sharpness, moment.distance)
            since = moment.step if doubt else None
        step = DreamStep(
            number=len(self.steps),
            parent=None if parent is None else parent.number,
            step=moment.step,
            codes=moment.codes[-1] if moment.codes else None,
            image=moment.frame,
            sharpness=moment.sharpness,
            distance=moment.distance,
            untrusted_from=since,
            doubt=doubt,
        )
        self.steps.append(step)
        self.moments.append(moment)
        return step


def doubted(sharpness: float, distance: float | None) -> str:
    """Why a picture should not be trusted, or nothing. An error is fed back, so it stays."""
    if distance is not None and distance > FAR:
        return "it has left what real frames of this robot look like"
    if sharpness < BLURRED:
        return "the robot has lost half of its detail"
    if sharpness > NOISY:
        return "the robot has detail that was not there"
    return ""
