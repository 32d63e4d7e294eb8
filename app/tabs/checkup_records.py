"""Pure: plans, progress and reports of checkups -> plain JSON records for the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from app.figures import in_millions
from app.views import CheckupPlan, CheckupProgress, Clip, Measured, Model

Record = dict[str, Any]
# what a checkup is at, in words; a stage without an entry is told by its own name
STAGES = {
    "loading the checkpoint": "Loading the checkpoint",
    "reading the clips": "Reading the clips",
    "frame pairs": "Encoding and imagining every frame pair",
    "same action, same code": "Same action, same code?",
    "actions in the codes": "Reading the robot's actions from the codes",
    "leak": "Showing it foreign scenes",
    "doing nothing": "Showing it frames in which nothing moves",
    "words for codes": "Holding the words of the codes against real motion",
    "sweeps": "Trying every code of every position",
    "drift": "Letting it dream on its own pictures",
    "transfer": "Carrying codes over to other robots",
    "worst pairs": "Looking for the worst pairs",
    "done": "Writing the report",
}


def model_record(model: Model, embodiments: Sequence[str], *, own: bool) -> Record:
    """A checkpoint on offer. embodiments: of the shipped clips, those it is to be examined on
    unless others are chosen. own: the visitor's."""
    return {
        "name": model.name,
        "title": model.title,
        "own": own,
        "embodiments": list(embodiments),
        "about": f"{in_millions(model.parameters)} parameters · {model.code_length} positions × "
        f"{model.codebook_size} codes · {model.image_size} px · gap {model.gap_seconds:g} s",
    }


def upload_record(clip: Clip) -> Record:
    """A visitor's own video."""
    return {"id": clip.id, "name": clip.task, "seconds": round(clip.frames / clip.fps, 1)}


def plan_record(plans: Sequence[CheckupPlan]) -> Record:
    """What would be looked at; seconds of all checkups together, None while unknown."""
    first = plans[0]
    known = [plan.seconds for plan in plans if plan.seconds is not None]
    all_known = len(known) == len(plans)
    return {
        "pairs": first.pairs,
        "allPairs": first.all_pairs,
        "episodes": first.episodes,
        "allEpisodes": first.all_episodes,
        "seconds": sum(known) if all_known else None,
    }


def progress_record(progress: CheckupProgress) -> Record:
    """How a checkup is doing, its stage in words."""
    stage = STAGES.get(progress.stage, progress.stage.capitalize())
    return {
        "state": progress.state,
        "stage": stage,
        "count": f"{progress.done} of {progress.total}" if progress.total > 1 else "",
        "share": round(progress.share, 4),
        "secondsLeft": progress.seconds_left,
        "ahead": progress.ahead,
        "others": max(0, progress.visitors - 1),
        "error": progress.error,
    }


def report_record(report: Any, gauge: Callable[[Any], str]) -> Record:
    """A finished report (`lapa.report.Report`) as cards."""
    return {
        "known": "measured",
        "checkpoint": report.checkpoint,
        "data": report.data,
        "pairs": report.pairs,
        "episodes": report.episodes,
        "seconds": round(report.seconds, 1),
        "notes": list(report.notes),
        "cards": [_card(each, gauge) for each in report.cards],
    }


def measured_record(name: str, measured: Measured, gauge: Callable[[Any], str]) -> Record:
    """Figures that came with a checkpoint, as cards."""
    return {
        "known": "published",
        "checkpoint": name,
        "command": measured.command,
        "pairs": measured.pairs,
        "episodes": measured.episodes,
        "notes": [],
        "cards": [_card(each, gauge) for each in measured.cards],
    }


def unmeasured_record(model: Model) -> Record:
    """A checkpoint of which nothing is known yet."""
    return {"known": "nothing", "checkpoint": model.title, "notes": [], "cards": []}


def difference_records(differences: Iterable[Any]) -> dict[str, Record]:
    """`lapa.report.Difference` by key, told from the first checkpoint's side."""
    told = {}
    for each in differences:
        words = each.words
        if each.verdict in ("better", "worse"):
            words = f"A is {words}"
        told[each.key] = {
            "words": words,
            "kind": each.verdict if each.sure else "unsure",
            "change": each.change,
        }
    return told


def _card(card: Any, gauge: Callable[[Any], str]) -> Record:
    telling = card.telling
    name = "" if telling is card.findings[0] else f"{telling.name}: "
    return {
        "key": card.anchor,
        "question": card.question,
        "verdict": card.verdict,
        "telling": name + telling.figure,
        "findings": [_finding(each, gauge) for each in card.findings],
    }


def _finding(finding: Any, gauge: Callable[[Any], str]) -> Record:
    figure, bracket, rest = finding.figure.partition(" (")
    return {
        "key": finding.key,
        "name": finding.name,
        "verdict": finding.verdict,
        "figure": figure,
        "interval": rest.rstrip(")") if bracket else "",
        "sentence": finding.sentence,
        "reference": finding.reference,
        "explanation": finding.explanation,
        "gauge": gauge(finding),
        "picture": finding.picture,
    }
