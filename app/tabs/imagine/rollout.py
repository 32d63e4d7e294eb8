"""A whole rollout for programs: from a picture or a clip's frame, with given or inferred codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.core import films
from app.core.checkpoints import Loaded
from app.core.limits import UserError
from app.core.views import Clip, nobody
from app.tabs.imagine import words as say
from app.tabs.imagine.views import DreamStep

if TYPE_CHECKING:
    from app.tabs.imagine.service import Imagine

Codes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rollout:
    """Every step of a rollout, the first frame included.

    psnr, copy_psnr: dB against the clip's true frames, a step each; None where there are none.
    """

    steps: tuple[DreamStep, ...]
    codes: tuple[Codes, ...]
    text: str
    aspect: float
    psnr: list[float] | None = None
    copy_psnr: list[float] | None = None

    def video(self, rate: float) -> bytes:
        """MP4 with `rate` frames a second."""
        return films.mp4([step.image for step in self.steps], rate=rate, aspect=self.aspect)


def roll_out(
    imagine: Imagine,
    loaded: Loaded,
    clip: Clip | None,
    frame: np.ndarray,
    index: int,
    text: str,
    steps: int,
) -> Rollout:
    """Imagine `text`, or what is inferred from the clip behind `index`, for `steps` at most.

    clip: whose frame it is; None for the caller's own picture.
    """
    true = None
    if text.strip():
        actions = imagine.parse(text, loaded.view)[:steps]
    elif clip is None:
        raise UserError(say.GIVE_CODES)
    else:
        true = list(imagine.replays.replay(loaded, clip.id, index, None, None))[:steps]
        actions = [tuple(map(int, step.codes)) for step in true]
    where = clip or nobody(frame)
    dream = imagine.dream_of(loaded, where, index, np.array(frame))
    for codes in actions:
        imagine.advance(dream, codes)
    return Rollout(
        steps=tuple(dream.line),
        codes=tuple(actions),
        text=imagine.write(actions),
        aspect=where.aspect,
        psnr=None if true is None else [round(step.psnr, 2) for step in true],
        copy_psnr=None if true is None else [round(step.copy_psnr, 2) for step in true],
    )
