"""Whether more is asked than can be answered in time: then newcomers are told so at once."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.limits import Busy

# So many may wait for something slow, as a published checkup, without being a crowd; once one more
# has waited for so long, whoever comes now would wait even longer. (Twice as many visitors as can
# be served make that twice as long.)
FEW, BEHIND_SECONDS = 12, 0.6
# At the pace of the latest answers whoever comes now would wait longer than this: the first rule
# sees a crowd only when it is there, and lets in all who come before that. Of fewer answers there
# is no pace to tell, and before so many a class that presses at once is let in.
LONG_SECONDS, ANSWERS = 1.0, 20
# when it is worth to ask again
AGAIN_SECONDS = 1.5


class Crowd:
    """Those who wait for a short answer; all methods belong to one thread."""

    def __init__(self) -> None:
        self._since: OrderedDict[int, float] = OrderedDict()
        self._numbers = itertools.count()
        # when the latest answers were given, all since there was a crowd
        self._given: deque[float] = deque(maxlen=2 * ANSWERS)

    def refusal(self) -> Busy | None:
        """What whoever comes now is told; None where there is room."""
        now = time.monotonic()
        # in the order in which they came
        slow = next(itertools.islice(self._since.values(), FEW, None), now)
        behind = now - slow > BEHIND_SECONDS or self._wait() > LONG_SECONDS
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
            if len(self._since) <= FEW:
                self._given.clear()
            else:
                self._given.append(time.monotonic())

    def _wait(self) -> float:
        """Seconds until all who are inside have an answer, at the pace of the latest."""
        if len(self._given) < ANSWERS:
            return 0.0
        seconds = self._given[-1] - self._given[0]
        return len(self._since) * seconds / (len(self._given) - 1)
