"""Where one may begin: each model on a clip that it knows, and the recordings of real robots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.compare import gap_in_frames
from app.core.views import Clip, Model
from app.tabs.explore import words as say

# the source of clips that no simulator made
REAL = "real"
# clip -> the frame where a model that knows this robot begins: a robot that fills the picture,
# halfway through a clear motion; of several the first
OPENINGS = {
    "gripper-block2blockrelative-100249": 12,
    "metaworld-sawyer-window-open-00004": 50,
    "car-follow-100014": 3,
}


def starts(models: Sequence[Model], clips: Sequence[Clip]) -> list[dict[str, Any]]:
    """A record a way in: its name, a sentence about it, the model and the clip that it opens.

    Real clips open with the model that has learned most robots.
    """
    usable = [model for model in models if model.usable]
    found = [
        {"name": model.name, "about": model.about or model.title, "m": model.name, "c": clip}
        for model in usable
        if (clip := opening_clip(clips, model))
    ]
    real = [clip for clip in clips if clip.source == REAL]
    if real and usable:
        widest = max(usable, key=lambda model: len(model.embodiments))
        about = _about_real(real, usable)
        found.append({"name": "real clips", "about": about, "m": widest.name, "c": real[0].id})
    return found


def _about_real(real: Sequence[Clip], models: Sequence[Model]) -> str:
    known = {clip.embodiment for model in models for clip in real if model.knows(clip.embodiment)}
    count = say.REAL_COUNT.format(count=len(real), plural="s" if len(real) > 1 else "")
    if known:
        return say.REAL_KNOWN.format(count=count, names=", ".join(sorted(known)))
    return say.REAL_UNKNOWN.format(count=count)


def stranger(model: Model, clip: Clip) -> str:
    """One sentence where a model has not learned the robot of a shipped clip, otherwise empty."""
    if clip.uploaded or model.knows(clip.embodiment):
        return ""
    return say.STRANGER.format(
        name=model.name, embodiment=clip.embodiment, names=", ".join(model.embodiments)
    )


def opening_clip(clips: Sequence[Clip], model: Model) -> str:
    """The id of the clip that a model opens on: the first of OPENINGS that it knows, or else the
    first of all that it knows; of strange clips alone, none."""
    known = [clip.id for clip in clips if model.knows(clip.embodiment)]
    return next((clip for clip in OPENINGS if clip in known), next(iter(known), ""))


def opening_frame(clip: Clip, gap_seconds: float) -> int:
    """A third into the episode, or earlier when the true future would otherwise be missing."""
    last_with_future = clip.frames - 1 - gap_in_frames(gap_seconds, clip.fps)
    wanted = OPENINGS.get(clip.id, clip.frames // 3)
    return max(0, min(wanted, last_with_future))
