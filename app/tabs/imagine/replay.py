"""Replays: a real clip's own latent actions drive the decoder, beside what truly happened."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.clips.gallery import Gallery
from app.core.checkpoints import Loaded
from app.core.compare import gap_in_frames
from app.core.compute import Compute
from app.core.interleave import Stopped, Turns
from app.core.limits import Limits, UserError
from app.core.views import Clip
from app.tabs.imagine import words as say
from app.tabs.imagine.dream_store import Worlds

if TYPE_CHECKING:
    from lapa.imagine.replay import ReplayStep


class Replays:
    """Replays for visitors: in small pieces between the presses of everybody else."""

    def __init__(self, clips: Gallery, worlds: Worlds, compute: Compute, limits: Limits) -> None:
        self._clips, self._worlds = clips, worlds
        self._compute, self._limits = compute, limits

    def longest(self, loaded: Loaded, clip: Clip, index: int) -> int:
        """How many gaps fit behind a frame of a clip, within what is offered."""
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        return min((clip.frames - 1 - index) // gap, self._limits.replay_steps)

    def replay(
        self,
        loaded: Loaded,
        clip_id: str,
        index: int,
        every: int | None,
        session: str | None,
        stopped: threading.Event | None = None,
    ) -> Iterator[ReplayStep]:
        """The steps of a replay from a frame of a clip; kept for the session once it is whole.

        every: anchored to the truth again every so many steps; None is the closed loop.
        """
        from lapa.imagine.replay import replay

        clip = self._clips.get(clip_id, session)
        steps = self.longest(loaded, clip, int(index))
        if steps < 1:
            raise UserError(say.ENDS_BEFORE.format(gap_seconds=loaded.view.gap_seconds))
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        at = range(int(index), int(index) + steps * gap + 1, gap)
        frames = np.stack([self._clips.frame(clip_id, t, session) for t in at])
        turns = Turns(loaded.quantizer, self._compute, stopped or threading.Event())
        done: list[ReplayStep] = []
        try:
            for step in replay(turns, frames, every=every):
                done.append(step)
                yield step
        except Stopped:
            return
        if session:
            self._worlds.keep_replay(session, clip_id, tuple(done))

    @staticmethod
    def trusted_until(steps: Sequence[ReplayStep]) -> int:
        """The last step up to which the imagined frames are closer to the truth than copy-frame."""
        from lapa.imagine.replay import trusted_until

        return trusted_until([step.psnr for step in steps], [step.copy_psnr for step in steps])

    def last(self, session: str | None) -> tuple[str, tuple[ReplayStep, ...]]:
        """Clip and steps of the session's last replay; UserError if there is none."""
        return self._worlds.replay(session)
