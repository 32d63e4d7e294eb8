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

from app.clips.gallery import Gallery
from app.core.limits import UserError
from app.core.views import Model
from app.tabs.checkup import link, records
from app.tabs.checkup import words as say
from app.tabs.checkup.sample import SIZES
from app.tabs.checkup.service import Checkup
from app.web.events import Callbacks, Record, answers, heavy, reading_of, serves
from app.web.records import thumb_url
from app.web.uploaded import take_in, uploaded_path

MOST_FILES = 2


class CheckupHandlers(Callbacks):
    """The callbacks of one Checkup tab on one service."""

    def __init__(self, checkup: Checkup, clips: Gallery) -> None:
        self._checkup, self._clips = checkup, clips
        self._thumbnail = functools.lru_cache(maxsize=200)(self._make_thumbnail)

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What can be chosen, and what the address asks for."""
        models = self._checkup.models(session)
        names, bodies = [model.name for model in models], self._clips.embodiments()
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:4000]))
        choice, notes = link.read(query, models=names, embodiments=bodies)
        if choice is not None and not query.get("e"):
            model = next(each for each in models if each.name == choice.model)
            choice = replace(choice, embodiments=self._usual(model))
        return {
            "kind": "catalogue",
            **self._own(session),
            "embodiments": [self._embodiment(name) for name in bodies],
            "sizes": list(SIZES),
            "choice": link.to_event(choice) if choice else None,
            "notes": notes,
            "problem": self._clips.problem(),
        }

    @answers
    def plan(self, event: Record, session: str | None) -> Record:
        """What would be looked at and for how long, what is known already, and the link."""
        choice = link.from_event(event)
        plan = {"kind": "plan", "link": link.write(choice, self._clips.embodiments())}
        known = self._known(choice, session)
        try:
            plans = [self._checkup.plan(wanted, session) for wanted in choice.wanted]
        except UserError as error:
            return {**plan, **known, "problem": str(error)}
        return {**plan, **known, **records.plan_record(plans)}

    @answers
    def start(self, event: Record, session: str | None) -> Record:
        """A ticket for each checkpoint."""
        if not session:
            raise UserError(say.NEEDS_PAGE)
        tickets: list[str] = []
        try:
            for wanted in link.from_event(event).wanted:
                # one by one: those that were begun are known when one is refused
                tickets.append(self._checkup.start(wanted, session))  # noqa: PERF401
        except UserError:
            for ticket in tickets:
                self._checkup.cancel(ticket)
            raise
        return {"kind": "started", "tickets": tickets}

    @heavy("files")
    @answers
    def send(self, event: Record, session: str | None) -> Record:
        """Takes an uploaded checkpoint over."""
        paths = event.get("paths")
        if not isinstance(paths, list) or not 1 <= len(paths) <= MOST_FILES:
            raise UserError(say.SEND_ONE)
        model = self._checkup.add_checkpoint(
            [uploaded_path(each) for each in paths], session, reading_of(event)
        )
        return {"kind": "sent", "added": model.name, **self._own(session)}

    @heavy("files")
    @answers
    def bring(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded video and forgets the file itself."""
        clip = take_in(self._clips, event, session)
        return {"kind": "brought", "added": clip.id, "note": clip.note, **self._own(session)}

    # By ticket, past the queue

    @serves
    def progress(self, asked: Record) -> Record:
        """How the checkups are doing; asking keeps them going."""
        told = [self._checkup.progress(ticket) for ticket in _tickets(asked)]
        return {
            "progress": [records.progress_record(each, self._checkup.doing(each)) for each in told]
        }

    @serves
    def cancel(self, asked: Record) -> Record:
        """Wait for them no longer."""
        for ticket in _tickets(asked):
            self._checkup.cancel(ticket)
        return {}

    @serves
    def report(self, asked: Record) -> Record:
        """The finished reports beside each other, with their differences."""
        reports = [self._checkup.report(ticket) for ticket in _tickets(asked)]
        gauge = self._checkup.gauge
        return {
            "columns": [records.report_record(each, gauge) for each in reports],
            "differences": self._differences(reports),
        }

    @serves
    def export(self, asked: Record) -> Record:
        """The text of a file, as JSON or as one self-contained page: finished reports by ticket, or
        what was published of shipped checkpoints by name."""
        if "models" in asked:
            reports = [self._checkup.kept(name) for name in _names(asked["models"])]
        else:
            reports = [self._checkup.report(each) for each in _names(asked.get("tickets"))]
        if asked.get("as") == "html":
            return {"html": self._checkup.page(reports)}
        return {"json": [self._checkup.as_json(each) for each in reports]}

    # Inside

    def _own(self, session: str | None) -> Record:
        """What is on offer to this visitor."""
        models = self._checkup.models(session)
        shipped = {model.name for model in self._checkup.models(None)}
        uploads = self._clips.uploads(session)
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
        return self._clips.embodiments(model) or self._clips.embodiments()

    def _embodiment(self, name: str) -> Record:
        clips = self._clips.all(name)
        try:
            picture = self._thumbnail(clips[0].id)
        except UserError:
            picture = ""
        return {"name": name, "clips": len(clips), "picture": picture}

    def _make_thumbnail(self, clip_id: str) -> str:
        return thumb_url(self._clips.thumbnail(clip_id), side=72)

    def _known(self, choice: link.Choice, session: str | None) -> Record:
        """What was measured of the checkpoints before."""
        models = {model.name: model for model in self._checkup.models(session)}
        names = [wanted.checkpoint for wanted in choice.wanted]
        found = [self._checkup.measured(name) for name in names]
        gauge = self._checkup.gauge
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
        return records.difference_records(self._checkup.differences(*pair))


def _tickets(asked: Record) -> list[str]:
    return _names(asked.get("tickets"))


def _names(names: Any) -> list[str]:
    if not isinstance(names, list) or not 1 <= len(names) <= 2:
        raise UserError(say.UNNAMED_CHECKUP)
    return [str(name) for name in names]
