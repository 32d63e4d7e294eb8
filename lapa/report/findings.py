"""From a checkup to its report: every figure judged, told and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lapa.report import about_codes, about_frames
from lapa.report.answer import Answer, unknown
from lapa.report.finding import Finding, Report
from lapa.report.pictures import PICTURES
from lapa.report.questions import FIGURES, QUESTIONS

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup

CODES = (
    about_codes.use,
    about_codes.perplexity,
    about_codes.delta_accuracy,
    about_codes.named_motion,
    about_codes.cosine,
    about_codes.delta_mse,
    about_codes.probe_latent,
    about_codes.probe_codes,
    about_codes.probe_mlp,
    about_codes.divergence,
)
FRAMES = (
    about_frames.ratio,
    about_frames.ratio_worst,
    about_frames.random_ratio,
    about_frames.moving_sharpness,
    about_frames.feature_distance,
    about_frames.delta_psnr,
    about_frames.distinctness,
    about_frames.leak,
    about_frames.s_pcfc,
    about_frames.no_op,
    about_frames.drift,
    about_frames.sharpness,
    about_frames.transfer,
)
# by the key of the figure, which is the name of the function
ANSWERS: dict[str, Callable[[Checkup], Answer]] = {each.__name__: each for each in CODES} | {
    each.__name__: about_frames.pictured(each) for each in FRAMES
}


# what clips in which nothing moves can tell
STILL = ("no_op",)


def report_of(checkup: Checkup, *, checkpoint: str, data: str, notes: Sequence[str] = ()) -> Report:
    """The report of one checkup.

    Args:
        checkpoint, data: what was measured, as the reader knows it.
        notes: what must be known before trusting it; where a figure is unknown its own sentence
            says why.
    """
    from lapa.evaluation.words import as_json

    return Report(
        title=f"Checkup of {checkpoint}",
        checkpoint=checkpoint,
        data=data,
        pairs=checkup.pairs,
        episodes=checkup.episodes,
        embodiments=checkup.embodiments,
        seconds=checkup.seconds,
        findings=tuple(
            _finding(checkup, key, question) for question, keys in QUESTIONS.items() for key in keys
        ),
        figures=as_json(checkup),
        notes=tuple(notes),
    )


def _finding(checkup: Checkup, key: str, question: str) -> Finding:
    told = FIGURES[key]
    if checkup.moves or key in STILL:
        answer = ANSWERS[key](checkup)
    else:
        answer = unknown(key, "nothing moves in these clips")
    scale, figure = answer.scale, answer.figure
    draw = PICTURES.get(key)
    known = answer.verdict != "unknown"
    return Finding(
        key=key,
        question=question,
        verdict=answer.verdict,
        value=float(figure.value),
        low=float(figure.low),
        high=float(figure.high),
        name=told.name,
        figure=scale.spread(figure),
        sentence=" ".join(part for part in (answer.sentence, scale.doubt(figure)) if part),
        reference=scale.source,
        explanation=told.explanation,
        picture=draw(checkup) if draw and known else "",
        decides=told.decides,
        scale=scale,
    )
