"""What the tab Checkup does when something is asked: event in, plain JSON record out.

Events carry the session and a `seq`, which comes back with the answer. A ticket is a secret of the
page that got it, so progress, cancelling and results need no session and are asked past the queue.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from app import figures
from app.service import SIZES, Explorer, UserError
from app.tabs import checkup_links as links
from app.tabs import checkup_records as records
from app.tabs.events import Record, answers, serves
from app.tabs.uploaded import uploaded_path
from app.views import Model

MOST_FILES = 2


class CheckupHandlers:
    """The callbacks of one Checkup tab on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._thumbnail = functools.lru_cache(maxsize=200)(self._make_thumbnail)

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What can be chosen, and what the address asks for."""
        models = self._checkups.models(session)
        names, bodies = [model.name for model in models], self._explorer.embodiments()
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:4000]))
        choice, notes = links.read(query, models=names, embodiments=bodies)
        if choice is not None and not query.get("e"):
            model = next(each for each in models if each.name == choice.model)
            choice = replace(choice, embodiments=self._usual(model))
        return {
            "kind": "catalogue",
            **self._own(session),
            "embodiments": [self._embodiment(name) for name in bodies],
            "sizes": list(SIZES),
            "choice": links.to_event(choice) if choice else None,
            "notes": notes,
            "problem": self._explorer.clips_problem(),
        }

    @answers
    def plan(self, event: Record, session: str | None) -> Record:
        """What would be looked at and for how long, what is known already, and the link."""
        choice = links.from_event(event)
        link = {"kind": "plan", "link": links.write(choice, self._explorer.embodiments())}
        known = self._known(choice, session)
        try:
            plans = [self._checkups.plan(wanted, session) for wanted in choice.wanted]
        except UserError as error:
            return {**link, **known, "problem": str(error)}
        return {**link, **known, **records.plan_record(plans)}

    @answers
    def start(self, event: Record, session: str | None) -> Record:
        """A ticket for each checkpoint."""
        if not session:
            raise UserError("A checkup needs an open page; reload it and try again.")
        tickets: list[str] = []
        try:
            for wanted in links.from_event(event).wanted:
                tickets.append(self._checkups.start(wanted, session))
        except UserError:
            for ticket in tickets:
                self._checkups.cancel(ticket)
            raise
        return {"kind": "started", "tickets": tickets}

    @answers
    def send(self, event: Record, session: str | None) -> Record:
        """Takes an uploaded checkpoint over."""
        paths = event.get("paths")
        if not isinstance(paths, list) or not 1 <= len(paths) <= MOST_FILES:
            raise UserError("Send one file, or config.json and model.safetensors together.")
        model = self._checkups.add_checkpoint([uploaded_path(each) for each in paths], session)
        return {"kind": "sent", "added": model.name, **self._own(session)}

    @answers
    def bring(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded video and forgets the file itself."""
        path = uploaded_path(event.get("path"))
        clip = self._explorer.add_upload(path, session, delete=True)
        return {"kind": "brought", "added": clip.id, "note": clip.note, **self._own(session)}

    # By ticket, past the queue

    @serves
    def progress(self, asked: Record) -> Record:
        """How the checkups are doing; asking keeps them going."""
        told = [self._checkups.progress(ticket) for ticket in _tickets(asked)]
        return {"progress": [records.progress_record(each) for each in told]}

    @serves
    def cancel(self, asked: Record) -> Record:
        """Wait for them no longer."""
        for ticket in _tickets(asked):
            self._checkups.cancel(ticket)
        return {}

    @serves
    def report(self, asked: Record) -> Record:
        """The finished reports beside each other, with their differences."""
        reports = [self._checkups.report(ticket) for ticket in _tickets(asked)]
        gauge = self._checkups.gauge
        return {
            "columns": [records.report_record(each, gauge) for each in reports],
            "differences": self._differences(reports),
        }

    @serves
    def export(self, asked: Record) -> Record:
        """The text of a file: the reports as JSON, or as one self-contained page."""
        tickets = _tickets(asked)
        if asked.get("as") == "html":
            return {"html": self._checkups.page(tickets)}
        return {"json": [self._checkups.as_json(self._checkups.report(each)) for each in tickets]}

    # Inside

    @property
    def _checkups(self) -> Any:
        return self._explorer.checkups

    def _own(self, session: str | None) -> Record:
        """What is on offer to this visitor."""
        models = self._checkups.models(session)
        shipped = {model.name for model in self._checkups.models(None)}
        uploads = self._explorer.uploads(session)
        return {
            "models": [
                records.model_record(model, self._usual(model), own=model.name not in shipped)
                for model in models
            ],
            "uploads": [records.upload_record(clip) for clip in uploads],
        }

    def _usual(self, model: Model) -> tuple[str, ...]:
        """What a checkpoint is examined on unless others are chosen: the robots that it knows, or
        all where the clips show none of those."""
        return self._explorer.embodiments(model) or self._explorer.embodiments()

    def _embodiment(self, name: str) -> Record:
        clips = self._explorer.clips(name)
        try:
            picture = self._thumbnail(clips[0].id)
        except UserError:
            picture = ""
        return {"name": name, "clips": len(clips), "picture": picture}

    def _make_thumbnail(self, clip_id: str) -> str:
        return figures.thumb_url(self._explorer.thumbnail(clip_id), side=72)

    def _known(self, choice: links.Choice, session: str | None) -> Record:
        """What was measured of the checkpoints before."""
        models = {model.name: model for model in self._checkups.models(session)}
        names = [wanted.checkpoint for wanted in choice.wanted]
        found = [self._checkups.measured(name) for name in names]
        gauge = self._checkups.gauge
        return {
            "columns": [
                records.measured_record(name, measured, gauge)
                if measured
                else records.unmeasured_record(models.get(name) or Model(name, name))
                for name, measured in zip(names, found, strict=True)
            ],
            "differences": self._differences(found) if all(found) else {},
        }

    def _differences(self, pair: Sequence[Any]) -> dict[str, Record]:
        if len(pair) < 2:
            return {}
        return records.difference_records(self._checkups.differences(*pair))


def _tickets(asked: Record) -> list[str]:
    tickets = asked.get("tickets")
    if not isinstance(tickets, list) or not 1 <= len(tickets) <= 2:
        raise UserError("The page asked for a checkup that cannot be named; please reload it.")
    return [str(ticket) for ticket in tickets]
