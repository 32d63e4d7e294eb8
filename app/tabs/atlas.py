"""The tab Atlas: every frame pair a point, coloured by who, what and where to.

The map (static/atlas.js) on the left, the opened pair or the selection (static/opened.js) on the
right, how the codes are used (static/usage.js) below. All points travel once, when the tab is
first opened; after that only pairs and cards are asked for.
"""

from __future__ import annotations

import gradio as gr

from app.service import Explorer
from app.tabs.atlas_handlers import AtlasHandlers
from app.tabs.components import panel
from app.tabs.events import Record


def atlas(explorer: Explorer) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = AtlasHandlers(explorer)

    # Gradio finds a server function by its name on the component, so each is a plain function.
    def table(asked: Record) -> Record:
        return handlers.table(asked)

    def thumbnails(asked: Record) -> Record:
        return handlers.thumbnails(asked)

    asked = ["open", "pair", "search", "place", "link"]
    with gr.Row(elem_id="atlas"):
        chart = panel("atlas", events=asked, server_functions=[table, thumbnails])
        panel("opened")
        panel("usage")

    # Past the queue: the service computes one thing at a time by itself.
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in asked:
        event, handle = getattr(chart, name), getattr(handlers, name)
        event(handle, None, chart, api_name=f"atlas_{name}", queue=False, **quiet)
