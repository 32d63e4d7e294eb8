"""Every measure, one file each: a new one is a file with MEASURE in it and its name below."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lapa.checkup.questions import QUESTIONS

if TYPE_CHECKING:
    from lapa.checkup.measure import Column, Figure, Measure

# in the order of results.json, and of the columns of tables
FILES = (
    "reconstruction",
    "picture",
    "control",
    "distinctness",
    "codes",
    "frequent",
    "divergence",
    "consistency",
    "naming",
    "probe",
    "leak",
    "no_op",
    "drift",
    "transfer",
    "worst",
)


@cache
def measures() -> dict[str, Measure[Any]]:
    """The measures by key. They are loaded when first asked for, because they need torch."""
    every = [import_module(f"{__name__}.{file}").MEASURE for file in FILES]
    return {measure.key: measure for measure in every}


def figures() -> list[tuple[Measure[Any], Figure[Any]]]:
    """Every figure with its measure, in the order of the questions, those that decide first."""
    return _sorted([*QUESTIONS, *_questions()])


def columns() -> list[tuple[Measure[Any], Column]]:
    """The columns of the tables with the measure whose result they show, question by question in
    the order of the measures."""
    return [(measure, figure.column) for measure, figure in _sorted(_questions()) if figure.column]


def keys() -> tuple[str, ...]:
    """The names of all figures, which bars know, in the order of a report."""
    return tuple(figure.key for _, figure in figures())


def _sorted(questions: list[str]) -> list[tuple[Measure[Any], Figure[Any]]]:
    return sorted(
        _every(), key=lambda pair: (questions.index(pair[1].question), not pair[1].decides)
    )


def _questions() -> list[str]:
    return [figure.question for _, figure in _every()]


def _every() -> Iterator[tuple[Measure[Any], Figure[Any]]]:
    return ((measure, each) for measure in measures().values() for each in measure.figures)
