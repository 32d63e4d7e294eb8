"""The tab Explore: a frame, pads of codes, the imagined next frame beside it.

The browser holds the state (web/store.js) and sends all of it with every event, so the server
keeps nothing between two presses but the visitor's uploads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from app.clips.addresses import Addresses
from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.limits import Limits
from app.tabs.explore.events import ExploreHandlers
from app.tabs.explore.guess import tab as game
from app.tabs.explore.guess.service import Guess
from app.tabs.explore.service import Explore
from app.web.components import panel


def layout(
    explore: Explore,
    clips: Gallery,
    models: ModelList,
    limits: Limits,
    page: gr.Blocks,
    is_warm: Callable[[], bool],
    addresses: Addresses,
    guess: Guess,
) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = ExploreHandlers(explore, clips, models, limits, is_warm, addresses)

    def thumbnails(clip_ids: list[str]) -> dict[str, str]:
        return handlers.thumbnails(clip_ids)

    with gr.Row(elem_id="explore"):
        stage = panel("stage", events=["predict", "open"])
        pads = panel("pads", events=["preview"])
        with gr.Column(elem_id="lx-left"):
            panel("starts")
            picker = panel("picker", events=["uploaded"], server_functions=[thumbnails])
        episode = panel("episode", events=["episode"])
        sweep = panel("sweep", events=["sweep"])
        with gr.Column(elem_id="lx-right"):
            panel("truth")
            lengths = panel("lengths", events=["lengths"])
            panel("frequent")

    game.layout(guess, explore)

    # The named endpoints (/sweep, ...) are api.py's; the page's own events stay private.
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    many = {**quiet, "trigger_mode": "multiple"}
    opened = [picker, stage]
    stage.open(handlers.open_again, None, opened, api_name="page_open_again", **quiet)
    # Past the queue: the first page and a press are short, the service computes one at a time, and
    # a visitor waits.
    page.load(handlers.open_page, None, opened, api_name="page_open", queue=False, **quiet)
    stage.predict(handlers.predict, None, stage, api_name="page_predict", queue=False, **many)
    pads.preview(handlers.preview, None, pads, api_name="page_preview", queue=False, **many)
    sweep.sweep(handlers.sweep, None, sweep, api_name="page_sweep", **many)
    lengths.lengths(handlers.lengths, None, lengths, api_name="page_lengths", **many)
    episode.episode(handlers.episode, None, episode, api_name="page_episode", **many)
    # files of one visitor must not hold up another's: who has a turn is decided in web/blocks.py
    own = {**quiet, "concurrency_limit": None}
    picker.uploaded(handlers.upload, None, picker, api_name="page_upload", **own)
