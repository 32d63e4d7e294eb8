"""The page's scripts: ES modules that lie beside the Python of their tab, served as files which a
browser may keep for good, because their address changes with their content.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

APP = Path(__file__).parents[1]
# the loader travels in the page itself
LOADER = "web/loader.js"
ELSEWHERE = "site/"
# what the address of every script begins with
FOLDER = "lapa"
A_YEAR = 365 * 24 * 3600


@cache
def modules() -> dict[str, bytes]:
    """Every module by its path below app/, such as `tabs/explore/stage.js`, but those that only a
    page without a server has."""
    paths = sorted(path.relative_to(APP).as_posix() for path in APP.rglob("*.js"))
    own = (path for path in paths if path != LOADER and not path.startswith(ELSEWHERE))
    return {path: (APP / path).read_bytes() for path in own}


@cache
def version() -> str:
    """Twelve hex digits that change with any module: a new release is loaded at once, as modules
    import one another within this part of their address."""
    whole = hashlib.sha256()
    for path, text in modules().items():
        whole.update(f"{path}\0{len(text)}\0".encode() + text)
    return whole.hexdigest()[:12]


def root() -> str:
    """Where the modules lie, relative to the page, which may lie behind a proxy."""
    return f"{FOLDER}/{version()}/"


def needs(path: str) -> list[str]:
    """A module and all that it imports, the imported first."""
    names: dict[str, None] = {}

    def visit(name: str) -> None:
        for line in modules()[name].decode().splitlines():
            if line.startswith("import ") and '"' in line:
                near = line.split('"')[1]
                other = (APP / name).parent / near
                visit(other.resolve().relative_to(APP.resolve()).as_posix())
        names[name] = None

    visit(path)
    return list(names)


async def serve(request: Request) -> Response:
    """One module, for good; of another version there is none."""
    text = modules().get(request.path_params["path"])
    if text is None or request.path_params["version"] != version():
        raise HTTPException(404)
    keep = {"Cache-Control": f"public, max-age={A_YEAR}, immutable"}
    return Response(text, media_type="text/javascript", headers=keep)


def routes() -> list[Route]:
    """To be served beside Gradio's own routes."""
    return [Route(f"/{FOLDER}/{{version}}/{{path:path}}", serve, methods=["GET"])]
