"""How the explorer is served: what the command line and the environment say, and the access log."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

ABOUT = """LAPA Explorer in the browser.

Environment: LAPA_CHECKPOINTS, LAPA_OFFER, LAPA_CLIPS, LAPA_PUBLIC (1), LAPA_ACCESS_LOG,
GRADIO_SERVER_NAME (0.0.0.0 on a Space), GRADIO_SERVER_PORT and GRADIO_ROOT_PATH say the same as
the options of these names; an option wins."""
# addresses that nobody else can reach
ALONE = (None, "127.0.0.1", "localhost", "::1")
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
# parts of a path that say what was asked and not by whom
TOLD = ("gradio_api", "run", "queue", "predict", "join", "data", "call", "upload", "mcp", "config")


@dataclass(frozen=True)
class Serving:
    """checkpoints, clips: folders. offer: names of the checkpoints to be offered, () for all.
    public: visitors may send no files. open_models: they may name folders and Hub ids. log: file
    of the access log, "-" for standard output, None for none."""

    checkpoints: Path
    clips: Path
    offer: tuple[str, ...] = ()
    public: bool = False
    open_models: bool = False
    host: str | None = None
    port: int | None = None
    root_path: str = ""
    log: str | None = None


def serving(argv: list[str], environment: Mapping[str, str], assets: Path) -> Serving:
    """Read both; what cannot be is said in one sentence, with exit code 2."""
    told = environment.get
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=told("GRADIO_SERVER_NAME") or None,
        help="address to listen on (127.0.0.1)")  # fmt: skip
    add("--port", default=told("GRADIO_SERVER_PORT") or None, type=_port,
        help="7860, or the next free one")  # fmt: skip
    add("--root-path", default=told("GRADIO_ROOT_PATH", ""), help="path behind a proxy, like /lapa")
    add("--checkpoints", type=Path, default=told("LAPA_CHECKPOINTS", assets / "checkpoints"),
        help="folder of checkpoints, one folder each")  # fmt: skip
    add("--offer", default=told("LAPA_OFFER", ""), metavar="NAME,NAME",
        help="only these checkpoints of the folder, in any order")  # fmt: skip
    add("--clips", type=Path, default=told("LAPA_CLIPS", assets / "clips"),
        help="folder of clips in the robots format")  # fmt: skip
    add("--public", action="store_true", help="visitors may send no pictures, videos, checkpoints")
    add("--open-models", action="store_true",
        help="visitors may open folders of this machine and Hub ids as models; on by itself where "
        "only this machine can reach the page")  # fmt: skip
    add("--access-log", default=told("LAPA_ACCESS_LOG"), metavar="FILE",
        help="a line a request: time, what, status, how long; no addresses, names or sessions "
        "(- for standard output; off)")  # fmt: skip
    found = parser.parse_args(argv)
    offer = tuple(name.strip() for name in found.offer.split(",") if name.strip())
    for name in offer:
        if not (found.checkpoints / name).exists():
            parser.error(f"--offer: there is no checkpoint {name!r} in {found.checkpoints.name}")
    public = told("LAPA_PUBLIC", "").lower()
    if public not in (*YES, *NO):
        parser.error(f"LAPA_PUBLIC is {public!r}; accepted are {YES[0]} and {NO[1]}")
    if found.root_path and not found.root_path.startswith(("/", "http://", "https://")):
        parser.error(
            f"--root-path is {found.root_path!r}; it must begin with /, or be a whole address"
        )
    return Serving(
        checkpoints=found.checkpoints,
        clips=found.clips,
        offer=offer,
        public=(hidden := found.public or public in YES),
        open_models=not hidden and (found.open_models or found.host in ALONE),
        host=found.host,
        port=found.port,
        root_path=found.root_path.rstrip("/"),
        log=found.access_log or None,
    )


class AccessLog:
    """ASGI middleware that writes a line a request, without anything about who asked."""

    def __init__(self, app: Callable[..., Awaitable[None]], out: TextIO) -> None:
        self._app, self._out = app, out

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start, status = time.perf_counter(), [0]

        async def heard(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            took = 1000 * (time.perf_counter() - start)
            when = time.strftime("%Y-%m-%dT%H:%M:%S")
            line = f"{when} {scope['method']} {told_path(scope['path'])} {status[0]} {took:.0f} ms"
            print(line, file=self._out, flush=True)


def told_path(path: str) -> str:
    """A path with everything that could name a file, a session or an event left out."""
    parts = [part for part in path.split("/") if part]
    told = [part if part in TOLD else "…" for part in parts[:4]]
    return "/" + "/".join(told)


def opened_log(path: str | None) -> TextIO | None:
    """The file of the access log, appended to; None for none."""
    if path is None:
        return None
    return sys.stdout if path == "-" else open(path, "a", encoding="utf-8", buffering=1)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port (also as GRADIO_SERVER_PORT); 1 to 65535 are accepted"
        )
    return int(text)
