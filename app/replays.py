"""Replays: a real clip's own latent actions drive the decoder, beside what truly happened."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from app.checkpoints import Loaded
from app.compare import gap_frames
from app.compute import Compute
from app.gallery import Gallery
from app.limits import Limits, UserError
from app.turns import Stopped, Turns
from app.views import Clip, ReplayStep
from app.worlds import Worlds


class Replays:
    """Replays for visitors: in small pieces between the presses of everybody else."""

    def __init__(
        self, explorer: Gallery, worlds: Worlds, compute: Compute, dreaming: Any, limits: Limits
    ) -> None:
        self._explorer, self._worlds, self._compute = explorer, worlds, compute
        self._lapa, self._limits = dreaming, limits

    def longest(self, loaded: Loaded, clip: Clip, index: int) -> int:
        """How many gaps fit behind a frame of a clip, within what is offered."""
        gap = gap_frames(loaded.view.gap_seconds, clip.fps)
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
        clip = self._explorer.clip(clip_id, session)
        steps = self.longest(loaded, clip, int(index))
        if steps < 1:
            raise UserError(
                f"The clip ends less than {loaded.view.gap_seconds:g} s after this frame, so "
                "there is nothing to replay; choose an earlier frame."
            )
        gap = gap_frames(loaded.view.gap_seconds, clip.fps)
        at = range(int(index), int(index) + steps * gap + 1, gap)
        frames = np.stack([self._explorer.frame(clip_id, t, session) for t in at])
        turns = Turns(loaded.quantizer, self._compute, stopped or threading.Event())
        done: list[ReplayStep] = []
        try:
            for told in self._lapa.replay(turns, frames, every):
                done.append(_view(told))
                yield done[-1]
        except Stopped:
            return
        if session:
            self._worlds.keep_replay(session, clip_id, tuple(done))

    @staticmethod
    def trusted_until(steps: Sequence[ReplayStep]) -> int:
        """The last step up to which the imagined frames are closer to the truth than copy-frame."""
        behind = [step.step for step in steps if step.psnr <= step.copy_psnr]
        return behind[0] - 1 if behind else len(steps)

    def last(self, session: str | None) -> tuple[str, tuple[ReplayStep, ...]]:
        """Clip and steps of the session's last replay; UserError if there is none."""
        return self._worlds.replay(session)


def _view(told: Any) -> ReplayStep:
    return ReplayStep(
        step=told.step,
        imagined=np.asarray(told.imagined),
        true=np.asarray(told.true),
        codes=tuple(int(code) for code in told.codes),
        anchored=bool(told.anchored),
        psnr=told.psnr,
        copy_psnr=told.copy_psnr,
        sharpness=told.sharpness,
    )
