"""Views of a dream -> plain records for the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.tabs.imagine import words as say
from app.tabs.imagine.views import DreamKey, DreamStep
from app.web import records

if TYPE_CHECKING:
    from lapa.imagine.replay import ReplayStep

Record = dict[str, Any]


def step_record(step: DreamStep) -> Record:
    """One moment: its picture, what led there, and how far to trust it."""
    return {
        "n": step.number,
        "parent": step.parent,
        "step": step.step,
        "codes": None if step.codes is None else list(step.codes),
        "src": records.data_url(step.image),
        "sharp": round(step.sharpness, 4),
        "far": None if step.distance is None else round(step.distance, 4),
        "since": step.trust.since,
        "trust": step.says,
    }


def key_record(key: DreamKey) -> Record:
    """A key of the keyboard and what it does."""
    return {"name": key.name, "codes": list(key.codes), "note": key.note}


def replay_record(step: ReplayStep) -> Record:
    """One step of a replay: both pictures and how close they are."""
    return {
        "step": step.step,
        "imagined": records.data_url(step.imagined),
        "true": records.data_url(step.true),
        "codes": [int(code) for code in step.codes],
        "anchored": step.anchored,
        "psnr": round(step.psnr, 2),
        "copy": round(step.copy_psnr, 2),
        "sharp": round(step.sharpness, 3),
    }


def replay_sentence(steps: Sequence[ReplayStep], trusted: int, every: int | None) -> str:
    """How long the replay stayed closer to the truth than copy-frame, in plain words."""
    count = len(steps)
    how = (
        say.FROM_TRUTH
        if every == 1
        else say.OWN_PICTURES
        if every is None or every >= count
        else say.ANCHORED.format(every=every)
    )
    gain = sum(step.psnr - step.copy_psnr for step in steps) / count
    closer = f"{abs(gain):.1f} dB {'closer to' if gain > 0 else 'further from'} the truth"
    if trusted >= count:
        return say.ALL_BEAT.format(how=how, count=count, closer=closer)
    return say.BEAT_UP_TO.format(
        how=how, trusted=trusted, count=count, doubted=trusted + 1, closer=closer
    )
