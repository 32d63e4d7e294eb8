"""How the page's events are answered: plain records, errors as one sentence, never an exception.

Events carry the session and a `seq`, which comes back with the answer (web/wire.js).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import gradio as gr

from app.core.codes import is_whole
from app.core.limits import FULL, UserError, is_full
from app.web import words as say

log = logging.getLogger(__name__)

Record = dict[str, Any]
Function = TypeVar("Function", bound=Callable[..., Any])


class Callbacks:
    """The callbacks of a tab; `broken` is what is said of a fault of ours."""

    broken = say.BROKEN

    def failed(self, error: Exception, event: Record) -> Record:
        """What the visitor is told of an error; what went wrong here is logged."""
        if isinstance(error, UserError):
            return {"error": str(error), **error.more}
        if is_full(error):
            log.warning("no room for a file", exc_info=error)
            return {"error": FULL}
        log.error("%s failed", type(self).__name__, exc_info=error)
        return {"error": self.broken}


def answers(handle: Callable[..., Record]) -> Callable[..., Record]:
    """For an event of the page: handle(self, event, session) -> record."""

    def answer(self: Callbacks, evt: gr.EventData, request: gr.Request) -> Record:
        event = event_of(evt)
        try:
            record = handle(self, event, request.session_hash)
        except Exception as error:
            record = self.failed(error, event)
        return {**record, "seq": event.get("seq")}

    def refuse(self: Callbacks, error: UserError, evt: gr.EventData) -> Record:
        event = event_of(evt)
        return {**self.failed(error, event), "seq": event.get("seq")}

    named = _named(answer, handle)
    # what is told of an event that may not begin (web/blocks.py)
    vars(named)["refuse"] = refuse
    return named


def serves(handle: Callable[..., Record]) -> Callable[..., Record]:
    """For a question past the queue, which has no session: handle(self, asked) -> record."""

    def answer(self: Callbacks, data: Any) -> Record:
        event = data if isinstance(data, dict) else {}
        try:
            return handle(self, event)
        except Exception as error:
            return self.failed(error, event)

    return _named(answer, handle)


def streams(
    handle: Callable[..., Generator[Record, None, Record | None]],
) -> Callable[..., Generator[Record, None, None]]:
    """For an event that goes on for a while: handle(self, event, session) -> records.

    The last record is {"kind": "ended"} with what `handle` returns, if anything, or with what is
    told of an error.
    """

    def answer(
        self: Callbacks, evt: gr.EventData, request: gr.Request
    ) -> Generator[Record, None, None]:
        event = event_of(evt)
        records, seq = handle(self, event, request.session_hash), event.get("seq")
        try:
            while True:
                yield {**next(records), "seq": seq}
        except StopIteration as end:
            last = end.value or {}
        except Exception as error:
            last = self.failed(error, event)
        yield {"kind": "ended", **last, "seq": seq}

    return _named(answer, handle)


def draws(handle: Callable[..., Any]) -> Callable[..., Any]:
    """For a chart that is opened: handle(self, event, session) -> figure. The page shows a sentence
    in its place where there is none."""

    def answer(self: Callbacks, evt: gr.EventData, request: gr.Request) -> Any:
        event = event_of(evt)
        try:
            return handle(self, event, request.session_hash)
        except Exception as error:
            sentence = self.failed(error, event)["error"]
            raise gr.Error(sentence, title=say.NO_CHART, print_exception=False) from error

    return _named(answer, handle)


def heavy(what: str) -> Callable[[Function], Function]:
    """Marks an event or endpoint that takes long: it is done when its visitor has a turn.

    what: "files" for decoding what was sent, "models" for more model work than a press.
    """

    def mark(function: Function) -> Function:
        vars(function)["heavy"] = what
        return function

    return mark


def reading_of(event: Record) -> dict[str, int]:
    """What an official file is said to be, of those that `SeveralNetworks` named; often empty."""
    reading = event.get("reading")
    if reading is None:
        return {}
    if not isinstance(reading, list) or len(reading) != 2 or not all(map(is_whole, reading)):
        raise UserError(say.CHOICE_UNREAD)
    return dict(zip(("image_size", "code_length"), map(int, reading), strict=True))


def event_of(evt: gr.EventData) -> Record:
    """What the browser sent; empty where that is no record."""
    return evt._data if isinstance(evt._data, dict) else {}


def _named(answer: Callable[..., Any], handle: Callable[..., Any]) -> Callable[..., Any]:
    answer.__name__, answer.__doc__ = handle.__name__, handle.__doc__
    return answer
