"""Which requests reach gradio: an allow-list of its routes, and how large each may be.

Gradio serves more than this page uses, and decodes what it is sent before anybody can look at it.
A route that is not listed here does not exist; a body that is too large, or made of so many parts
that reading it would hold everybody up, is refused while it arrives.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from app.core.limits import FULL, NO_UPLOADS, Busy, is_full
from app.web import words as say
from app.web.frames import FRAMES
from app.web.kept import Kept, address_of
from app.web.scripts import FOLDER

log = logging.getLogger(__name__)

KB, MB = 1_000, 1_000_000
Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Door:
    """A route: its methods, the pattern of its path, and what it takes.

    most: bytes of a body. parts: lists and objects that JSON may hold; None where the body is no
    JSON and passes on as it comes. lasts: its answer goes on for as long as the visitor stays.
    files: what is asked may leave files here.
    """

    methods: tuple[str, ...]
    path: str
    most: int = 64 * KB
    parts: int | None = 20_000
    lasts: bool = False
    files: bool = False


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
    Door(READ, rf"/{FOLDER}/[0-9a-f]{{12}}/(web|tabs(/[a-z_]+)+)/[a-z_]+\.js"),
    Door(READ, rf"/{FRAMES}/[0-9a-f]{{32}}/\d{{1,6}}\.webp"),
    Door(READ, r"/gradio_api/custom_component/.+"),
    Door(READ, r"/gradio_api/file=.+"),
    Door(READ, rf"/gradio_api/heartbeat/{NAME}", lasts=True),
    Door(READ, r"/gradio_api/(queue/data|upload_progress)", lasts=True),
    Door(READ, r"/gradio_api/(queue/status|startup-events)"),
    Door(READ, rf"/gradio_api/call/(v2/)?{NAME}/{NAME}"),
    Door(("POST",), r"/gradio_api/(api|run)/predict/?", EVENT),
    Door(("POST",), rf"/gradio_api/(api|run|call|call/v2)/{NAME}/?", EVENT, files=True),
    Door(("POST",), r"/gradio_api/(queue/join|component_server)/?", EVENT),
    Door(("POST",), r"/gradio_api/(cancel|reset)/?"),
    Door(("GET", "POST", "DELETE"), r"/gradio_api/mcp(/.*)?", EVENT, files=True),
)
UPLOAD = r"/gradio_api/upload"
# answers that go on at once, of one address (a class, or all behind a proxy) and of all: every one
# is an open connection, and a process has no end of those
LASTING_OF_ONE, LASTING = 1000, 4000
# values that JSON may hold: each takes time of everybody's
VALUES = 100_000
# JSON of fewer parts is not nested too deeply for any parser
DEEP = 400
# what may be half of a character, written as such or spelled out, a number of thousands of digits,
# or a text in another encoding
SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\d{4000}|\0")
# a body of which nothing more comes for so long is given up, and one that comes drop by drop, too:
# bytes a second that it must have brought by then, fewer than the slowest telephone's
IDLE_SECONDS, SLOWEST = 30.0, 1000.0


class Doors:
    """ASGI middleware that lets through what DOORS say, and uploads of up to `upload` bytes (0: no
    uploads) while there is `room` beside so many bytes that are on their way. kept: counts whose
    files lie here. tidy: called when no upload is under way any more. crowd: (path, body, address)
    -> why a question has to wait outside, or None; a crowd costs no more than that."""

    def __init__(
        self,
        app: App,
        upload: int,
        room: Callable[[int], bool] = lambda coming: True,
        tidy: Callable[[], None] = lambda: None,
        kept: Kept | None = None,
        crowd: Callable[[str, bytes, str], Busy | None] = lambda path, body, address: None,
    ) -> None:
        self._app, self._room, self._tidy, self._crowd = app, room, tidy, crowd
        self._kept = kept or Kept()
        self._uploads = 0
        self._lasting: Counter[str] = Counter()
        self._full = (-math.inf, False)
        doors = (*DOORS, Door(("POST",), UPLOAD, upload, None, files=True))
        self._doors = [(re.compile(door.path), door) for door in doors]

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Passes a request on to the app, or refuses it: 404 without a door, 413 too large."""
        if scope["type"] != "http":
            # the page speaks no websocket; "lifespan" is the server's own
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        door = self.of(scope["method"], scope["path"])
        if door is None:
            await refuse(send, 404, say.NOTHING_HERE)
        elif door.path == UPLOAD and not door.most:
            await refuse(send, 403, NO_UPLOADS)
        elif door.files and self._is_full(door):
            await refuse(send, 507, FULL)
        elif _is_ambiguous(scope):
            await refuse(send, 400, say.TWO_LENGTHS)
        elif _announced(scope) > door.most:
            await refuse(send, 413, _too_large(door))
        elif door.lasts:
            await self._stay(door, scope, receive, send)
        elif door.path == UPLOAD:
            await self._take(door, scope, receive, send)
        else:
            await self._pass(door, scope, receive, send)

    def _is_full(self, door: Door) -> bool:
        """Whether there is no room for files; looked up anew for an upload, and for others, which
        leave little, each second."""
        now = time.monotonic()
        if door.path == UPLOAD or now - self._full[0] > 1:
            self._full = (now, not self._room(self._kept.coming))
        return self._full[1]

    async def _stay(self, door: Door, scope: Message, receive: Any, send: Any) -> None:
        address = address_of(scope)
        if self._lasting[address] >= LASTING_OF_ONE or self._lasting.total() >= LASTING:
            await refuse(send, 503, say.MANY_CONNECTIONS)
            return
        self._lasting[address] += 1
        try:
            await self._pass(door, scope, receive, send)
        finally:
            self._lasting[address] -= 1
            if not self._lasting[address]:
                del self._lasting[address]

    async def _take(self, door: Door, scope: Message, receive: Any, send: Any) -> None:
        if refusal := self._kept.refusal(scope):
            await refuse(send, 507, refusal)
            return
        parts = []

        async def heard(message: Message) -> None:
            parts.append(message.get("body", b""))
            await send(message)

        # the answer is read here, so it is not to be packed
        headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
        self._uploads += 1
        # who does not say how much it will be may send all that the door takes
        size = _announced(scope) or door.most
        try:
            with self._kept.arriving(scope, size):
                await self._pass(door, {**scope, "headers": headers}, receive, heard)
            self._kept.note(scope, b"".join(parts))
        finally:
            self._uploads -= 1
            if not self._uploads:
                self._tidy()

    async def _pass(self, door: Door, scope: Message, receive: Any, send: Any) -> None:
        answered = [False]

        async def forward(message: Message) -> None:
            answered[0] = True
            await send(message)

        try:
            body = Body(door, receive)
            receive = await body.first()
            if busy := self._crowd(scope["path"], body.text, address_of(scope)):
                await refuse(send, 503, str(busy), busy=busy.more["busy"])
                return
            await self._app(scope, receive, forward)
        except Refused as refused:
            if not answered[0]:
                await refuse(send, refused.status, str(refused))
        except Exception as error:
            if answered[0]:
                raise
            if is_full(error):
                log.warning("no room for a file", exc_info=True)
                await refuse(send, 507, FULL)
            elif door.path == UPLOAD and isinstance(error, TypeError):
                # gradio's word for a field of the form that is none
                await refuse(send, 400, say.NO_FILES)
            else:
                log.exception("%s %s failed", scope["method"], scope["path"][:100])
                await refuse(send, 500, say.BROKEN)

    def of(self, method: str, path: str) -> Door | None:
        """The door that a request comes to, if there is one."""
        for pattern, door in self._doors:
            if method in door.methods and pattern.fullmatch(path):
                return door
        return None


class Refused(Exception):
    """What is sent does not pass the door; the message is one sentence."""

    status = 400


class NotWhole(Refused):
    """A text in it is none: halves of characters can be written nowhere."""

    status = 422


class TooLarge(Refused):
    """More than the door lets through."""

    status = 413


class TooSlow(Refused):
    """Nothing more came for IDLE_SECONDS, or too little in all."""

    status = 408


class Body:
    """A request's body, counted as it arrives."""

    def __init__(self, door: Door, receive: Any) -> None:
        self._door, self._receive, self._seen = door, receive, 0
        self._whole, self._begun = False, time.monotonic()
        self._pieces: list[bytes] = []

    @property
    def text(self) -> bytes:
        """What of the body was read before the app sees any of it."""
        return b"".join(self._pieces)

    async def first(self) -> Any:
        """What the app may receive from. JSON is read to its end before the app sees any of it."""
        if self._door.parts is None:
            return self._counted
        parts = values = 0
        while True:
            message = await self._counted()
            piece = message.get("body", b"")
            self._pieces.append(piece)
            parts += piece.count(b"[") + piece.count(b"{")
            values += piece.count(b",")
            if parts > self._door.parts:
                raise TooLarge(say.MANY_PARTS.format(parts=self._door.parts))
            if values > VALUES:
                raise TooLarge(say.MANY_VALUES.format(values=VALUES))
            if message["type"] != "http.request" or not message.get("more_body"):
                break

        self._check(parts)
        # in one piece, as who comes next may look for something in it (app/web/hidden.py)
        waiting = [message if message["type"] != "http.request" else {**message, "body": self.text}]

        async def replayed() -> Message:
            return waiting.pop() if waiting else await self._receive()

        return replayed

    def _check(self, parts: int) -> None:
        """Raise Refused for JSON that no parser behind this door should meet. Few are looked at."""
        if parts <= DEEP and not SUSPECT.search(self.text):
            return
        try:
            told = json.loads(self.text.decode())
            json.dumps(told, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotWhole(say.HALF_A_CHARACTER) from None
        except (ValueError, RecursionError):
            raise Refused(say.NO_JSON) from None

    async def _counted(self) -> Message:
        message: Message = await self._next()
        self._seen += len(message.get("body", b""))
        if self._seen > self._door.most:
            raise TooLarge(_too_large(self._door))
        return message

    async def _next(self) -> Message:
        # once all of it is there, what is waited for is that the visitor goes, however long
        message: Message
        if self._whole:
            message = await self._receive()
            return message
        due = self._begun + IDLE_SECONDS + self._seen / SLOWEST - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), min(IDLE_SECONDS, due))
        except asyncio.TimeoutError:
            raise TooSlow(say.NOTHING_MORE.format(seconds=IDLE_SECONDS)) from None
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        return message


def _is_ambiguous(scope: Message) -> bool:
    """Whether somebody on the way may take a part of this body for the next request."""
    names = {name for name, _ in scope.get("headers", ())}
    return {b"content-length", b"transfer-encoding"} <= names


def _announced(scope: Message) -> int:
    """The length that the request claims; 0 where it claims none."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(door: Door) -> str:
    size = f"{door.most / MB:g} MB" if door.most >= MB else f"{door.most // KB} kB"
    return say.LARGE.format(size=size)


async def refuse(send: Any, status: int, sentence: str, busy: float | None = None) -> None:
    """Answer a request with a sentence, as JSON, and end its connection.

    busy: seconds after which it is worth to ask again, on the same connection.
    """
    told: dict[str, Any] = {"detail": sentence}
    headers = [(b"content-type", b"application/json")]
    if busy is None:
        headers.append((b"connection", b"close"))
    else:
        told["busy"] = busy
        headers.append((b"retry-after", str(math.ceil(busy)).encode()))
    body = json.dumps(told).encode()
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
