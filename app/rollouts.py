"""A whole rollout for programs: from a picture or a clip's frame, with given or inferred codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app import exports
from app.limits import UserError
from app.views import Clip, DreamStep

if TYPE_CHECKING:
    from app.dreams import Dreams

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
        return exports.mp4([step.image for step in self.steps], rate=rate, aspect=self.aspect)


def roll_out(
    dreams: Dreams,
    model: str,
    picture: np.ndarray | None,
    clip: Clip | None,
    frame: np.ndarray,
    index: int,
    text: str,
    steps: int,
) -> Rollout:
    """Imagine `text`, or what is inferred from the clip behind `index`, for `steps` at most.

    picture: the caller's own frame, which has no clip.
    """
    loaded = dreams.usable(model)
    true = None
    if text.strip():
        actions = dreams.parse(text, loaded.view)[:steps]
    elif clip is None:
        raise UserError("With a picture of your own, give the latent actions to imagine.")
    else:
        true = list(dreams.replays.replay(loaded, clip.id, index, None, None))[:steps]
        actions = [step.codes for step in true]
    where = clip or nobody(picture)
    dream = dreams.dream_of(loaded, where, index, np.array(frame))
    for codes in actions:
        dreams.advance(dream, codes)
    return Rollout(
        steps=tuple(dream.line),
        codes=tuple(actions),
        text=dreams.write(actions),
        aspect=where.aspect,
        psnr=None if true is None else [round(step.psnr, 2) for step in true],
        copy_psnr=None if true is None else [round(step.copy_psnr, 2) for step in true],
    )


def nobody(picture: np.ndarray) -> Clip:
    """A clip for a picture that came without one."""
    height, width = picture.shape[:2]
    return Clip("", "", "", "", "", 1.0, 1, height, width, "", True)
