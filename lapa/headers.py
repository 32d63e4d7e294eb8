"""Connections that are opened and then send nothing, or their headers drop by drop, are closed.

uvicorn waits for the headers of a request for ever, and every connection that waits takes a place.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uvicorn

# from the opening of a connection, or the first byte of its next request, to the end of the headers
HEADER_SECONDS = 20.0


def in_time(config: uvicorn.Config, seconds: float = HEADER_SECONDS) -> uvicorn.Config:
    """The configuration of a server, running or not, that closes such connections from now on."""
    if not config.loaded:
        config.load()
    bases = (_InTime, config.http_protocol_class)
    config.http_protocol_class = type("InTime", bases, {"seconds": seconds})
    return config


class _InTime(asyncio.Protocol):
    """Laid over uvicorn's protocol, of either of its parsers, it has an end to its patience."""

    seconds: float
    _end: asyncio.TimerHandle | None = None

    def connection_made(self: Any, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self: Any, data: bytes) -> None:
        super().data_received(data)
        self._wait()

    def connection_lost(self: Any, error: Exception | None) -> None:
        super().connection_lost(error)
        self._stop_waiting()

    def _wait(self: Any) -> None:
        # the cycle of a request begins with the end of its headers
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._end is None:
            self._end = self.loop.call_later(self.seconds, self._give_up)

    def _give_up(self: Any) -> None:
        self._end = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def _stop_waiting(self: Any) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
