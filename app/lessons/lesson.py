"""What a lesson is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.limits import UserError

GLOSS = re.compile(r"\{([^{}|]+)(?:\|([^{}]+))?\}")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """right: whether the chosen option is. best: the right one. why: in two or three sentences."""

    right: bool
    best: int
    why: str


@dataclass(frozen=True)
class Question:
    """asked: the question. options, best, why: as they are, or from the facts of the model."""

    asked: str
    options: tuple[str, ...] | Callable[[Facts], tuple[str, ...]]
    best: int | Callable[[Facts], int]
    why: str | Callable[[Facts], str]

    def choices(self, facts: Facts) -> tuple[str, ...]:
        """The options in the order in which they are shown."""
        return self.options(facts) if callable(self.options) else self.options

    def check(self, chosen: Any, facts: Facts) -> Answer:
        """Judge a choice; UserError if there is no such option."""
        count = len(self.choices(facts))
        if isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < count:
            raise UserError(f"Choose one of the {count} answers.")
        best = self.best(facts) if callable(self.best) else self.best
        why = self.why(facts) if callable(self.why) else self.why
        return Answer(chosen == best, best, why)


@dataclass(frozen=True)
class Step:
    """text: paragraphs. widget: what is tried here, by name, or empty. note: for the teacher."""

    title: str
    text: tuple[str, ...]
    widget: str = ""
    note: str = ""


@dataclass(frozen=True)
class Lesson:
    """minutes: to work through it. goal: what one can say afterwards. source: of what is told."""

    name: str
    title: str
    minutes: int
    goal: str
    steps: tuple[Step, ...]
    question: Question
    source: str
    discuss: str


def glosses(text: str) -> list[tuple[str, str]]:
    """The words of a text that have a gloss, each with its term."""
    return [(word, term or word) for word, term in GLOSS.findall(text)]
