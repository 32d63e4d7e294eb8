"""The endpoint /checkup: published figures at once, or a checkup that a program waits for.

A checkup takes longer than a request should, so what is not finished within WAIT_SECONDS is
answered with a ticket to ask again with.
"""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
import threading
import time
from collections.abc import Callable
from typing import Any

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.limits import UserError
from app.core.shares import asking
from app.tabs.checkup.service import Checkup, Wanted

WAIT_SECONDS, LOOK_SECONDS, MOST_WAITING = 20.0, 0.2, 4


def endpoints(checkup: Checkup, clips: Gallery, models: ModelList) -> dict[str, Callable[..., Any]]:
    """The tab's endpoint by its name."""
    return {"checkup": CheckupEndpoint(checkup, clips, models).examine_quantizer}


class CheckupEndpoint:
    """The endpoint over one service. wait: seconds that one call waits at most."""

    def __init__(
        self, checkup: Checkup, clips: Gallery, models: ModelList, wait: float = WAIT_SECONDS
    ) -> None:
        self._checkup, self._clips, self._models = checkup, clips, models
        self._wait_seconds = wait
        # every waiting call holds one of the server's threads
        self._places = threading.BoundedSemaphore(MOST_WAITING)

    def examine_quantizer(
        self, model: str = "", embodiments: str | list[str] = "", size: str = "", ticket: str = ""
    ) -> dict[str, Any]:
        """Examine a model: are all codes used, does the picture move the right way, same action same code, is the future smuggled through, and seven more questions.

        Without a size it gives the figures published with the model, at once. With a size it measures anew, and while that is not finished it gives a ticket: call again with the ticket alone until the state is "done".

        Args:
            model: Name of the model; empty for the first one.
            embodiments: Robots whose clips are looked at, like ["panda", "fetch"] or "panda, fetch"; empty for all that the model knows.
            size: How much of the clips is looked at, "quick" or "thorough"; empty for the figures measured before.
            ticket: The ticket of an earlier answer, to go on waiting for its result; the other arguments are ignored.

        Returns:
            {"state": "published", "done", "waiting" or "running"}; with figures also "verdicts" (one a question: good, fair, poor or unknown) and "findings" (key, name, verdict, value, 95 % interval, reference); while unfinished "ticket", "stage", "share" from 0 to 1, "seconds_left" and "ahead" (checkups before it).
        """  # noqa: E501
        if ticket:
            return self._waited(ticket)
        models = self._checkup.models()
        if not model and not models:
            raise UserError("No model can be examined here.")
        name = model or models[0].name
        if not size:
            return self._published(name)
        known = self._clips.embodiments(self._models.get(name))
        chosen = _names(embodiments) or known or self._clips.embodiments()
        return self._waited(self._checkup.start(Wanted(name, chosen, (), size), asking.get().name))

    def _published(self, name: str) -> dict[str, Any]:
        self._models.get(name)  # says which models there are if there is none of this name
        measured = self._checkup.measured(name)
        if measured is None:
            raise UserError(f"Nothing was published with {name}; ask for the size quick.")
        return {"state": "published", "model": name, **measured.as_json()}

    def _waited(self, ticket: str) -> dict[str, Any]:
        """The report if it is finished in time, otherwise how far it is."""
        found = self._checkup.progress(ticket)
        if self._places.acquire(blocking=False):
            try:
                deadline = time.monotonic() + self._wait_seconds
                while found.state in ("waiting", "running") and time.monotonic() < deadline:
                    time.sleep(LOOK_SECONDS)
                    found = self._checkup.progress(ticket)
            finally:
                self._places.release()
        if found.state == "done":
            report = self._checkup.report(ticket)
            return {"state": "done", "ticket": ticket, **self._checkup.as_json(report)}
        if found.state in ("failed", "cancelled"):
            raise UserError(found.error or "This checkup was cancelled; start it again.")
        return {
            "state": found.state,
            "ticket": ticket,
            "stage": found.stage,
            "share": round(found.share, 3),
            "seconds_left": None if found.seconds_left is None else round(found.seconds_left, 1),
            "ahead": found.ahead,
        }


def _names(embodiments: str | list[str]) -> tuple[str, ...]:
    if isinstance(embodiments, str):
        embodiments = embodiments.strip(" []").split(",")
    return tuple(name for each in embodiments if (name := str(each).strip(" \"'")))
