"""Under which names the page is there, and in whose frames: ASGI middleware around everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from app.web import words as say
from app.web.doors import refuse

Message = MutableMapping[str, Any]


class Reach:
    """hosts: names of the Host header, () for any. frames: origins that may show the page in a
    frame, besides itself; None for any."""

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        hosts: tuple[str, ...] = (),
        frames: tuple[str, ...] | None = (),
    ) -> None:
        self._app, self._hosts = app, hosts
        self._policy = None
        if frames is not None:
            self._policy = " ".join(("frame-ancestors", "'self'", *frames)).encode()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answers 421 to a name that is not the page's; all else is passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._hosts and host_of(scope) not in self._hosts:
            await refuse(send, 421, say.OTHER_NAME)
            return

        async def forward(message: Message) -> None:
            if self._policy and message["type"] == "http.response.start":
                policy = (b"content-security-policy", self._policy)
                message = {**message, "headers": [*message.get("headers", ()), policy]}
            await send(message)

        await self._app(scope, receive, forward)


def host_of(scope: Message) -> str:
    """The name that was asked for, without its port and brackets, in small letters; "" for none."""
    for name, value in scope.get("headers", ()):
        if name == b"host":
            text: str = value.decode("latin-1").lower()
            if text.startswith("["):
                return text[1:].partition("]")[0]
            return text.partition(":")[0]
    return ""
