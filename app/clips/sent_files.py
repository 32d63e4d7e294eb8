"""When the files that visitors sent are removed."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class SentFiles:
    """Removes files that were read, once nobody else can be about to read them.

    Gradio keeps the same file of many visitors as one file: whoever is served first must not take
    it away from those who have just sent it, too.

    grace: seconds for which a file stays after it was sent, for those whose page has not asked to
        have it read yet; it goes with the next file that is done with after that.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._read: deque[Path] = deque()
        self._readers: Counter[Path] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def reading(self, paths: Iterable[Path]) -> Iterator[None]:
        """While somebody reads these, or waits for a turn to do so, they stay; then, whether they
        were read or refused, they may go."""
        paths = tuple(paths)
        with self._lock:
            self._readers.update(paths)
        try:
            yield
        finally:
            with self._lock:
                self._readers.subtract(paths)
                self._readers = +self._readers
                self._read.extend(paths)
                self._read = deque(path for path in self._read if not self._removed(path))

    def _removed(self, path: Path) -> bool:
        if path in self._readers:
            return False
        try:
            # sent again, it is written again
            if time.time() - path.stat().st_mtime < self._grace:
                return False
        except FileNotFoundError:
            return True
        path.unlink(missing_ok=True)
        return True
