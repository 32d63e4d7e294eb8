"""Assembles the page, top to bottom, and says how it is launched."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, TextIO

import gradio as gr
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like, traverse
from starlette.middleware import Middleware

from app import api
from app.doors import Doors
from app.limits import NO_UPLOADS
from app.server import AccessLog
from app.service import Explorer, Limits
from app.tabs.atlas import atlas
from app.tabs.checkup import checkup
from app.tabs.components import head, panel
from app.tabs.explore import explore
from app.tabs.imagine import imagine
from app.tabs.learn import learn
from app.tabs.models import models
from app.tabs.policy import policy
from app.tabs.transfer import transfer
from app.theme import STYLES, theme

DESCRIPTION = "Press a code, see what a latent action does to a robot's next frame."


class Page(gr.Blocks):
    """Blocks that fetch nothing from the web for a visitor who may send nothing."""

    takes_files: Callable[[], bool] = staticmethod(lambda: True)

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        """Refuses first what gradio would download before anyone is asked."""
        if not self.takes_files():
            traverse(inputs, _refuse_address, is_file_obj_with_meta)
        return await super().preprocess_data(block_fn, inputs, state, explicit_call)


def _refuse_address(file: dict[str, Any]) -> dict[str, Any]:
    if is_http_url_like(str(file["path"])):
        raise gr.Error(NO_UPLOADS, print_exception=False)
    return file


def build(explorer: Explorer, is_warm: Callable[[], bool] = lambda: True) -> gr.Blocks:
    """The whole page on one service; nothing is loaded before someone opens it."""
    with Page(title="LAPA Explorer", fill_width=True, delete_cache=(600, 3600)) as page:
        page.takes_files = lambda: explorer.limits.uploads
        panel("header")
        with gr.Tabs(elem_id="lx-tabs") as tabs:
            with gr.Tab("Explore", id="explore") as first:
                explore(explorer, page, is_warm)
            with gr.Tab("Imagine", id="imagine") as second:
                imagine(explorer)
            with gr.Tab("Policy", id="policy") as third:
                policy(explorer)
            with gr.Tab("Transfer", id="transfer") as fourth:
                transfer(explorer)
            with gr.Tab("Atlas", id="atlas") as fifth:
                atlas(explorer)
            with gr.Tab("Learn", id="learn") as sixth:
                learn(explorer)
            with gr.Tab("Checkup", id="checkup") as seventh:
                checkup(explorer)
        panel("help")
        models(explorer)
        names = ("explore", "imagine", "policy", "transfer", "atlas", "learn", "checkup")
        opened = (first, second, third, fourth, fifth, sixth, seventh)
        _connect(page, tabs, dict(zip(names, opened, strict=True)))
        api.register(explorer)
        page.unload(_forget(explorer))
    page.queue(max_size=64, default_concurrency_limit=4)
    return page


def launch_options(limits: Limits | None = None, log: TextIO | None = None) -> dict[str, Any]:
    """Everything `launch` needs besides the address. log: where the access log is written."""
    limits = limits or Limits()
    largest = limits.checkpoint_bytes if limits.uploads else 1
    middleware = [] if log is None else [Middleware(AccessLog, out=log)]
    # a form around the file takes a little, too
    middleware.append(Middleware(Doors, upload=largest + 100_000))
    return {
        "theme": theme(),
        "css_paths": STYLES,
        "head": head(),
        "footer_links": ["api"],
        "run_history": False,
        # the largest checkpoint; pictures and videos have a smaller limit of their own
        "max_file_size": largest,
        "app_kwargs": {"middleware": middleware},
        "state_session_capacity": 200,
        "ssr_mode": False,
        "show_error": True,
        "mcp_server": importlib.util.find_spec("mcp") is not None,
    }


def _connect(page: gr.Blocks, tabs: gr.Tabs, by_name: dict[str, gr.Tab]) -> None:
    """Opens the tab that the address asks for, and tells the browser's store which one is open."""

    def opened(request: gr.Request) -> Any:
        asked = request.query_params.get("tab")
        return gr.Tabs(selected=asked) if asked in by_name else gr.skip()

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(opened, None, tabs, api_name="page_tab", queue=False, **quiet)
    for name, tab in by_name.items():
        tab.select(None, js=f'() => Lapa.tab("{name}")', api_visibility="private")


def _forget(explorer: Explorer) -> Callable[[gr.Request], None]:
    """Drops the uploads of a visitor who closes the page."""

    def forget(request: gr.Request) -> None:
        explorer.drop_session(request.session_hash)

    return forget
