"""The lessons of a site: what the models show and are asked in them, as the page's own callbacks
answer now. What is tried on codes is computed in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.explorer import Explorer
from app.site.asking import ask
from app.tabs.learn import handout
from app.tabs.learn.events import LearnHandlers
from app.tabs.learn.lesson import Lesson
from app.tabs.learn.lessons import LESSONS
from app.tabs.learn.stages import INSTRUCTIONS

Record = dict[str, Any]
# widgets of which there are several, each with what there is one of
PAIRS = ("frames", "pair")
POSITIONS, CODES = ("quantize", "noise", "measured"), ("scenes", "arrows")


def files(explorer: Explorer, address: str) -> Iterator[tuple[str, Record]]:
    """Every record of the tab Learn by the name of its file. address: of the site, for the codes on
    the hand-outs; empty where nobody knows it yet."""
    handlers = LearnHandlers(explorer.learn)
    lessons = ask(handlers.open)
    yield "lessons", lessons
    for place, lesson in enumerate(LESSONS):
        first = ask(handlers.pair, lesson=lesson.name, number=0)
        yield f"pair-{lesson.name}-0", first
        yield f"question-{lesson.name}", _question(handlers, lesson)
        yield f"sheet-{lesson.name}", _sheet(handlers, lesson, place, address)
        for widget in _widgets(lesson):
            for number in range(_count(explorer, lesson, widget)):
                told = ask(handlers.widget, lesson=lesson.name, widget=widget, number=number)
                yield f"widget-{lesson.name}-{widget}-{number}", told
    for number in range(len(INSTRUCTIONS)):
        yield f"instructed-{number}", ask(handlers.instructed, number=number, wait=True)
    yield "figures", handlers.figures({})


def _question(handlers: LearnHandlers, lesson: Lesson) -> Record:
    """A question with its answer: who looks into the files of a site finds it."""
    put = ask(handlers.options, lesson=lesson.name)
    if "error" in put:
        return put
    told = ask(handlers.check, lesson=lesson.name, chosen=None)
    hint = lesson.question.hint
    return {**put, "best": told["best"], "why": told["text"], "hint": hint}


def _sheet(handlers: LearnHandlers, lesson: Lesson, place: int, address: str) -> Record:
    # an address is needed for a code; without one the rest of the sheet is printed
    sheet = ask(handlers.sheet, lesson=lesson.name, address=address or "http://localhost/")
    if "error" in sheet or address:
        return sheet
    return {**sheet, "link": handout.query(place + 1), "qr": ""}


def _widgets(lesson: Lesson) -> list[str]:
    all_of_it = [*(step.widget for step in lesson.steps), lesson.question.widget]
    return list(dict.fromkeys(name for name in all_of_it if name))


def _count(explorer: Explorer, lesson: Lesson, widget: str) -> int:
    """How many numbers a widget may be asked with; one where its model is missing."""
    here = {model.name: model for model in explorer.models.all()}
    model = here.get(lesson.model)
    if model is None:
        return 1
    if widget in PAIRS:
        return len(explorer.learn.pairs(lesson.name))
    if widget in POSITIONS:
        return model.code_length
    return model.codebook_size if widget in CODES else 1
