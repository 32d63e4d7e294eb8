"""When the files that visitors sent are removed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path


class SentFiles:
    """Removes files that were read, once nobody else can be about to read them.

    Gradio keeps the same file of many visitors as one file: whoever is served first must not take
    it away from those who have just sent it, too.

    grace: seconds for which a file stays after it was sent; it goes with the next file that is
        done with after that. Gradio itself sweeps what is older than an hour.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._read: deque[Path] = deque()
        self._lock = threading.Lock()

    def done(self, paths: Iterable[Path]) -> None:
        """These were read, or refused."""
        with self._lock:
            self._read.extend(paths)
            self._read = deque(path for path in self._read if not self._removed(path))

    def _removed(self, path: Path) -> bool:
        try:
            # sent again, it is written again
            if time.time() - path.stat().st_mtime < self._grace:
                return False
        except FileNotFoundError:
            return True
        path.unlink(missing_ok=True)
        return True
