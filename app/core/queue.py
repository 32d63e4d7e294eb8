"""Who may play: a few dreams run at once, the others wait, of each address as many before anyone's
next."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.shares import asking


class Players:
    """Places for those who play; `take` one, and `ahead` says how many come first."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._queue: list[Place] = []
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[Place]:
        """A place in the queue, given back at the end, whatever happens."""
        place = Place(self, asking.get().address)
        with self._changed:
            self._queue.insert(self._at(place), place)
        try:
            yield place
        finally:
            with self._changed:
                self._queue.remove(place)
                self._changed.notify_all()

    def ahead(self, place: Place) -> int:
        """How many have to leave before this one may play."""
        with self._changed:
            return max(0, self._queue.index(place) - self._places + 1)

    def wait(self, place: Place, seconds: float) -> int:
        """`ahead` after something changed, or after `seconds`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while (left := deadline - time.monotonic()) > 0:
                if self._queue.index(place) < self._places:
                    return 0
                self._changed.wait(left)
        return self.ahead(place)

    def _at(self, place: Place) -> int:
        """Where a newcomer waits: the second of an address comes after the first of all others."""
        own = sum(each.address == place.address for each in self._queue)
        before: dict[str, int] = {}
        for at, each in enumerate(self._queue):
            if at >= self._places and before.get(each.address, 0) > own:
                return at
            before[each.address] = before.get(each.address, 0) + 1
        return len(self._queue)


class Place:
    """One who plays or waits. address: where it comes from."""

    def __init__(self, players: Players, address: str) -> None:
        self._players, self.address = players, address

    def wait(self, seconds: float) -> int:
        """0 once it may play; otherwise, after `seconds`, how many are ahead."""
        return self._players.wait(self, seconds)
