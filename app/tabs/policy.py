"""The tab Policy: an instruction, what the policy imagines, and what its finetuned twin does.

On the left what is to be run (static/policy.js), beside it the imagined rollout
(static/imagining.js) and the simulator (static/acting.js).
"""

from __future__ import annotations

import gradio as gr

from app.service import Explorer
from app.tabs.components import panel
from app.tabs.policy_handlers import PolicyHandlers

# visitors who may run or wait at once
AT_ONCE = 24


def policy(explorer: Explorer) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = PolicyHandlers(explorer)
    with gr.Row(elem_id="policy"):
        form = panel("policy", events=["open", "begin", "halt", "keep"])
        imagined = panel("imagining", events=["imagine"])
        acted = panel("acting", events=["act"])

    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in ("open", "begin", "halt", "keep"):
        event, handle = getattr(form, name), getattr(handlers, name)
        event(handle, None, form, api_name=f"policy_{name}", queue=False, **quiet)
    long = {**quiet, "concurrency_limit": AT_ONCE}
    imagined.imagine(handlers.imagine, None, imagined, api_name="policy_imagine", **long)
    acted.act(handlers.act, None, acted, api_name="policy_act", **long)
