"""How far an imagined picture can be trusted, and the one sentence that says so.

All is measured where the picture differs from the frame that the dream began with (see
`lapa.ImaginedWorld`). There the robot outweighs by far what it pushes, so that the sentence speaks
of the robot alone and adds what is seen of pushed things. The camera turns with a car: of a model
of cars it speaks of the part of the view that changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.core.cache import Cache
from app.core.checkpoints import Checkpoints
from app.core.views import ROBOT, Model

# Distance beyond which a picture is unlike any real frame: 95 of 100 real frames stay within 1.
FAR = 1.0
# Detail of the robot over that of x_0 outside of which it has dissolved, or has detail that was not
# there; between them an arm that turns shows more or less of itself. What is doubted so, of real
# frames and of blurred ones: `python -m tests.app.core.bench_trust`.
BLURRED, NOISY = 2 / 3, 1.5
# what changes in the picture where that is not what moves
SEEN = {"car": "changed part of the view"}
# Share of the picture from which on coloured things are spoken of: an eighth of a block of the
# tabletop. Beyond this ratio of their areas they lead the sentence.
LEAST, SPREAD = 0.0005, 2.0


@dataclass(frozen=True)
class Trust:
    """since: the first step whose picture should not be trusted, None while all can be; doubt: why.
    An error is fed back, so a doubt stays. moves: what does, as the model's card calls it."""

    since: int | None = None
    doubt: str = ""
    moves: str = ROBOT

    @property
    def seen(self) -> str:
        """What the sentence speaks of."""
        return SEEN.get(self.moves, self.moves)

    def after(self, step: int, sharpness: float, distance: float | None) -> Trust:
        """With one step more."""
        if self.since is not None or step == 0:
            return self
        doubt = doubted(sharpness, distance, self.seen)
        return replace(self, since=step, doubt=doubt) if doubt else self

    def sentence(
        self,
        step: int,
        sharpness: float,
        distance: float | None,
        coloured: tuple[float, float] = (0.0, 0.0),
    ) -> str:
        """What can be said of the picture at a step: of the robot, and of what it pushed where
        that is coloured (`coloured` as of `coloured_of`); the worse of both comes first."""
        if self.since is not None:
            return f"From step {self.since} on the picture should not be trusted: {self.doubt}."
        if step == 0:
            return "Nothing is imagined yet: this is a real frame."
        keeps = f"keeps {sharpness:.0%} of the first frame's detail".replace("%", " %")
        if distance is None:
            moving = (
                f"Up to step {step} the {self.seen} {keeps}; how real frames of it look is not "
                "known here, so judge by eye."
            )
        else:
            moving = (
                f"Up to step {step} nothing speaks against the {self.seen}: it looks as in real "
                f"frames ({distance:.2f}, the limit is {FAR:.0f}) and {keeps}."
            )
        # a car pushes nothing, and all of its meadow is coloured
        things, bad = _of_coloured(*coloured) if self.moves == ROBOT else ("", False)
        return " ".join(filter(None, (things, moving) if bad else (moving, things)))


def coloured_of(frame: Any, first: Any) -> tuple[float, float]:
    """How much of the picture is coloured where a frame (h, w, 3) uint8 differs from the first: in
    the frame, and in the first, shares in [0, 1]."""
    from lapa.images import coloured

    return coloured(frame, first)


def _of_coloured(now: float, before: float) -> tuple[str, bool]:
    """What is seen of coloured things that changed, and whether that is worse than an intact robot.

    Nothing tells a hidden block from a smeared one, which is why it is said and is no doubt.
    """
    if max(now, before) < LEAST:
        return "", False
    if now < LEAST:
        return "Coloured things that were there are gone: they are hidden, or dissolved.", True
    if before < LEAST:
        return (
            "Coloured things stand where there were none in the first frame: they were pushed "
            "there, have come to light, or are smeared."
        ), True
    ratio = now / before
    area = f"Coloured things that changed cover {ratio:.0%} of the area that they covered in the "
    area = f"{area}first frame".replace("%", " %")
    if ratio < 1 / SPREAD:
        return f"{area}: they are hidden, or smeared.", True
    if ratio > SPREAD:
        return f"{area}: they have come to light, or are smeared.", True
    return f"{area}; whether they are whole, judge by eye.", False


def doubted(sharpness: float, distance: float | None, seen: str = ROBOT) -> str:
    """Why a picture should not be trusted, or nothing. seen: what changes in it."""
    if distance is not None and distance > FAR:
        return f"the {seen} does not look as it does in real frames"
    if sharpness < BLURRED:
        return f"the {seen} has lost more than a third of its detail"
    if sharpness > NOISY:
        return f"the {seen} has detail that was not there"
    return ""


def begin_world(quantizer: Any, frame: Any, ground: Any, size: int | None = None) -> Any:
    """A `lapa.ImaginedWorld` that begins with a frame. ground: of `Grounds`. size: of its pictures
    in pixels; None: the model's."""
    from lapa.imagine import ImaginedWorld

    world = ImaginedWorld(quantizer, frame, ground=ground, size=size)
    world.reset(seed=0)
    return world


class Grounds:
    """Familiar ground by checkpoint, which `python -m lapa drive` wrote beside it; read once."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._known: Cache[dict[str, Any]] = Cache(100, size=lambda _: 1)

    def of(self, model: Model, embodiment: str) -> Any:
        """A `lapa.imagine.Ground`, or None where no real frames are known."""
        path = self._checkpoints.path(model.name) / "ground.npz"

        def load() -> dict[str, Any]:
            from lapa.imagine import load_grounds

            try:
                return load_grounds(path)
            except (FileNotFoundError, NotADirectoryError):
                return {}
            except (OSError, ValueError):
                self._checkpoints.leave_out(model.name, path.name)
                return {}

        ground = self._known.get_or_make(model.name, load).get(embodiment)
        return ground if ground is not None and ground.image_size == model.image_size else None
