"""Where files lie on the server is told to nobody: ASGI middleware right around gradio.

Gradio names every file that a visitor sends or gets by its path, and expects to hear that again.
Here its folder has another name on the way out, and its own again on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradio.utils import get_upload_folder

Message = MutableMapping[str, Any]
NAME = "lapa-files"
# at the beginning of a text of JSON, where a path of ours stands; a slash may be written "\/"
NAMED = re.compile(rb'(?<=")' + NAME.encode() + rb"(?=\\?/)")
# what may name files; pictures and videos do not
TEXTS = ("application/json", "text/html", "text/plain", "text/event-stream")
FILE = "/gradio_api/file="


class Hidden:
    """Gives gradio's folder of files the name NAME, in requests and in answers."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Passes a request on. JSON comes in one piece from the doors; a stream's events leave one
        by one, other texts as a whole."""
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        is_file = path.startswith(FILE)
        if is_file:
            path = FILE + real(path.removeprefix(FILE))
            scope = {**scope, "path": path, "raw_path": quote(path, safe="/=").encode()}

        async def heard() -> Message:
            message: Message = await receive()
            if NAME.encode() in message.get("body", b""):
                folder = get_upload_folder().encode()
                message = {**message, "body": NAMED.sub(lambda _: folder, message["body"])}
            return message

        is_upload = scope["method"] == "POST" and path.startswith("/gradio_api/upload")
        await self._app(scope, receive if is_upload else heard, _Answer(send, is_file))


class _Answer:
    """What gradio sends: a text begins when all of it is known, as its length may change. is_file:
    what is found is a file, and goes as it is."""

    def __init__(self, send: Any, is_file: bool) -> None:
        self._send, self._is_file = send, is_file
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = _header(message, b"content-type").partition(";")[0]
            if kind not in TEXTS or (self._is_file and message["status"] < 300):
                await self._send(message)
            elif kind == "text/event-stream":
                await self._send(message)
                self._send = _each(self._send)
            else:
                self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._whole(self._start, hidden(b"".join(self._parts)))

    async def _whole(self, start: Message, body: bytes) -> None:
        headers = [each for each in start["headers"] if each[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def hidden(text: bytes) -> bytes:
    """A text in which the folder has its other name."""
    folder = get_upload_folder()
    for written in (folder, quote(folder)):
        text = text.replace(written.encode(), NAME.encode())
    return text


def real(path: str) -> str:
    """The path of a file as a visitor has it -> as it is here; any other as it is."""
    first, slash, rest = path.partition("/")
    return str(Path(get_upload_folder()) / rest) if first == NAME and slash else path


def _each(send: Any) -> Any:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": hidden(message.get("body", b""))}
        await send(message)

    return sent


def _header(message: Message, name: bytes) -> str:
    values = (value for key, value in message.get("headers", ()) if key.lower() == name)
    return next(values, b"").decode("latin-1").lower()
