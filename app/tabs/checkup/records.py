"""Pure: plans, progress and reports of checkups -> plain JSON records for the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from app.core.codes import counted
from app.core.views import Clip, Model
from app.tabs.checkup.views import CheckupPlan, CheckupProgress
from app.web.records import in_millions

if TYPE_CHECKING:
    from lapa.checkup import Published

Record = dict[str, Any]


def model_record(model: Model, embodiments: Sequence[str], *, own: bool) -> Record:
    """A checkpoint on offer. embodiments: of the shipped clips, those it is to be examined on
    unless others are chosen. own: the visitor's."""
    return {
        "name": model.name,
        "title": model.title,
        "own": own,
        "embodiments": list(embodiments),
        "about": f"{in_millions(model.parameters)} parameters · "
        f"{counted(model.code_length, 'position')} × {model.codebook_size} codes · "
        f"{model.image_size} px · gap {model.gap_seconds:g} s",
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


def progress_record(progress: CheckupProgress, doing: str) -> Record:
    """How a checkup is doing. doing: its stage in words."""
    return {
        "state": progress.state,
        "stage": doing,
        "count": f"{progress.done} of {progress.total}" if progress.total > 1 else "",
        "share": round(progress.share, 4),
        "secondsLeft": progress.seconds_left,
        "ahead": progress.ahead,
        "others": max(0, progress.visitors - 1),
        "error": progress.error,
    }


def report_record(report: Any, gauge: Callable[[Any], str]) -> Record:
    """A finished report (`lapa.checkup.Report`) as cards."""
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


def measured_record(name: str, measured: Published, gauge: Callable[[Any], str]) -> Record:
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
    """`lapa.checkup.Difference` by key, told from the first checkpoint's side."""
    told = {}
    for each in differences:
        words = each.words
        if each.verdict in ("better", "worse"):
            words = f"A is {words}"
        told[each.key] = {
            "words": words,
            "kind": _kind(each),
            "change": each.change,
        }
    return told


def _kind(difference: Any) -> str:
    if not difference.same_data:
        return "apart"
    return str(difference.verdict) if difference.sure else "unsure"


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
