"""What the tab Policy does when something is pressed: event in, plain JSON records out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from app.service import Explorer, NoPictures
from app.tabs import policy_links as links
from app.tabs import policy_records as records
from app.tabs.events import Record, answers, streams
from app.views import Tabletop


class PolicyHandlers:
    """The callbacks of one Policy tab on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What can be chosen, and what the address asks for."""
        about = self._explorer.policies.about()
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:8000]))
        choice, notes = links.read(query, about)
        return {
            "kind": "opened",
            "about": records.about_record(about),
            "choice": links.to_event(choice),
            "notes": notes,
        }

    @answers
    def begin(self, event: Record, session: str | None) -> Record:
        """Where the choice begins, and the link to it."""
        choice = links.from_event(event)
        try:
            start = self._explorer.policies.begin(choice, session)
        except NoPictures as error:
            return {"error": str(error), "blind": True}
        return {"kind": "begun", "link": links.write(choice), **records.start_record(start)}

    @answers
    def halt(self, event: Record, session: str | None) -> Record:
        """Nothing more is wanted."""
        self._explorer.policies.halt(session)
        return {"kind": "halted"}

    @answers
    def keep(self, event: Record, session: str | None) -> Record:
        """Both sides as one file."""
        kind = str(event.get("what"))
        return records.file_record(kind, "policy", self._explorer.policies.keep(session, kind))

    @streams
    def imagine(self, event: Record, session: str | None) -> Iterator[Record]:
        """The imagined rollout, a latent action at a time."""
        for step in self._explorer.policies.imagine(
            session, int(event.get("steps", Tabletop.steps))
        ):
            yield records.imagined_record(step)

    @streams
    def act(self, event: Record, session: str | None) -> Iterator[Record]:
        """The simulator, a tenth of a second at a time."""
        for step in self._explorer.policies.act(session, str(event.get("policy"))):
            yield records.acted_record(step)
