"""The tab Explore: a frame, pads of codes, the imagined next frame beside it.

The browser holds the state (static/store.js) and sends all of it with every event, so the server
keeps nothing between two presses but the visitor's uploads.
"""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from app.service import Explorer
from app.tabs.components import panel
from app.tabs.explore_handlers import Handlers


def explore(explorer: Explorer, page: gr.Blocks, is_warm: Callable[[], bool]) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = Handlers(explorer, is_warm)

    def thumbnails(clip_ids: list[str]) -> dict[str, str]:
        return handlers.thumbnails(clip_ids)

    with gr.Row(elem_id="explore"):
        stage = panel("stage", events=["predict", "open"])
        panel("pads")
        picker = panel("picker", events=["uploaded"], server_functions=[thumbnails])
        sweep = panel("sweep", events=["sweep"])
        with gr.Column(elem_id="lx-right"):
            panel("truth")
            panel("frequent")

    # The named endpoints (/sweep, ...) belong to app/api/; the page's own events stay private.
    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    many = {**quiet, "trigger_mode": "multiple"}
    opened = [picker, stage]
    stage.open(handlers.open_again, None, opened, api_name="page_open_again", **quiet)
    # Past the queue: the first page and a press are short, the service computes one at a time, and
    # a visitor waits.
    page.load(handlers.open_page, None, opened, api_name="page_open", queue=False, **quiet)
    stage.predict(handlers.predict, None, stage, api_name="page_predict", queue=False, **many)
    sweep.sweep(handlers.sweep, None, sweep, api_name="page_sweep", **many)
    picker.uploaded(handlers.upload, None, picker, api_name="page_upload", **quiet)
