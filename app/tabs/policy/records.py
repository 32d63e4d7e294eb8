"""Views of the tab Policy -> plain records for the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.views import Queued
from app.tabs.policy import words as say
from app.tabs.policy.views import (
    ActedStep,
    Clock,
    ImaginedStep,
    PolicyStart,
    RaceStep,
    Rate,
    Tabletop,
)
from app.web import records
from app.web.records import file_record, queued_record

__all__ = [
    "about_record",
    "acted_record",
    "file_record",
    "imagined_record",
    "named_rates",
    "race_record",
    "start_record",
]
Record = dict[str, Any]


def about_record(about: Tabletop) -> Record:
    """What the form needs to draw itself."""

    def named(names: tuple[str, ...], words: dict[str, str]) -> list[list[str]]:
        return [[name, words.get(name, name)] for name in names]

    rates = about.rates or {}
    return {
        "problem": about.problem,
        "kinds": named(about.kinds, say.KINDS),
        "embodiments": named(about.embodiments, say.EMBODIMENTS),
        "themes": named(about.themes, say.THEMES),
        "policies": named(about.policies, say.POLICIES),
        "recordings": [
            {"id": each.id, "words": _recording(each), "frames": each.frames}
            for each in about.recordings
        ],
        "rates": [
            {
                "kind": kind,
                "words": say.KINDS.get(kind, say.ALL_KINDS),
                "policies": {name: _rate(own[kind]) for name, own in rates.items() if kind in own},
            }
            for kind in next(iter(rates.values()), {})
        ],
        "gap": about.gap_frames,
        "steps": about.steps,
        "fps": about.fps,
        "hierarchy": about.hierarchy,
        "longest": about.longest,
        "speaks": list(about.speaks),
    }


def named_rates(rates: Mapping[str, Mapping[str, Rate]]) -> dict[str, dict[str, Rate]]:
    """Policies and kinds by the words that people read; `all` stays."""
    return {
        say.POLICIES.get(name, name): {
            say.KINDS.get(kind, kind): rate for kind, rate in own.items()
        }
        for name, own in rates.items()
    }


def start_record(start: PolicyStart) -> Record:
    """Where a run begins."""
    return {
        "frame": records.data_url(start.frame),
        "instruction": start.instruction,
        "usual": start.usual,
        "task": start.kind,
        "judged": start.judged,
        "recorded": start.recorded,
        "note": start.note,
        "chips": list(start.chips),
    }


def imagined_record(step: ImaginedStep | Queued) -> Record:
    """A step of the imagined rollout, or how many come first."""
    if isinstance(step, Queued):
        return queued_record(step)
    return {
        "kind": "imagined",
        "step": step.step,
        "src": records.data_url(step.image),
        "codes": list(step.codes),
        "trust": step.trust,
        "trusted": step.trusted,
        "shares": [[round(float(share), 4) for share in row] for row in step.probabilities],
    }


def acted_record(step: ActedStep | Queued) -> Record:
    """A step in the simulator in mm and cm, or how many come first."""
    if isinstance(step, Queued):
        return queued_record(step)
    return {
        "kind": "acted",
        "step": step.step,
        "src": records.data_url(step.image),
        "action": [round(1000 * part, 1) for part in step.action],
        "distance": None if step.distance is None else round(100 * step.distance, 1),
        "success": step.success,
        "over": step.over,
        "clock": None if step.clock is None else _clock(step.clock),
    }


def race_record(step: RaceStep | Queued) -> Record:
    """A step of one of those who race, or how many come first."""
    if isinstance(step, Queued):
        return queued_record(step)
    return {**acted_record(step.acted), "kind": "raced", "policy": step.policy}


def _clock(clock: Clock) -> Record:
    return {
        "word": list(clock.word),
        "age": round(clock.age, 1),
        "came": clock.came,
        "speaks": clock.speaks,
    }


def _rate(rate: Rate) -> Record:
    return {
        "share": rate.done / rate.of,
        "words": f"{100 * rate.done / rate.of:.0f} %",
        "interval": f"{rate.done} of {rate.of}; 95 % interval "
        f"{100 * rate.low:.0f} to {100 * rate.high:.0f} %",
    }


def _recording(each: Any) -> str:
    ended = "done" if each.success else "not done"
    return f"{each.instruction} ({say.POLICIES.get(each.policy, each.policy)}, {ended})"
