"""Whether more is asked than can be answered in time: then newcomers are told so at once."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.limits import Busy

# So many may wait for something slow, as a published checkup, without being a crowd; once one more
# has waited for so long, whoever comes now would wait even longer. (Twice as many visitors as can
# be served make that twice as long.)
FEW, BEHIND_SECONDS = 12, 0.6
# when it is worth to ask again
AGAIN_SECONDS = 1.5


class Crowd:
    """Those who wait for a short answer; all methods belong to one thread."""

    def __init__(self) -> None:
        self._since: OrderedDict[int, float] = OrderedDict()
        self._numbers = itertools.count()

    def refusal(self) -> Busy | None:
        """What whoever comes now is told; None where there is room."""
        now = time.monotonic()
        # in the order in which they came
        slow = next(itertools.islice(self._since.values(), FEW, None), now)
        behind = now - slow > BEHIND_SECONDS
        return Busy("Many visitors are here just now", AGAIN_SECONDS) if behind else None

    @contextmanager
    def inside(self) -> Iterator[None]:
        """While an answer is made.

        Raises:
            Busy: the server is behind, and the queue shall not grow.
        """
        if refusal := self.refusal():
            raise refusal
        number = next(self._numbers)
        self._since[number] = time.monotonic()
        try:
            yield
        finally:
            del self._since[number]
