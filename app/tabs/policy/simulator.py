"""lapa's policies and its tabletop, for the tab Policy."""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.limits import NoPictures, UserError
from app.tabs.policy import words as say

log = logging.getLogger(__name__)
# the first request waits for the process to start and to find a renderer
PATIENCE = 60.0
ROOT = Path(__file__).resolve().parents[3]


class Acting:
    """The door to lapa's policies, and the only one who asks the simulator's process."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Any = None

    def choices(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Kinds of task, embodiments and themes. ImportError where MuJoCo is not installed."""
        from lapa.sim.tabletop.embodiments import EMBODIMENTS
        from lapa.sim.tabletop.looks import THEMES
        from lapa.sim.tabletop.tasks import KINDS

        return KINDS, tuple(EMBODIMENTS), THEMES

    def policy(self, folder: Path) -> Any:
        """A `LatentPolicy`."""
        from lapa.models.policy import LatentPolicy

        return LatentPolicy.from_pretrained(folder)

    # The simulator

    def number(self) -> int:
        """A new run's."""
        return next(self._numbers)

    def ask(self, policies: Mapping[str, Path], verb: str, run: int, **words: Any) -> Any:
        """What `tabletop_process.Tabletop` answers, one question at a time.

        Raises:
            UserError: one sentence: it cannot be done, or the process is gone.
            NoPictures: nothing can be drawn here.
        """
        with self._lock:
            self._begin(policies)
            try:
                self._channel.send((verb, run, words))
                if not self._channel.poll(PATIENCE):
                    raise TimeoutError(say.SILENT.format(verb=verb, patience=PATIENCE))
                kind, answer = self._channel.recv()
            except (OSError, EOFError, TimeoutError) as error:
                log.warning("the simulator is gone: %s", error)
                self._end()
                raise UserError(say.STOPPED) from error
        if kind == "ok":
            return answer
        if kind == "blind":
            raise NoPictures(_sentence(answer))
        if kind == "wrong":
            raise UserError(_sentence(answer))
        log.error("the simulator failed:\n%s", answer)
        raise UserError(say.STOPPED)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _begin(self, policies: Mapping[str, Path]) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._end()
        self._channel, theirs = multiprocessing.Pipe()
        command = [sys.executable, "-m", "app.tabs.policy.simulator_process", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        theirs.close()
        self._channel.send({name: str(Path(folder).resolve()) for name, folder in policies.items()})

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:300]}."
