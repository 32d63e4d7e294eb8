"""How the explorer is served: what the command line and the environment say, and the access log."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

ABOUT = """LAPA Explorer in the browser.

Environment: LAPA_CHECKPOINTS, LAPA_OFFER, LAPA_CLIPS, LAPA_PUBLIC (1), LAPA_ACCESS_LOG,
LAPA_HOSTS, LAPA_FRAMES,
GRADIO_SERVER_NAME (0.0.0.0 on a Space), GRADIO_SERVER_PORT and GRADIO_ROOT_PATH say the same as
the options of these names; an option wins. Other variables of gradio's are not read.
FORWARDED_ALLOW_IPS names the proxies whose X-Forwarded-For is believed (127.0.0.1), * for any:
behind one that is not named, all visitors come from its address."""
# of gradio's variables: those that the options have read, and those that are set here
READ = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH")
SET = ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED")
# addresses that nobody else can reach
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ALONE = (None, *LOOPBACK)
EVERYWHERE = ("0.0.0.0", "::")
ORIGIN = re.compile(r"https?://[\w.*-]+(:\d+)?")
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
# connections that last, others, and files
OPEN_FILES = 8192
# parts of a path that say what was asked and not by whom
TOLD = ("gradio_api", "run", "queue", "predict", "join", "data", "call", "upload", "mcp", "config")


@dataclass(frozen=True)
class Serving:
    """checkpoints, clips: folders. offer: names of the checkpoints to be offered, () for all.
    public: visitors may send no files. open_models: they may name folders and Hub ids. log: file
    of the access log, "-" for standard output, None for none. hosts: names that the page may be
    asked for by, () for any. frames: origins that may show it in a frame, besides itself; None for
    any."""

    checkpoints: Path
    clips: Path
    offer: tuple[str, ...] = ()
    public: bool = False
    open_models: bool = False
    host: str | None = None
    port: int | None = None
    root_path: str = ""
    log: str | None = None
    hosts: tuple[str, ...] = ()
    frames: tuple[str, ...] | None = ()


def _parser(setting: Callable[..., Any], assets: Path) -> argparse.ArgumentParser:
    """told: what the environment says, by name."""
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default=setting("GRADIO_SERVER_NAME") or None,
        help="address to listen on (127.0.0.1)")  # fmt: skip
    add("--port", default=setting("GRADIO_SERVER_PORT") or None, type=_port,
        help="7860, or the next free one")  # fmt: skip
    add(
        "--root-path",
        default=setting("GRADIO_ROOT_PATH", ""),
        help="path behind a proxy, like /lapa",
    )
    add("--checkpoints", type=Path, default=setting("LAPA_CHECKPOINTS", assets / "checkpoints"),
        help="folder of checkpoints, one folder each")  # fmt: skip
    add("--offer", default=setting("LAPA_OFFER", ""), metavar="NAME,NAME",
        help="only these checkpoints of the folder, in any order")  # fmt: skip
    add("--clips", type=Path, default=setting("LAPA_CLIPS", assets / "clips"),
        help="folder of clips, of any format (docs/data.md)")  # fmt: skip
    add("--public", action="store_true", help="visitors may send no pictures, videos, checkpoints")
    add("--open-models", action="store_true",
        help="visitors may open folders of this machine and Hub ids as models; on by itself where "
        "only this machine can reach the page, also through no proxy (--root-path)")  # fmt: skip
    add("--hosts", default=setting("LAPA_HOSTS", ""), metavar="NAME,NAME",
        help="names that the page may be asked for by, besides localhost and --host; without them "
        "any, where it listens on all addresses or behind a proxy")  # fmt: skip
    add("--frames", default=setting("LAPA_FRAMES", ""), metavar="ORIGIN,ORIGIN",
        help="pages that may show this one in a frame (* for any, as on a Space)")  # fmt: skip
    add("--access-log", default=setting("LAPA_ACCESS_LOG"), metavar="FILE",
        help="a line a request: time, what, status, how long; no addresses, names or sessions "
        "(- for standard output; off)")  # fmt: skip
    return parser


def serving(argv: list[str], environment: Mapping[str, str], assets: Path) -> Serving:
    """Read both; what cannot be is said in one sentence, with exit code 2."""
    setting = environment.get
    parser = _parser(setting, assets)
    options = parser.parse_args(argv)
    offer = _listed(options.offer)
    for name in offer:
        if not (options.checkpoints / name).exists():
            parser.error(f"--offer: there is no checkpoint {name!r} in {options.checkpoints.name}")
    public = setting("LAPA_PUBLIC", "").lower()
    if public not in (*YES, *NO):
        parser.error(f"LAPA_PUBLIC is {public!r}; accepted are {YES[0]} and {NO[1]}")
    if options.root_path and not options.root_path.startswith(("/", "http://", "https://")):
        parser.error(
            f"--root-path is {options.root_path!r}; it must begin with /, or be a whole address"
        )
    return Serving(
        checkpoints=options.checkpoints,
        clips=options.clips,
        offer=offer,
        public=(hidden := options.public or public in YES),
        # behind a proxy everybody comes from this machine
        open_models=not hidden
        and (options.open_models or (options.host in ALONE and not options.root_path)),
        host=options.host,
        port=options.port,
        root_path=options.root_path.rstrip("/"),
        log=options.access_log or None,
        hosts=_hosts(_listed(options.hosts), options.host, options.root_path),
        frames=_frames(_listed(options.frames), on_space="SPACE_ID" in environment, parser=parser),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _hosts(named: tuple[str, ...], host: str | None, root_path: str) -> tuple[str, ...]:
    """Names for the Host header, () for any: what a page of another site makes a browser ask for
    under its own name (DNS rebinding) is refused where the right names are known."""
    if not named and (host in EVERYWHERE or root_path):
        return ()
    own = (host,) if host and host not in EVERYWHERE else ()
    return tuple(dict.fromkeys(name.lower() for name in (*LOOPBACK, *own, *named)))


def _frames(
    named: tuple[str, ...], *, on_space: bool, parser: argparse.ArgumentParser
) -> tuple[str, ...] | None:
    """A Space is shown in a frame of its hub."""
    if "*" in named or (on_space and not named):
        return None
    for name in named:
        if not ORIGIN.fullmatch(name):
            parser.error(f"--frames: {name!r} is no origin (http or https, and a name), nor *")
    return named


class AccessLog:
    """ASGI middleware that writes a line a request, without anything about who asked."""

    def __init__(self, app: Callable[..., Awaitable[None]], out: TextIO) -> None:
        self._app, self._out = app, out

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answers a request as the app does, and writes its line once it is over."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start, status = time.perf_counter(), [0]

        async def forward(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, forward)
        finally:
            took = 1000 * (time.perf_counter() - start)
            when = time.strftime("%Y-%m-%dT%H:%M:%S")
            line = f"{when} {scope['method']} {told_path(scope['path'])} {status[0]} {took:.0f} ms"
            print(line, file=self._out, flush=True)


def told_path(path: str) -> str:
    """A path with everything that could name a file, a session or an event left out."""
    parts = [part for part in path.split("/") if part]
    visible = [part if part in TOLD else "…" for part in parts[:4]]
    return "/" + "/".join(visible)


def leave_out(environment: MutableMapping[str, str]) -> None:
    """Takes away what gradio and uvicorn would read beside the options, and says so: a number that
    is none ends their import, and others open doors that this page keeps shut (a public link, a
    folder of files, a second process)."""
    names = [name for name in environment if name.startswith("GRADIO_") and name not in SET]
    names += [name for name in ("WEB_CONCURRENCY",) if name in environment]
    for name in names:
        del environment[name]
    if others := set(names) - set(READ):
        print(f"Not read here: {', '.join(sorted(others))}.", file=sys.stderr, flush=True)


def look_no_more_for(module: str) -> None:
    """Where a module is not installed, its import fails at once from now on. Gradio tries that of
    matplotlib around every event, and each time all folders of packages are searched."""
    if module not in sys.modules and find_spec(module) is None:
        sys.modules[module] = None  # type: ignore[assignment]  # documented: an import fails


def hold_many_connections() -> None:
    """Lets this process have as many connections open as the system lets it, up to what the doors
    allow (app/web/doors.py); usual are 1024, and a page that has used them up answers nobody."""
    try:
        import resource
    except ImportError:  # no such limits there
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def close_slow_senders(config: Any) -> None:
    """Gives up the connections of uvicorn that never come to a request, from now on."""
    from lapa.headers import in_time

    in_time(config)


def opened_log(path: str | None) -> TextIO | None:
    """The file of the access log, appended to; None for none."""
    if path is None:
        return None
    return sys.stdout if path == "-" else open(path, "a", encoding="utf-8", buffering=1)


def _port(text: str) -> int:
    # isdigit alone is true of "²", which is no number
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port (also as GRADIO_SERVER_PORT); 1 to 65535 are accepted"
        )
    return int(text)
