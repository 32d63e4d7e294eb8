"""Who may play: a few dreams run at once, the others wait in the order in which they came."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Players:
    """Places for those who play; `take` one, and `ahead` says how many come first."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._queue: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[Place]:
        """A place in the queue, given back at the end, whatever happens."""
        place = Place(self)
        with self._changed:
            self._queue.append(place)
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


class Place:
    """One who plays or waits."""

    def __init__(self, players: Players) -> None:
        self._players = players

    def wait(self, seconds: float) -> int:
        """0 once it may play; otherwise, after `seconds`, how many are ahead."""
        return self._players.wait(self, seconds)
