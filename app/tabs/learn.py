"""The tab Learn: six lessons on the live model, each with a question that is checked.

The words come from app/lessons; static/learn.js shows them, static/tries.js what is tried in them.
"""

from __future__ import annotations

import gradio as gr

from app.service import Explorer
from app.tabs.components import panel
from app.tabs.learn_handlers import LearnHandlers


def learn(explorer: Explorer) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers, asked = LearnHandlers(explorer), ["open", "options", "check", "widget"]
    with gr.Row(elem_id="learn"):
        lessons = panel("learn", events=asked)
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in asked:
        event, handle = getattr(lessons, name), getattr(handlers, name)
        event(handle, None, lessons, api_name=f"learn_{name}", queue=False, **quiet)
