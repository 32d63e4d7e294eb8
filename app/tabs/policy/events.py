"""What the tab Policy does when something is pressed: event in, plain JSON records out."""

from __future__ import annotations

from collections.abc import Generator
from urllib.parse import parse_qsl

import plotly.graph_objects as go

from app.core.limits import NoPictures, UserError
from app.tabs.policy import link, records
from app.tabs.policy import words as say
from app.tabs.policy.charts import success_bars
from app.tabs.policy.service import Policy
from app.tabs.policy.views import Tabletop
from app.web.events import Callbacks, Record, answers, draws, streams


class PolicyHandlers(Callbacks):
    """The callbacks of one Policy tab on one service."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What can be chosen, and what the address asks for."""
        about = self._policy.about()
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:8000]))
        choice, notes = link.read(query, about)
        return {
            "kind": "opened",
            "about": records.about_record(about),
            "choice": link.to_event(choice),
            "notes": notes,
        }

    @answers
    def begin(self, event: Record, session: str | None) -> Record:
        """Where the choice begins, the link to it, and what latent actions do there."""
        choice = link.from_event(event)
        try:
            start = self._policy.begin(choice, session)
        except NoPictures as error:
            return {"error": str(error), "blind": True}
        return {
            "kind": "begun",
            "link": link.write(choice),
            "names": self._policy.names(choice),
            **records.start_record(start),
        }

    @answers
    def halt(self, event: Record, session: str | None) -> Record:
        """Nothing more is wanted."""
        self._policy.halt(session)
        return {"kind": "halted"}

    @answers
    def keep(self, event: Record, session: str | None) -> Record:
        """Both sides as one file."""
        kind = str(event.get("what"))
        return records.file_record(kind, "policy", self._policy.keep(session, kind))

    @draws
    def chart(self, event: Record, session: str | None) -> go.Figure:
        """How often each policy does what it is told, as measured before."""
        rates = self._policy.about().rates
        if not rates:
            raise UserError(say.NO_RATES)
        return success_bars(records.named_rates(rates))

    @streams
    def imagine(self, event: Record, session: str | None) -> Generator[Record, None, None]:
        """The imagined rollout, a latent action at a time."""
        for step in self._policy.imagine(session, int(event.get("steps", Tabletop.steps))):
            yield records.imagined_record(step)

    @streams
    def act(self, event: Record, session: str | None) -> Generator[Record, None, None]:
        """The simulator, a tenth of a second at a time."""
        for step in self._policy.act(session, str(event.get("policy"))):
            yield records.acted_record(step)

    @streams
    def race(self, event: Record, session: str | None) -> Generator[Record, None, None]:
        """Everybody from one start, a tenth of a second each in turn."""
        for step in self._policy.race(session):
            yield records.race_record(step)
