"""Assembles the page and the named endpoints from the tabs, and says how it is launched.

Endpoints are MCP tools too: function names become the tools' names, docstrings their descriptions,
so both are written for a reader who sees nothing else; an argument's description must stay on one
line.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import gradio as gr
from fastapi.exceptions import RequestValidationError
from gradio.events import api
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.clips.addresses import Addresses
from app.core.limits import Limits
from app.core.temporary import bytes_of, remove_loose
from app.explorer import Explorer
from app.server import AccessLog
from app.tabs import TABS
from app.tabs.atlas import service as atlas
from app.tabs.imagine import saved
from app.tabs.models import service as models
from app.tabs.policy import service as policy
from app.tabs.transfer import service as transfer
from app.web import frames as frame_files
from app.web import scripts
from app.web.api import one_sentence
from app.web.blocks import Page
from app.web.components import head, panel
from app.web.doors import Doors
from app.web.hidden import Hidden
from app.web.kept import Kept
from app.web.reach import Reach
from app.web.theme import styles, theme
from app.web.visits import MOST

# of gzip: a picture in a record shrinks by a quarter at any level, and higher ones take much longer
COMPRESSION = 4
DESCRIPTION = "Press a code, see what a latent action does to the next frame of a video."


def build(explorer: Explorer, is_warm: Callable[[], bool] = lambda: True) -> Page:
    """The whole page on one service; nothing is loaded before someone opens it."""
    page = Page(explorer.limits, title="LAPA Explorer", fill_width=True, delete_cache=(600, 3600))
    with page:
        panel("header")
        opened = {}
        with gr.Tabs(elem_id="lx-tabs") as tabs:
            for name, label in TABS.items():
                with gr.Tab(label, id=name) as opened[name]:
                    _called(_layout(name), explorer, page=page, is_warm=is_warm)
        panel("help")
        _called(_layout("models"), explorer)
        _connect(page, tabs, opened)
        register(explorer)
        page.unload(_forget(explorer))
    page.queue(max_size=64, default_concurrency_limit=4)
    return page


def browser_limits(limits: Limits) -> dict[str, Any]:
    """The bounds that the scripts must know, by their names there (web/records.d.ts)."""
    return {
        "uploadBytes": limits.upload_bytes,
        "checkpointBytes": limits.checkpoint_bytes,
        "dreamBytes": saved.LARGEST,
        "transferSteps": transfer.MOST_STEPS,
        "along": transfer.ALONG,
        "seeds": policy.SEEDS,
        "instruction": policy.INSTRUCTION,
        "source": models.LONGEST,
        "atlasThumbnails": atlas.MOST_THUMBNAILS,
    }


def endpoints(explorer: Explorer) -> dict[str, Callable[..., Any]]:
    """Every endpoint by its name, in the order in which they are documented."""
    functions: dict[str, Callable[..., Any]] = {}
    for name in TABS:
        module = f"app.tabs.{name}.api"
        if importlib.util.find_spec(module) is not None:
            functions |= _called(importlib.import_module(module).endpoints, explorer)
    return functions


def register(explorer: Explorer) -> None:
    """Add the endpoints to the page being built; call it inside `gr.Blocks`."""
    for name, function in endpoints(explorer).items():
        # The service queues by itself, and through gradio's queue an MCP tool that gives a picture
        # and a record would give both as one text.
        api(one_sentence(function), api_name=name, queue=False)


def launch_options(
    limits: Limits | None = None,
    log: TextIO | None = None,
    hosts: tuple[str, ...] = (),
    frames: tuple[str, ...] | None = (),
    addresses: Addresses | None = None,
    page: Page | None = None,
) -> dict[str, Any]:
    """Everything `launch` needs besides the address. log: where the access log is written; hosts,
    frames: as `Serving` has them. addresses: of the clips whose frames are served as files. page:
    what is launched, which says when it has too much to do."""
    limits = limits or Limits()
    largest = limits.checkpoint_bytes if limits.uploads else 1
    middleware = [] if log is None else [Middleware(AccessLog, out=log)]
    middleware.append(Middleware(Reach, hosts=hosts, frames=frames))
    # a form around the file takes a little, too
    doors: dict[str, Any] = {
        "room": lambda coming: has_room(limits, coming),
        "tidy": lambda: remove_loose(Path(get_upload_folder())),
        "kept": Kept(limits.temporary_bytes_of_one),
    }
    if page is not None:
        doors["crowd"] = page.refusal
    upload = largest + 100_000 if limits.uploads else 0
    middleware.append(Middleware(Doors, upload=upload, **doors))
    middleware.append(Middleware(GZipMiddleware, minimum_size=1000, compresslevel=COMPRESSION))
    middleware.append(Middleware(Hidden))
    routes = scripts.routes()
    if addresses is not None:
        # before the scripts', whose route takes what is left below that folder
        routes = [*frame_files.routes(addresses.picture), *routes]
    return {
        "theme": theme(),
        "css_paths": styles(TABS),
        "head": head(tuple(TABS), browser_limits(limits)),
        "footer_links": ["api"],
        "run_history": False,
        # the largest checkpoint; pictures and videos have a smaller limit of their own
        "max_file_size": largest,
        "app_kwargs": {"middleware": middleware, "routes": routes, **app_options()},
        "state_session_capacity": MOST,
        "ssr_mode": False,
        "show_error": True,
        "mcp_server": importlib.util.find_spec("mcp") is not None,
    }


def app_options() -> dict[str, Any]:
    """How what cannot be read as a request is answered."""
    handlers = {RequestValidationError: _unreadable, KeyError: _unknown}
    return {"exception_handlers": handlers}


async def _unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
    """One sentence; what came is not repeated."""
    first = error.errors()[0]
    where, what = ".".join(map(str, first["loc"]))[:80], str(first["msg"])[:160]
    return JSONResponse({"detail": f"The request cannot be read ({where}: {what})."}, 422)


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    """gradio looks parts of the page up by the numbers that were sent; what goes wrong in the
    functions of these parts is answered by themselves."""
    if not request.url.path.rstrip("/").endswith("/component_server"):
        raise error
    return JSONResponse({"detail": "There is no such part of the page."}, 404)


def has_room(limits: Limits, coming: int = 0) -> bool:
    """Whether the files that visitors sent, and were handed, and so many bytes that are on their
    way, leave room for more."""
    return bytes_of(Path(get_upload_folder())) + coming < limits.temporary_bytes


def _layout(name: str) -> Callable[..., None]:
    layout: Callable[..., None] = importlib.import_module(f"app.tabs.{name}.tab").layout
    return layout


def _called(function: Callable[..., Any], explorer: Explorer, **more: Any) -> Any:
    """What a tab's function gives when it gets what its parameters name: a part of the explorer, or
    one of `more`."""
    names = inspect.signature(function).parameters
    return function(
        **{name: more[name] if name in more else getattr(explorer, name) for name in names}
    )


def _connect(page: gr.Blocks, tabs: gr.Tabs, by_name: dict[str, gr.Tab]) -> None:
    """Opens the tab that the address asks for, and tells the browser's store which one is open."""

    def opened(request: gr.Request) -> Any:
        tab = request.query_params.get("tab")
        return gr.Tabs(selected=tab) if tab in by_name else gr.skip()

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.load(opened, None, tabs, api_name="page_tab", queue=False, **quiet)
    for name, tab in by_name.items():
        tab.select(None, js=f'() => Lapa.tab("{name}")', api_visibility="private")


def _forget(explorer: Explorer) -> Callable[[gr.Request], None]:
    """Drops the uploads of a visitor who closes the page."""

    def forget(request: gr.Request) -> None:
        explorer.drop_session(request.session_hash)

    return forget
