"""Fair shares of heavy work: one thing at a time for each visitor, and visitors in turn."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from app.core.limits import Busy, UserError

# who asks for what is being done: a page's session, or the address of a program that has none
asking: ContextVar[str] = ContextVar("asking", default="")


class Shares:
    """Places for heavy work. Whoever had a turn longest ago, or never, comes next.

    Who waits holds no thread: presses need those. All methods belong to one event loop.

    places: how much goes on at once. own: how much of one visitor may wait. most: of all visitors.
    """

    def __init__(self, places: int, own: int, most: int) -> None:
        self._places, self._own, self._most = places, own, most
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._working: set[str] = set()
        self._turns: dict[str, int] = {}
        self._count = itertools.count(1)

    @asynccontextmanager
    async def turn(self, visitor: str) -> AsyncIterator[None]:
        """A place, once it is this visitor's turn.

        Raises:
            UserError: too much of this visitor waits already. Busy: too much of all.
        """
        own = sum(each == visitor for each, _ in self._waiting)
        if own >= self._own:
            told = "1 thing of yours waits" if own == 1 else f"{own} things of yours wait"
            raise UserError(f"{told} already; let it end first.")
        if len(self._waiting) >= self._most:
            raise Busy(f"{len(self._waiting)} visitors wait for this already", 5.0)
        place = (visitor, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        self._go_on()
        try:
            await place[1]
        except BaseException:
            # gone while it waited, perhaps just when its turn had come
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._leave(visitor)
            raise
        try:
            yield
        finally:
            self._leave(visitor)

    def _leave(self, visitor: str) -> None:
        self._working.discard(visitor)
        self._turns[visitor] = next(self._count)
        # whoever has nothing here any more and is not among the latest is as good as new
        if len(self._turns) > 1000:
            del self._turns[min(self._turns, key=self._turns.__getitem__)]
        self._go_on()

    def _go_on(self) -> None:
        while len(self._working) < self._places:
            ready = [place for place in self._waiting if place[0] not in self._working]
            if not ready:
                return
            # of equals the one who came first
            chosen = min(ready, key=lambda place: self._turns.get(place[0], 0))
            self._waiting.remove(chosen)
            self._working.add(chosen[0])
            if not chosen[1].done():
                chosen[1].set_result(None)
