"""The tab Atlas: every frame pair a point, coloured by who, what and where to.

The map (map.js) on the left, the opened pair or the selection (opened.js) on the right, how the
codes are used (usage.js) below. All points travel once, when the tab is
first opened; after that only pairs and cards are asked for.
"""

from __future__ import annotations

import gradio as gr

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.tabs.atlas.events import AtlasHandlers
from app.tabs.atlas.service import Atlas
from app.web.components import chart, panel
from app.web.events import Record


def layout(atlas: Atlas, clips: Gallery, models: ModelList) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = AtlasHandlers(atlas, clips, models)

    # Gradio finds a server function by its name on the component, so each is a plain function.
    def table(asked: Record) -> Record:
        return handlers.table(asked)

    def thumbnails(asked: Record) -> Record:
        return handlers.thumbnails(asked)

    def export(asked: Record) -> Record:
        return handlers.export(asked)

    asked = ["open", "pair", "search", "like", "place", "link"]
    with gr.Row(elem_id="atlas"):
        points = panel(
            "atlas", events=[*asked, "bring"], server_functions=[table, thumbnails, export]
        )
        panel("opened")
        usage = panel("usage", events=["chart"])
        plot = chart("usage")

    # Past the queue: the service computes one thing at a time by itself.
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in asked:
        event, handle = getattr(points, name), getattr(handlers, name)
        event(handle, None, points, api_name=f"atlas_{name}", queue=False, **quiet)
    # who has a turn with an upload is decided in web/blocks.py
    points.bring(handlers.bring, None, points, api_name="atlas_bring", **quiet)
    usage.chart(handlers.chart, None, plot, api_name="atlas_chart", queue=False, **quiet)
