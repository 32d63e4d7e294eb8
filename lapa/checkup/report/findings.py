"""From a checkup to its report: every figure judged, told and drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lapa.checkup.measure import NOTHING_MOVES, Checkup, Context, Figure, Measure
from lapa.checkup.measures import figures
from lapa.checkup.report.finding import Finding, Report
from lapa.checkup.scale import Scale
from lapa.checkup.text import as_json
from lapa.evaluation.estimate import Estimate


def report_of(checkup: Checkup, *, checkpoint: str, data: str, notes: Sequence[str] = ()) -> Report:
    """The report of one checkup.

    Args:
        checkpoint, data: what was measured, as the reader knows it.
        notes: what must be known before trusting it; where a figure is unknown its own sentence
            says why.
    """
    measured = as_json(checkup)
    context = Context(checkup.codebook_size, measured["overall"])
    return Report(
        title=f"Checkup of {checkpoint}",
        checkpoint=checkpoint,
        data=data,
        pairs=checkup.pairs,
        episodes=checkup.episodes,
        embodiments=checkup.embodiments,
        seconds=checkup.seconds,
        findings=tuple(_finding(checkup, *each, context) for each in figures()),
        figures=measured,
        notes=tuple(notes),
    )


def _finding(
    checkup: Checkup, measure: Measure[Any], figure: Figure[Any], context: Context
) -> Finding:
    result, scale = checkup[measure.key], figure.scale_in(context)
    silence = _silence(checkup, measure, figure, scale)
    if silence:
        unknown = Estimate(math.nan, math.nan, math.nan)
        return finding_of(figure, context, unknown, sentence=silence)
    estimate = figure.estimate(result)
    sentences = (figure.sentence(result, scale), scale.doubt(estimate))
    return finding_of(
        figure,
        context,
        estimate,
        sentence=" ".join(filter(None, sentences)),
        picture=figure.picture(result, checkup),
    )


def _silence(checkup: Checkup, measure: Measure[Any], figure: Figure[Any], scale: Scale) -> str:
    """Why a figure is not known, as a sentence; empty where it is."""
    result = checkup[measure.key]
    if not (checkup.moves or figure.still):
        return f"Unknown: {NOTHING_MOVES}."
    if measure.pictures and not checkup.draws:
        return "Not asked: this model imagines no pictures."
    reason = measure.absent if result is None else figure.silence(result, scale)
    return f"Unknown: {reason}." if reason else ""


def finding_of(
    figure: Figure[Any],
    context: Context,
    estimate: Estimate,
    *,
    sentence: str = "",
    picture: str = "",
) -> Finding:
    """A figure that was measured, judged."""
    scale = figure.scale_in(context)
    return Finding(
        key=figure.key,
        question=figure.question,
        verdict=figure.verdict(estimate.value, context),
        value=float(estimate.value),
        low=float(estimate.low),
        high=float(estimate.high),
        name=figure.name,
        figure=scale.spread(estimate),
        sentence=sentence,
        reference=scale.source,
        explanation=figure.explanation,
        picture=picture,
        decides=figure.decides,
        scale=scale,
    )
