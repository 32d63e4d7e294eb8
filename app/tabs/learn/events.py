"""What the tab Learn does when something is tried or answered: event in, plain JSON record out."""

from __future__ import annotations

from typing import Any

from app.core.limits import UserError
from app.core.names import names_of
from app.tabs.atlas.records import card_record
from app.tabs.learn import handout
from app.tabs.learn import words as say
from app.tabs.learn.figures import PaperFigure
from app.tabs.learn.lessons import LESSONS
from app.tabs.learn.paper_tables import ABOUT, METHODS, SOURCES, TABLES
from app.tabs.learn.records import (
    dream_record,
    guess_record,
    instructed_record,
    lesson_record,
    pair_record,
    plane_record,
    steered_record,
    swap_record,
)
from app.tabs.learn.service import Learn
from app.tabs.learn.stages import INSTRUCTIONS
from app.web.events import Callbacks, Record, answers, serves
from app.web.records import data_url


class LearnHandlers(Callbacks):
    """The callbacks of one Learn tab on one service."""

    def __init__(self, learn: Learn) -> None:
        self._learn = learn
        self._widgets = {
            "frames": self._pairs,
            "pair": self._pairs,
            "guess": self._guess,
            "quantize": self._plane,
            "noise": self._plane,
            "measured": self._plane,
            "scenes": self._scenes,
            "arrows": self._scenes,
            "words": self._words,
            "swap": self._swap,
            "dream": self._dream,
            "measure": self._dream,
            "judged": self._asked_dreams,
            "steer": self._steered,
            "instruct": self._instructions,
            "tables": self._tables,
        }

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """All lessons in words, without their questions."""
        return {"kind": "lessons", "lessons": [lesson_record(each) for each in LESSONS]}

    @answers
    def pair(self, event: Record, session: str | None) -> Record:
        """A frame pair on its way through stage one."""
        told = self._pair(str(event.get("lesson")), _whole(event.get("number", 0)))
        self._learn.prepare(str(event.get("lesson")))
        return told

    @answers
    def instructed(self, event: Record, session: str | None) -> Record:
        """An instruction on its way through stages two and three; `pending` while the policies are
        loaded, unless the visitor waits for them."""
        if not (event.get("wait") or self._learn.stages.ready()):
            return {"pending": True}
        return instructed_record(self._learn.instructed(_whole(event.get("number", 0))))

    @answers
    def imagine(self, event: Record, session: str | None) -> Record:
        """What codes imagine from the frame of a pair."""
        codes = event.get("codes")
        image = self._learn.imagine(
            str(event.get("lesson")), event.get("clip"), event.get("index"), codes
        )
        return {"image": data_url(image), "codes": codes}

    @serves
    def figures(self, asked: Record) -> Record:
        """The paper's figures as the models here make them."""
        return {"figures": [_figure(each) for each in self._learn.figures.all()]}

    @answers
    def options(self, event: Record, session: str | None) -> Record:
        """The question of a lesson as these models make it."""
        asked = self._learn.question(str(event.get("lesson")))
        return {"asked": asked.text, "options": list(asked.options)}

    @answers
    def check(self, event: Record, session: str | None) -> Record:
        """Whether an answer is right, and why; a hint after a first wrong one."""
        name = str(event.get("lesson"))
        answer = self._learn.check(name, event.get("chosen"), event.get("wrong", 0))
        return {"right": answer.right, "best": answer.best, "text": answer.text}

    @answers
    def sheet(self, event: Record, session: str | None) -> Record:
        """What is printed of a lesson besides its words."""
        name = str(event.get("lesson"))
        lesson = self._learn.lesson(name)
        place = LESSONS.index(lesson)
        address = handout.link(event.get("address"), place + 1)
        asked, told = self._learn.question(name), self._learn.check(name, None)
        return {
            "link": address,
            "qr": handout.qr_code(address),
            # another robot on every page, where the model knows several
            "pair": self._pair(name, place),
            "asked": asked.text,
            "options": list(asked.options),
            "best": told.best,
            "why": told.text,
        }

    @answers
    def widget(self, event: Record, session: str | None) -> Record:
        """What is tried in a step."""
        name = str(event.get("widget"))
        if name not in self._widgets:
            raise UserError(say.NOTHING_TO_TRY.format(name=name[:40]))
        return self._widgets[name](str(event.get("lesson")), _whole(event.get("number", 0)))

    def _pair(self, lesson: str, number: int) -> Record:
        pair = self._learn.pair(lesson, number)
        return pair_record(pair, names_of(self._learn.loaded(lesson).names, pair.embodiment))

    def _pairs(self, lesson: str, number: int) -> Record:
        return {"robots": list(self._learn.pairs(lesson)), **self._pair(lesson, number)}

    def _guess(self, lesson: str, number: int) -> Record:
        return guess_record(self._learn.guess(lesson))

    def _plane(self, lesson: str, number: int) -> Record:
        positions = self._learn.loaded(lesson).view.code_length
        return plane_record(self._learn.plane(lesson, number), positions)

    def _scenes(self, lesson: str, number: int) -> Record:
        card, codes = self._learn.scenes(lesson, number)
        values = self._learn.loaded(lesson).view.codebook_size
        return {"values": values, "card": card_record(card), "codes": list(codes)}

    def _words(self, lesson: str, number: int) -> Record:
        view = self._learn.loaded(lesson).view
        return {
            "values": view.codebook_size,
            "positions": view.code_length,
            "still": list(self._learn.still(lesson)),
            "words": [list(each) for each in self._learn.words(lesson)],
        }

    def _swap(self, lesson: str, number: int) -> Record:
        return swap_record(self._learn.swap(lesson), self._learn.loaded(lesson).view.codebook_size)

    def _dream(self, lesson: str, number: int) -> Record:
        return dream_record(self._learn.dream(lesson))

    def _asked_dreams(self, lesson: str, number: int) -> Record:
        """Without the figures, which would give the answer away."""
        dreams = self._learn.asked_dreams(lesson)
        return {"dreams": [{**dream_record(each), "psnr": [], "copy": []} for each in dreams]}

    def _steered(self, lesson: str, number: int) -> Record:
        return steered_record(self._learn.steered(lesson))

    def _instructions(self, lesson: str, number: int) -> Record:
        return {"instructions": list(INSTRUCTIONS)}

    def _tables(self, lesson: str, number: int) -> Record:
        return {"methods": METHODS, "about": ABOUT, "tables": TABLES, "sources": SOURCES}


def _whole(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise UserError(say.CHOICE_UNREAD)
    return number


def _figure(figure: PaperFigure) -> Record:
    return {
        "number": figure.number,
        "title": figure.title,
        "words": figure.words,
        "query": figure.query,
        "problem": figure.problem,
        "cells": [
            {"words": cell.words, "before": data_url(cell.before), "image": data_url(cell.image)}
            for cell in figure.cells
        ],
    }
