"""Figures of the paper, made anew by the models that are here (numbered as in its version 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import numpy as np

from app.clips.gallery import Gallery
from app.core.cache import Cache
from app.core.checkpoints import Checkpoints, Loaded
from app.core.codes import latent_action
from app.core.compare import gap_in_frames
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.core.names import names_of
from app.core.views import Clip
from app.tabs.imagine.service import Imagine
from app.tabs.learn import words as say
from app.web.link import VERSION

EIGHT, ROBOTS = "eight", "robots"
# whose pair Figure 11 carries to others, and the robots that are most unlike one another
SOURCE, OTHERS = "panda", ("fetch", "jaco", "metaworld-sawyer", "language-table-xarm")
HAND = "adroit-hand"
DREAM_STEPS = 6


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture and the frame that it grew from or is held against, both (h, w, 3) uint8."""

    words: str
    before: np.ndarray
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class PaperFigure:
    """number: of the figure in the paper. query: of the page where one can go on. problem: why it
    is not there, empty if it is."""

    number: int
    title: str
    words: str
    query: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""


class PaperFigures:
    """The four figures; each is made once, when it is first asked for."""

    def __init__(
        self,
        clips: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        frames: Frames,
        imagine: Imagine,
    ) -> None:
        self._clips, self._checkpoints, self._compute = clips, checkpoints, compute
        self._frames, self._imagine = frames, imagine
        self._made: Cache[PaperFigure] = Cache(8, size=lambda _: 1)

    def all(self) -> tuple[PaperFigure, ...]:
        """In the paper's order; what cannot be made here says why."""
        makers: dict[int, Callable[[], PaperFigure]] = {
            8: self._codes, 10: self._hand, 11: self._embodiments, 12: self._closed_loop,
        }  # fmt: skip
        return tuple(self._one(number, make) for number, make in makers.items())

    def _one(self, number: int, make: Callable[[], PaperFigure]) -> PaperFigure:
        try:
            return self._made.get_or_make(str(number), make)
        except UserError as error:
            return PaperFigure(number, say.NOT_HERE, "", "", problem=str(error))

    def _codes(self) -> PaperFigure:
        """Figure 8: every code of a model with one code of eight, on one frame."""
        loaded = self._checkpoints.usable(EIGHT)
        clip, index = self._start(max(self._known(loaded), key=partial(_words, loaded)))
        frame = self._frames.prepared(loaded, clip.id, index)
        cells = [
            Cell(self._named(loaded, clip, (code,)), frame, self._imagined(loaded, frame, (code,)))
            for code in range(loaded.view.codebook_size)
        ]
        return PaperFigure(
            8, say.FIGURE_8,
            say.FIGURE_8_TOLD,
            _query("explore", m=EIGHT, c=clip.id, f=index, p=0), tuple(cells),
        )  # fmt: skip

    def _hand(self) -> PaperFigure:
        """Figure 10: latent actions of a human-like hand."""
        loaded = self._checkpoints.usable(ROBOTS)
        clip, index = self._start(HAND)
        frame = self._frames.prepared(loaded, clip.id, index)
        keys = [key for key in self._imagine.keys(ROBOTS, HAND) if key.name != "stay"]
        cells = [
            Cell(f"{key.name} {latent_action(key.codes)}", frame, image)
            for key in keys
            for image in [self._imagined(loaded, frame, key.codes)]
        ]
        return PaperFigure(
            10, "A human-like hand",
            say.FIGURE_10_TOLD,
            _query("imagine", m=ROBOTS, c=clip.id, f=index), tuple(cells),
        )  # fmt: skip

    def _embodiments(self) -> PaperFigure:
        """Figure 11: one latent action on several embodiments."""
        loaded = self._checkpoints.usable(ROBOTS)
        clip, index = self._start(SOURCE)
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        frame, future = (self._frames.prepared(loaded, clip.id, at) for at in (index, index + gap))
        codes = self._compute.encode(loaded, frame, future)
        cells = [Cell(say.REALLY_HAPPENED.format(source=SOURCE), frame, future)]
        for body in OTHERS:
            other, at = self._start(body)
            begins = self._frames.prepared(loaded, other.id, at)
            cells.append(Cell(body, begins, self._imagined(loaded, begins, codes)))
        return PaperFigure(
            11, say.FIGURE_11,
            say.FIGURE_11_TOLD.format(codes=latent_action(codes)),
            _query("transfer", m=ROBOTS, c=clip.id, f=index), tuple(cells),
        )  # fmt: skip

    def _closed_loop(self) -> PaperFigure:
        """Figure 12: the decoder fed its own pictures, beside what happened."""
        loaded = self._checkpoints.usable(ROBOTS)
        clip = self._clips.all(SOURCE)[0]
        steps = list(self._imagine.replays.replay(loaded, clip.id, 0, None, None))[:DREAM_STEPS]
        cells = [
            Cell(f"step {step.step} {latent_action(step.codes)}", step.true, step.imagined)
            for step in steps
        ]
        return PaperFigure(
            12, "A closed loop",
            say.FIGURE_12_TOLD,
            _query("imagine", m=ROBOTS, c=clip.id, f=0, d="replay", e=0, rf=0), tuple(cells),
        )  # fmt: skip

    def _known(self, loaded: Loaded) -> tuple[str, ...]:
        known = self._clips.embodiments(loaded.view)
        if not known:
            raise UserError(say.NO_ROBOT.format(name=loaded.view.name))
        return known

    def _start(self, embodiment: str) -> tuple[Clip, int]:
        """A frame in which the robot is at work: a third into its first clip."""
        clip = self._clips.all(embodiment)[0]
        return clip, clip.frames // 3

    def _imagined(self, loaded: Loaded, frame: np.ndarray, codes: tuple[int, ...]) -> np.ndarray:
        return self._compute.decode(loaded, frame, codes)

    def _named(self, loaded: Loaded, clip: Clip, codes: tuple[int, ...]) -> str:
        """A code and, where real pairs of this robot agree on one, its word."""
        names = names_of(loaded.names, clip.embodiment)
        own = names["codes"][0][codes[0]] if names else None
        word = f" {own['word']}" if own and own["named"] else ""
        return f"code {codes[0]}{word}"


def _words(loaded: Loaded, embodiment: str) -> int:
    """How many codes of the first position have a word that real pairs of this robot agree on."""
    own = names_of(loaded.names, embodiment)
    return sum(code["named"] for code in own["codes"][0]) if own else 0


def _query(tab: str, **more: str | int) -> str:
    return urlencode({"tab": tab, "v": VERSION, **more})
