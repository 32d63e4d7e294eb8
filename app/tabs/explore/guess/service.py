"""Rounds of the game: from a model, a seed and a number, the same for everybody on this server."""

from __future__ import annotations

import numpy as np

from app.clips.gallery import Gallery
from app.core.checkpoints import Checkpoints, Loaded
from app.core.compare import gap_in_frames
from app.core.compute import Codes, Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.explore import words as say
from app.tabs.explore.guess.choice import is_fair, unlike
from app.tabs.explore.guess.views import Option, Round

ROUNDS, OPTIONS = 10, 4
SEEDS = 1_000_000
# pairs that are tried for a round, and latent actions that are drawn for each: a batch of pictures
TRIES, DRAWN = 16, 15


class Guess:
    """What the game asks for."""

    def __init__(
        self, clips: Gallery, checkpoints: Checkpoints, compute: Compute, frames: Frames
    ) -> None:
        self._clips, self._checkpoints = clips, checkpoints
        self._compute, self._frames = compute, frames

    def round(self, model: str, seed: int, number: int) -> Round:
        """A round of a game.

        seed: from 0 to SEEDS - 1. number: from 0 to ROUNDS - 1.

        Raises:
            UserError: no such round, or no pair here makes a fair question for this model.
        """
        for value, most in ((seed, SEEDS), (number, ROUNDS)):
            if not 0 <= value < most:
                raise UserError(say.NO_ROUND.format(number=number, seed=seed))
        loaded = self._checkpoints.usable(model)
        clips = [clip for clip in self._clips.all() if self._suits(loaded, clip)]
        draw = np.random.default_rng([seed, number])
        for _ in range(TRIES if clips else 0):
            found = self._try(loaded, clips[draw.integers(len(clips))], draw)
            if found is not None:
                return found
        raise UserError(say.NO_PAIRS.format(model=model))

    def _suits(self, loaded: Loaded, clip: Clip) -> bool:
        return loaded.view.knows(clip.embodiment) and clip.frames > self._gap(loaded, clip)

    def _gap(self, loaded: Loaded, clip: Clip) -> int:
        return gap_in_frames(loaded.view.gap_seconds, clip.fps)

    def _try(self, loaded: Loaded, clip: Clip, draw: np.random.Generator) -> Round | None:
        """A round on a pair of this clip, or None where it makes no fair question."""
        gap = self._gap(loaded, clip)
        index = int(draw.integers(clip.frames - gap))
        others, places = _drawn(loaded, draw), draw.permutation(OPTIONS)
        moment, codes, picture, _ = self._compute.press(
            loaded, clip.id, (index, index + gap), None,
            native=lambda at: self._clips.frame(clip.id, at),
            still=lambda frame: self._frames.still(loaded, clip.embodiment, frame),
        )  # fmt: skip
        assert moment.future is not None  # the pair lies within the clip
        if not is_fair(moment.frame, moment.future, picture):
            return None
        others = [each for each in others if each != codes]
        pictures = self._compute.pictures(loaded, moment.scene, others)
        wrong = unlike(moment.frame, moment.future, picture, pictures, OPTIONS - 1)
        if wrong is None:
            return None
        options = [Option(codes, picture), *(Option(others[n], pictures[n]) for n in wrong)]
        return Round(
            model=loaded.view,
            clip=clip,
            index=index,
            frame=moment.frame,
            future=moment.future,
            options=tuple(options[place] for place in places),
            right=int(np.flatnonzero(places == 0)[0]),
        )


def _drawn(loaded: Loaded, draw: np.random.Generator) -> list[Codes]:
    """Latent actions that may be wrong answers, each once: all where there are few."""
    size, length = loaded.view.codebook_size, loaded.view.code_length
    if size**length <= DRAWN + 1:
        return [tuple(map(int, codes)) for codes in np.ndindex(*[size] * length)]
    rows = draw.integers(size, size=(DRAWN, length)).tolist()
    return list(dict.fromkeys(map(tuple, rows)))
