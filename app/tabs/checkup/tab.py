"""The tab Checkup: a checkpoint and clips in, a health report in plain words out.

On the left what is chosen (form.js), on the right what is known: figures that came with a
checkpoint at once, a report of its own after a run (report.js).
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.clips.gallery import Gallery
from app.tabs.checkup.events import CheckupHandlers
from app.tabs.checkup.service import Checkup
from app.web.components import panel
from app.web.events import Record


def layout(checkup: Checkup, clips: Gallery) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = CheckupHandlers(checkup, clips)

    # Gradio finds a server function by its name on the component, so each is a plain function.
    def progress(asked: Record) -> Record:
        return handlers.progress(asked)

    def cancel(asked: Record) -> Record:
        return handlers.cancel(asked)

    def report(asked: Record) -> Record:
        return handlers.report(asked)

    def export(asked: Record) -> Record:
        return handlers.export(asked)

    with gr.Row(elem_id="checkup"):
        chooser = panel("checkup", events=["open", "plan", "start", "send", "bring"])
        panel("report", server_functions=[progress, cancel, report, export])

    # Past the queue where the service answers at once or queues by itself; who has a turn with
    # an upload is decided in web/blocks.py.
    quick: dict[str, Any] = {
        "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"
    }  # fmt: skip
    for name in ("open", "plan", "start"):
        event, handle = getattr(chooser, name), getattr(handlers, name)
        event(handle, None, chooser, api_name=f"checkup_{name}", queue=False, **quick)
    own = {**quick, "concurrency_limit": None}
    chooser.send(handlers.send, None, chooser, api_name="checkup_send", **own)
    chooser.bring(handlers.bring, None, chooser, api_name="checkup_bring", **own)
