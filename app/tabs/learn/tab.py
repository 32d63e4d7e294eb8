"""The tab Learn: lessons on the live models, each with a question that is checked.

The words come from lessons.py; lesson_view.js shows them, tries.js what is tried in them and
diagram.js what passes through the three stages meanwhile. Below them figures.js shows the paper's
figures as the models here make them.
"""

from __future__ import annotations

import gradio as gr

from app.tabs.learn.events import LearnHandlers
from app.tabs.learn.service import Learn
from app.web.components import panel
from app.web.events import Record

EVENTS = ("open", "pair", "instructed", "imagine", "options", "check", "sheet", "widget")


def layout(learn: Learn) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = LearnHandlers(learn)

    # Gradio finds a server function by its name on the component, so it is a plain function.
    def figures(asked: Record) -> Record:
        return handlers.figures(asked)

    with gr.Row(elem_id="learn"):
        lessons = panel("learn", events=EVENTS)
    with gr.Row(elem_id="figures"):
        panel("figures", server_functions=[figures])
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in EVENTS:
        event, handle = getattr(lessons, name), getattr(handlers, name)
        event(handle, None, lessons, api_name=f"learn_{name}", queue=False, **quiet)
