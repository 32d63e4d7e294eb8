"""The tab Checkup: a checkpoint and clips in, a health report in plain words out.

On the left what is chosen (static/checkup.js), on the right what is known: figures that came with
a checkpoint at once, a report of its own after a run (static/report.js).
"""

from __future__ import annotations

import gradio as gr

from app.service import Explorer
from app.tabs.checkup_handlers import CheckupHandlers, Record
from app.tabs.components import panel


def checkup(explorer: Explorer) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = CheckupHandlers(explorer)

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

    # Past the queue where the service answers at once or queues by itself; an upload is looked at
    # for longer, and only a few at a time.
    quick = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in ("open", "plan", "start"):
        event, handle = getattr(chooser, name), getattr(handlers, name)
        event(handle, None, chooser, api_name=f"checkup_{name}", queue=False, **quick)
    chooser.send(handlers.send, None, chooser, api_name="checkup_send", **quick)
    chooser.bring(handlers.bring, None, chooser, api_name="checkup_bring", **quick)
