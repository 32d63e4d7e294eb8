"""Asks the page's own callbacks, as a browser would, for what a site carries as it was answered."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr

from app.web.events import Record


def ask(answer: Callable[..., Record], **event: Any) -> Record:
    """The record that an event of the page is answered with, by a visitor without a session; what
    went wrong is in it, one sentence, as the page would show it."""
    record = answer(gr.EventData(None, event), SimpleNamespace(session_hash=None))
    return {name: value for name, value in record.items() if name != "seq"}
