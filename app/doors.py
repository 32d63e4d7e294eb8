"""Which requests reach gradio: an allow-list of its routes, and how large each may be.

Gradio serves more than this page uses, and decodes what it is sent before anybody can look at it.
A route that is not listed here does not exist; a body that is too large, or made of so many parts
that reading it would hold everybody up, is refused while it arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

KB, MB = 1_000, 1_000_000
Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Door:
    """A route: its methods, the pattern of its path, and what it takes.

    most: bytes of a body. parts: lists and objects that JSON may hold; None where the body is no
    JSON and passes on as it comes.
    """

    methods: tuple[str, ...]
    path: str
    most: int = 64 * KB
    parts: int | None = 20_000


READ = ("GET", "HEAD")
NAME = r"[\w.-]+"
# a kept dream is sent as a text of up to 2 MB; nothing else comes near
EVENT = 3 * MB
DOORS = (
    Door(READ, r"/"),
    Door(READ, r"/(config|gradio_api/(info|app_id|login_check|user))/?"),
    Door(READ, r"/(gradio_api/)?(theme\.css|openapi\.json)"),
    Door(READ, r"/(favicon\.ico|robots\.txt|manifest\.json|pwa_icon(/\d+)?)"),
    Door(READ, r"/(assets|static|svelte)/.+"),
    Door(READ, r"/gradio_api/custom_component/.+"),
    Door(READ, r"/gradio_api/file=.+"),
    Door(READ, rf"/gradio_api/heartbeat/{NAME}"),
    Door(READ, r"/gradio_api/(queue/data|queue/status|upload_progress|startup-events)"),
    Door(READ, rf"/gradio_api/call/(v2/)?{NAME}/{NAME}"),
    Door(("POST",), rf"/gradio_api/(api|run|call|call/v2)/{NAME}/?", EVENT),
    Door(("POST",), r"/gradio_api/(queue/join|component_server)/?", EVENT),
    Door(("POST",), r"/gradio_api/(cancel|reset)/?"),
    Door(("GET", "POST", "DELETE"), r"/gradio_api/mcp(/.*)?", EVENT),
)
UPLOAD = r"/gradio_api/upload"


class Doors:
    """ASGI middleware that lets through what DOORS say, and uploads of up to `upload` bytes."""

    def __init__(self, app: App, upload: int) -> None:
        self._app = app
        doors = (*DOORS, Door(("POST",), UPLOAD, upload, None))
        self._doors = [(re.compile(door.path), door) for door in doors]

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            # the page speaks no websocket; "lifespan" is the server's own
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        door = self.of(scope["method"], scope["path"])
        if door is None:
            return await _refuse(send, 404, "There is nothing here.")
        if _announced(scope) > door.most:
            return await _refuse(send, 413, _too_large(door))
        answered = [False]

        async def heard(message: Message) -> None:
            answered[0] = True
            await send(message)

        try:
            await self._app(scope, await Body(door, receive).first(), heard)
        except TooLarge as refused:
            if not answered[0]:
                await _refuse(send, 413, str(refused))

    def of(self, method: str, path: str) -> Door | None:
        """The door that a request comes to, if there is one."""
        for pattern, door in self._doors:
            if method in door.methods and pattern.fullmatch(path):
                return door
        return None


class TooLarge(Exception):
    """What is sent is more than the door lets through."""


class Body:
    """A request's body, counted as it arrives."""

    def __init__(self, door: Door, receive: Any) -> None:
        self._door, self._receive, self._seen = door, receive, 0

    async def first(self) -> Any:
        """What the app may receive from. JSON is read to its end before the app sees any of it."""
        if self._door.parts is None:
            return self._counted
        held, parts = [], 0
        while True:
            message = await self._counted()
            held.append(message)
            piece = message.get("body", b"")
            parts += piece.count(b"[") + piece.count(b"{")
            if parts > self._door.parts:
                raise TooLarge(f"The request holds more than {self._door.parts} lists and objects.")
            if message["type"] != "http.request" or not message.get("more_body"):
                break

        async def replayed() -> Message:
            return held.pop(0) if held else await self._receive()

        return replayed

    async def _counted(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._door.most:
            raise TooLarge(_too_large(self._door))
        return message


def _announced(scope: Message) -> int:
    """The length that the request claims; 0 where it claims none."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(door: Door) -> str:
    size = f"{door.most / MB:g} MB" if door.most >= MB else f"{door.most // KB} kB"
    return f"The request is larger than {size}, which is the most that is read here."


async def _refuse(send: Any, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
