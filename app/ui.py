"""Assembles the page, top to bottom, and says how it is launched."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import gradio as gr

from app import api, api_imagine
from app.service import Explorer
from app.tabs.components import head, panel
from app.tabs.explore import explore
from app.tabs.imagine import imagine
from app.theme import IMAGINE_STYLE, STYLE, theme

DESCRIPTION = "Press a code, see what a latent action does to a robot's next frame."


def build(explorer: Explorer, is_warm: Callable[[], bool] = lambda: True) -> gr.Blocks:
    """The whole page on one service; nothing is loaded before someone opens it."""
    with gr.Blocks(title="LAPA Explorer", fill_width=True, delete_cache=(600, 3600)) as page:
        panel("header")
        with gr.Tabs(elem_id="lx-tabs"):
            with gr.Tab("Explore", id="explore"):
                explore(explorer, page, is_warm)
            with gr.Tab("Imagine", id="imagine"):
                imagine(explorer)
        panel("help")
        api.register(explorer)
        api_imagine.register(explorer)
        page.unload(_forget(explorer))
    page.queue(max_size=64, default_concurrency_limit=4)
    return page


def launch_options() -> dict[str, Any]:
    """Everything `launch` needs besides the address."""
    return {
        "theme": theme(),
        "css_paths": [STYLE, IMAGINE_STYLE],
        "head": head(),
        "footer_links": ["api"],
        "run_history": False,
        "max_file_size": "50mb",
        "state_session_capacity": 200,
        "ssr_mode": False,
        "show_error": True,
        "mcp_server": importlib.util.find_spec("mcp") is not None,
    }


def _forget(explorer: Explorer) -> Callable[[gr.Request], None]:
    """Drops the uploads of a visitor who closes the page."""

    def forget(request: gr.Request) -> None:
        explorer.drop_session(request.session_hash)

    return forget
