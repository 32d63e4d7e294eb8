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
# sees a crowd only when it has waited, and until then lets everybody in. An answer that took longer
# than BEHIND_SECONDS after the one before was something slow, and tells no more than that.
LONG_SECONDS, ANSWERS = 1.0, 40
# when it is worth to ask again
AGAIN_SECONDS = 1.5


class Crowd:
    """Those who wait for a short answer; all methods belong to one thread."""

    def __init__(self) -> None:
        self._since: OrderedDict[int, float] = OrderedDict()
        self._numbers = itertools.count()
        # what the latest answers of a crowd took after the one before
        self._took: deque[float] = deque(maxlen=ANSWERS)
        self._last = 0.0

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
        number, now = next(self._numbers), time.monotonic()
        if not self._since:
            self._last = now
        self._since[number] = now
        try:
            yield
        finally:
            del self._since[number]
            now = time.monotonic()
            # with few inside it may have been waited for a visitor: that is no pace
            if len(self._since) >= FEW:
                self._took.append(min(now - self._last, BEHIND_SECONDS))
            self._last = now

    def _wait(self) -> float:
        """Seconds until all who are inside have an answer, at the pace of the latest; 0 where they
        are few."""
        many = len(self._since) > FEW
        return len(self._since) * sum(self._took) / len(self._took) if many and self._took else 0.0
