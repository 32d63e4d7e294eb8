"""Fair shares of heavy work: one thing at a time for each visitor, and addresses in turn.

A page names itself by its session, which a program may change with every request; where it comes
from it cannot choose so freely. So addresses take turns, and within an address its pages do. A
class behind the address of its school has as much as all places while nobody else comes, shared
among its pages, and every second turn beside one other: nobody is worse off than a class as large.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from app.core.limits import Busy, UserError

# visitors whose last turn is remembered; whoever is not among the latest is as good as new
REMEMBERED = 2000
# what somebody hears whose place in a full queue is given to another address
GAVE_WAY = "Many visitors wait for this, and most of what waits came from your address"
Thing = TypeVar("Thing")


class Visitor(NamedTuple):
    """address: of the network that a request came from. page: its session; "" of a program."""

    address: str
    page: str = ""

    @property
    def name(self) -> str:
        """By which things are somebody's own: the session of a page, the address of a program."""
        return self.page or self.address


NOBODY = Visitor("")
# who asks for what is being done
asking: ContextVar[Visitor] = ContextVar("asking", default=NOBODY)


def network_of(host: str) -> str:
    """The address by which somebody is counted. One household has 2^64 of IPv6's, by the thousands
    of which it could come as somebody else each time."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Turns:
    """Who comes next: the address that had a turn longest ago, or never, and of it the page."""

    def __init__(self) -> None:
        self._last: OrderedDict[str | Visitor, int] = OrderedDict()
        self._begun = 0

    def rank(self, visitor: Visitor) -> tuple[int, int]:
        """The lowest comes next; of equals the one who came first."""
        return self._last.get(visitor.address, 0), self._last.get(visitor, 0)

    def begin(self, visitor: Visitor) -> None:
        """It is this visitor's turn."""
        self._begun += 1
        for key in (visitor.address, visitor):
            self._last[key] = self._begun
            self._last.move_to_end(key)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def copy(self) -> Turns:
        """The same, to look ahead with."""
        other = Turns()
        other._last, other._begun = self._last.copy(), self._begun
        return other


def fullest(visitors: Sequence[Visitor], newcomer: Visitor) -> int | None:
    """Which of those who wait gives its place in a full queue to a newcomer: the latest of the
    address that has most, unless the newcomer's would then have as much."""
    counts = Counter(visitor.address for visitor in visitors)
    address, most = counts.most_common(1)[0]
    if counts[newcomer.address] + 1 >= most:
        return None
    return max(place for place, each in enumerate(visitors) if each.address == address)


class Shares:
    """Places for heavy work. An address that has fewest comes next, and of those by `Turns`.

    Who waits holds no thread: presses need those. All methods belong to one event loop.

    places: how much goes on at once. own: how much of one visitor may wait. most: of all visitors.
    """

    def __init__(self, places: int, own: int, most: int) -> None:
        self._places, self._own, self._most = places, own, most
        self._waiting: list[tuple[Visitor, asyncio.Future[None]]] = []
        self._working: set[Visitor] = set()
        self._turns = Turns()

    @asynccontextmanager
    async def turn(self, visitor: Visitor) -> AsyncIterator[None]:
        """A place, once it is this visitor's turn.

        Raises:
            UserError: too much of this visitor waits already. Busy: too much of all, or of this
                address beside others.
        """
        self._check_room(visitor)
        place = (visitor, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        self._go_on()
        try:
            await place[1]
        except Busy:
            raise
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

    def _check_room(self, visitor: Visitor) -> None:
        own = sum(each == visitor for each, _ in self._waiting)
        if own >= self._own:
            told = "1 thing of yours waits" if own == 1 else f"{own} things of yours wait"
            raise UserError(f"{told} already; let it end first.")
        if len(self._waiting) < self._most:
            return
        place = fullest([each for each, _ in self._waiting], visitor)
        if place is None:
            raise Busy(f"{len(self._waiting)} visitors wait for this already", 5.0)
        future = self._waiting.pop(place)[1]
        if not future.done():
            future.set_exception(Busy(GAVE_WAY, 5.0))

    def _leave(self, visitor: Visitor) -> None:
        self._working.discard(visitor)
        self._go_on()

    def _go_on(self) -> None:
        while len(self._working) < self._places:
            ready = [place for place in self._waiting if place[0] not in self._working]
            if not ready:
                return
            busy = Counter(visitor.address for visitor in self._working)
            chosen = min(ready, key=lambda each: (busy[each[0].address], self._turns.rank(each[0])))
            self._waiting.remove(chosen)
            self._working.add(chosen[0])
            self._turns.begin(chosen[0])
            if not chosen[1].done():
                chosen[1].set_result(None)


def crowded_out(kept: Sequence[tuple[Thing, str, int]], most: int) -> list[Thing]:
    """Of what is kept in memory or on disk, what has to go for less than `most` bytes to be left:
    of the address that has most of them, the first of its own each time.

    kept: (what, address, bytes), the least recently used first.
    """
    left, gone = list(kept), []
    total = sum(size for _, _, size in left)
    while total > most:
        held: Counter[str] = Counter()
        for _, address, size in left:
            held[address] += size
        largest = held.most_common(1)[0][0]
        what = next(each for each in left if each[1] == largest)
        left.remove(what)
        total -= what[2]
        gone.append(what[0])
    return gone
