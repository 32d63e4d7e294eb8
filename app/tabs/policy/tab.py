"""The tab Policy: an instruction, what the policy imagines, and what its finetuned twin does.

On the left what is to be run (tabs/policy/form.js), beside it the imagined rollout
(tabs/policy/imagined.js) and the simulator (tabs/policy/acted.js), below everybody from one start
(tabs/policy/race.js).
"""

from __future__ import annotations

import gradio as gr

from app.tabs.policy.events import PolicyHandlers
from app.tabs.policy.service import Policy
from app.web.components import chart, panel

# visitors who may run or wait at once
AT_ONCE = 24


def layout(policy: Policy) -> None:
    """Lays out the tab inside the current `gr.Tab` and connects it to the service."""
    handlers = PolicyHandlers(policy)
    with gr.Row(elem_id="policy"):
        form = panel("policy", events=["open", "begin", "halt", "keep"])
        imagined = panel("imagining", events=["imagine"])
        acted = panel("acting", events=["act", "chart"])
        plot = chart("acting")
        race = panel("race", events=["race"])

    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    for name in ("open", "begin", "halt", "keep"):
        event, handle = getattr(form, name), getattr(handlers, name)
        event(handle, None, form, api_name=f"policy_{name}", queue=False, **quiet)
    acted.chart(handlers.chart, None, plot, api_name="policy_chart", queue=False, **quiet)
    long = {**quiet, "concurrency_limit": AT_ONCE}
    imagined.imagine(handlers.imagine, None, imagined, api_name="policy_imagine", **long)
    acted.act(handlers.act, None, acted, api_name="policy_act", **long)
    race.race(handlers.race, None, race, api_name="policy_race", **long)
