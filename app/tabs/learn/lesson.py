"""What a lesson is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.limits import UserError
from app.tabs.learn import words as say

GLOSS = re.compile(r"\{([^{}|]+)(?:\|([^{}]+))?\}")
Facts = Mapping[str, Any]
# the boxes of the diagram that runs through all lessons, in the order of the method
PARTS = (
    "frames", "encoder", "latent", "codebook", "codes", "decoder", "imagined", "loop",
    "instruction", "policy", "predicted", "head", "command",
)  # fmt: skip
# wrong answers after which the right one is shown
TRIES = 2


@dataclass(frozen=True)
class Answer:
    """right: whether the chosen option is. best: the right one, None while there is another try.
    text: why, in two or three sentences, or the hint for the next try."""

    right: bool
    best: int | None
    text: str


@dataclass(frozen=True)
class Asked:
    """A question as it is put: its words and its options in their order."""

    text: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """asked, options, best, why: from the facts of the model. hint: after a first wrong answer.
    widget: what is tried to find the answer. lit: parts of the diagram it is about."""

    asked: Callable[[Facts], str]
    options: Callable[[Facts], tuple[str, ...]]
    best: Callable[[Facts], int]
    why: Callable[[Facts], str]
    hint: str
    widget: str
    lit: tuple[str, ...]

    def put(self, facts: Facts) -> Asked:
        """The question in words."""
        return Asked(self.asked(facts), self.options(facts))

    def check(self, chosen: Any, facts: Facts, wrong: Any = 0) -> Answer:
        """Judge a choice; UserError if there is no such option.

        chosen: None to be told. wrong: how often the answer was wrong before.
        """
        count, best = len(self.options(facts)), self.best(facts)
        if chosen is None:
            return Answer(False, best, self.why(facts))
        if isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < count:
            raise UserError(say.CHOOSE_ANSWER.format(count=count))
        if chosen == best:
            return Answer(True, best, self.why(facts))
        last = isinstance(wrong, int) and wrong + 1 >= TRIES
        return Answer(False, best, self.why(facts)) if last else Answer(False, None, self.hint)


@dataclass(frozen=True)
class Step:
    """text: paragraphs. lit: parts of the diagram it is about. widget: what is tried here, by name,
    or empty. note: for the teacher."""

    title: str
    text: tuple[str, ...]
    lit: tuple[str, ...]
    widget: str = ""
    note: str = ""


@dataclass(frozen=True)
class Lesson:
    """model: the checkpoint that it is about. minutes: to work through it. goal: what one can say
    afterwards. source: of what is told. discuss, mistake: for the teacher, a question to the class
    and what is often got wrong."""

    name: str
    title: str
    model: str
    minutes: int
    goal: str
    steps: tuple[Step, ...]
    question: Question
    source: str
    discuss: str
    mistake: str


def glosses(text: str) -> list[tuple[str, str]]:
    """The words of a text that have a gloss, each with its term."""
    return [(word, term or word) for word, term in GLOSS.findall(text)]


def plain(text: str) -> str:
    """A text as it is printed, without the marks of its glosses."""
    return GLOSS.sub(lambda found: found[1], text)
