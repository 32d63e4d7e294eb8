"""The tab Transfer: one pair's latent action on a frame of every other embodiment.

On the left the pair (static/transfer.js), on the right what its action does elsewhere
(static/carried.js), below what was measured on all held-out clips (static/matrix.js).
"""

from __future__ import annotations

import gradio as gr

from app.service import Explorer
from app.tabs.components import panel
from app.tabs.events import Record
from app.tabs.transfer_handlers import TransferHandlers


def transfer(explorer: Explorer) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = TransferHandlers(explorer)

    # Gradio finds a server function by its name on the component, so each is a plain function.
    def matrix(asked: Record) -> Record:
        return handlers.matrix(asked)

    def examples(asked: Record) -> Record:
        return handlers.examples(asked)

    with gr.Row(elem_id="transfer"):
        form = panel("transfer", events=["open", "carry", "nearest", "bring"])
        panel("carried")
        panel("matrix", server_functions=[matrix, examples])

    # Past the queue where the service queues by itself; uploads are decoded a few at a time.
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    form.open(handlers.open, None, form, api_name="transfer_open", queue=False, **quiet)
    form.carry(handlers.carry, None, form, api_name="transfer_carry", queue=False, **quiet)
    form.nearest(handlers.nearest, None, form, api_name="transfer_nearest", queue=False, **quiet)
    form.bring(handlers.bring, None, form, api_name="transfer_bring", **quiet)
