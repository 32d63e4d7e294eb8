"""The frames of clips as files that a browser may keep for good, so that a slider asks for each
once."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.limits import UserError
from app.web.scripts import A_YEAR, FOLDER

FRAMES = f"{FOLDER}/frames"


def root(address: str) -> str:
    """Where the frames of a clip lie, relative to the page; each is named by its number."""
    return f"{FRAMES}/{address}/"


def routes(picture: Callable[[str, int], tuple[bytes, bool]]) -> list[Route]:
    """To be served beside Gradio's own. picture: address of a clip and number of a frame -> a WebP
    and whether everybody may have it; UserError where there is none."""

    def serve(request: Request) -> Response:
        try:
            file, shared = picture(request.path_params["address"], request.path_params["index"])
        except UserError as error:
            raise HTTPException(404) from error
        whose = "public" if shared else "private"
        keep = {"Cache-Control": f"{whose}, max-age={A_YEAR}, immutable"}
        return Response(file, media_type="image/webp", headers=keep)

    return [Route(f"/{FRAMES}/{{address}}/{{index:int}}.webp", serve, methods=["GET"])]
