"""The tab Imagine: drive the dream with keys and codes, or replay a real clip in it.

The browser draws (player.js); the server keeps the dream, a tree of moments, by session, and plays
it in a loop of its own, so that the network between them costs no frames.
"""

from __future__ import annotations

import gradio as gr

from app.tabs.imagine.events import ImagineHandlers
from app.tabs.imagine.service import Imagine
from app.web.components import chart, panel

# visitors who may play or wait to play; who plays is decided by the service
AT_ONCE = 24


def layout(imagine: Imagine) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = ImagineHandlers(imagine)
    with gr.Row(elem_id="imagine"):
        player = panel("dream", events=["asked", "playing", "acting", "replaying"])
        with gr.Column(elem_id="lx-aside"):
            drift = panel("drift", events=["chart"])
            plot = chart("drift")
            with gr.Column(elem_id="lx-curve"):
                curve = gr.Plot(show_label=False, container=False)
            panel("sequence")
            panel("keep")
        panel("branches")

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    now = {**quiet, "queue": False, "trigger_mode": "multiple"}
    long = {**quiet, "trigger_mode": "multiple", "concurrency_limit": AT_ONCE}
    player.asked(handlers.asked, None, player, api_name="dream_asked", **now)
    player.acting(handlers.acting, None, None, api_name="dream_acting", **now)
    player.playing(handlers.playing, None, player, api_name="dream_playing", **long)
    player.replaying(handlers.replaying, None, [player, curve], api_name="dream_replaying", **long)
    drift.chart(handlers.chart, None, plot, api_name="dream_chart", **now)
