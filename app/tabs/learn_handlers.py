"""What the tab Learn does when something is tried or answered: event in, plain JSON record out."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.figures import data_url, latent_action
from app.service import LESSONS, PAPER_METHODS, PAPER_TABLES, Explorer, UserError
from app.tabs.atlas_records import card_record
from app.tabs.events import Record, answers


class LearnHandlers:
    """The callbacks of one Learn tab on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._widgets = {
            "frames": self._pair,
            "pair": self._pair,
            "quantize": self._plane,
            "noise": self._plane,
            "scenes": self._scenes,
            "words": self._words,
            "dream": self._dream,
            "tables": self._tables,
        }

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """All lessons in words, without their answers."""
        return {"kind": "lessons", "lessons": [_lesson(each) for each in LESSONS]}

    @answers
    def options(self, event: Record, session: str | None) -> Record:
        """The options of a question, which may depend on the model."""
        model, name = str(event.get("m")), str(event.get("lesson"))
        return {"options": list(self._explorer.learning.options(model, name))}

    @answers
    def check(self, event: Record, session: str | None) -> Record:
        """Whether an answer is right, and why."""
        model, name = str(event.get("m")), str(event.get("lesson"))
        answer = self._explorer.learning.check(model, name, event.get("chosen"))
        return {"right": answer.right, "best": answer.best, "why": answer.why}

    @answers
    def widget(self, event: Record, session: str | None) -> Record:
        """What is tried in a step."""
        name = str(event.get("widget"))
        if name not in self._widgets:
            raise UserError(f"There is nothing called {name[:40]!r} to try.")
        number = event.get("number", 0)
        if isinstance(number, bool) or not isinstance(number, int):
            raise UserError("The page sent a choice that cannot be read; please reload it.")
        return self._widgets[name](str(event.get("m")), number)

    def _pair(self, model: str, number: int) -> Record:
        told = self._explorer.learning.pair(model, number)
        return {
            "names": list(self._explorer.learning.pairs()),
            "embodiment": told.embodiment,
            "frame": data_url(told.frame),
            "future": data_url(told.future),
            "aspect": round(told.aspect, 4),
            "text": latent_action(told.codes),
            "command": [[name, round(value, 3)] for name, value in told.command],
        }

    def _plane(self, model: str, number: int) -> Record:
        plane = self._explorer.learning.plane(model, number)
        rounded = {name: np.round(part, 4).tolist() for name, part in vars(plane).items()}
        return {"positions": self._explorer.model(model).code_length, **rounded}

    def _scenes(self, model: str, number: int) -> Record:
        values = self._explorer.model(model).codebook_size
        return {
            "values": values,
            "card": card_record(self._explorer.learning.scenes(model, number)),
        }

    def _words(self, model: str, number: int) -> Record:
        view = self._explorer.model(model)
        grid = self._explorer.learning.words(model)
        return {"values": view.codebook_size, "positions": view.code_length, "grid": grid.tolist()}

    def _dream(self, model: str, number: int) -> Record:
        shown = self._explorer.learning.dream(model)
        return {
            "imagined": [data_url(image) for image in shown.imagined],
            "true": [data_url(image) for image in shown.true],
            "psnr": [round(each, 2) for each in shown.psnr],
            "copy": [round(each, 2) for each in shown.copy_psnr],
        }

    def _tables(self, model: str, number: int) -> Record:
        return {"methods": PAPER_METHODS, "tables": PAPER_TABLES}


def _lesson(lesson: Any) -> Record:
    return {
        "name": lesson.name,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "goal": lesson.goal,
        "source": lesson.source,
        "discuss": lesson.discuss,
        "asked": lesson.question.asked,
        "steps": [
            {"title": each.title, "text": list(each.text), "widget": each.widget, "note": each.note}
            for each in lesson.steps
        ],
    }
