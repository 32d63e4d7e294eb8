"""The tab Transfer: one pair's latent action on a frame of every other embodiment.

On the left the pair (tabs/transfer/form.js), on the right what its action does elsewhere
(tabs/transfer/carried.js), below what was measured on all held-out clips (tabs/transfer/matrix.js).
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.tabs.transfer.events import TransferHandlers
from app.tabs.transfer.service import Transfer
from app.web.components import chart, panel
from app.web.events import Record


def layout(transfer: Transfer, clips: Gallery, models: ModelList) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = TransferHandlers(transfer, clips, models)

    # Gradio finds a server function by its name on the component, so each is a plain function.
    def matrix(asked: Record) -> Record:
        return handlers.matrix(asked)

    def examples(asked: Record) -> Record:
        return handlers.examples(asked)

    with gr.Row(elem_id="transfer"):
        form = panel("transfer", events=["open", "carry", "nearest", "bring"])
        panel("carried")
        board = panel("matrix", events=["chart"], server_functions=[matrix, examples])
        plot = chart("matrix")

    # Past the queue where the service queues by itself; who has a turn with an upload is decided
    # in web/blocks.py.
    quiet: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "trigger_mode": "multiple",
    }
    form.open(handlers.open, None, form, api_name="transfer_open", queue=False, **quiet)
    form.carry(handlers.carry, None, form, api_name="transfer_carry", queue=False, **quiet)
    form.nearest(handlers.nearest, None, form, api_name="transfer_nearest", queue=False, **quiet)
    own = {**quiet, "concurrency_limit": None}
    form.bring(handlers.bring, None, form, api_name="transfer_bring", **own)
    board.chart(handlers.chart, None, plot, api_name="transfer_chart", queue=False, **quiet)
