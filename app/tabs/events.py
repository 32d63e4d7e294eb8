"""How the page's events are answered: plain records, errors as one sentence, never an exception.

Events carry the session and a `seq`, which comes back with the answer (static/wire.js).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from app.service import UserError

BROKEN = "Something went wrong on the server; its log has the details. Please try again."
log = logging.getLogger(__name__)

Record = dict[str, Any]


def answers(handle: Callable[..., Record]) -> Callable[..., Record]:
    """For an event of the page: handle(self, event, session) -> record."""

    def answer(self: Any, evt: gr.EventData, request: gr.Request) -> Record:
        event = evt._data if isinstance(evt._data, dict) else {}
        told = _told(lambda: handle(self, event, request.session_hash), handle)
        return {**told, "seq": event.get("seq")}

    return _named(answer, handle)


def serves(handle: Callable[..., Record]) -> Callable[..., Record]:
    """For a question past the queue, which has no session: handle(self, asked) -> record."""

    def answer(self: Any, asked: Any) -> Record:
        return _told(lambda: handle(self, asked if isinstance(asked, dict) else {}), handle)

    return _named(answer, handle)


def streams(handle: Callable[..., Iterator[Record]]) -> Callable[..., Iterator[Record]]:
    """For an event that goes on for a while: handle(self, event, session) -> records. The last
    record is {"kind": "ended"}, or {"kind": "ended", "error": sentence}."""

    def answer(self: Any, evt: gr.EventData, request: gr.Request) -> Iterator[Record]:
        event = evt._data if isinstance(evt._data, dict) else {}
        seq, last = event.get("seq"), {"kind": "ended"}
        try:
            for record in handle(self, event, request.session_hash):
                yield {**record, "seq": seq}
        except UserError as error:
            last["error"] = str(error)
        except Exception:
            log.exception("%s failed", handle.__qualname__)
            last["error"] = BROKEN
        yield {**last, "seq": seq}

    return _named(answer, handle)


def _told(answer: Callable[[], Record], handle: Callable[..., Any]) -> Record:
    try:
        return answer()
    except UserError as error:
        return {"error": str(error)}
    except Exception:
        log.exception("%s failed", handle.__qualname__)
        return {"error": BROKEN}


def _named(answer: Callable[..., Any], handle: Callable[..., Any]) -> Callable[..., Any]:
    answer.__name__, answer.__doc__ = handle.__name__, handle.__doc__
    return answer
