"""Visitors' dreams, in memory only: one a session, bounded in bytes, freed when the page closes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.limits import Limits, UserError
from app.core.shares import asking, crowded_out
from app.tabs.imagine import words as say
from app.tabs.imagine.dream import Dream

if TYPE_CHECKING:
    from lapa.imagine.replay import ReplayStep


@dataclass(eq=False)
class Kept:
    """What a session has made: its dream, and the replay it looked at last. address: where it comes
    from."""

    address: str = ""
    dream: Dream | None = None
    replay: tuple[ReplayStep, ...] = ()
    replay_clip: str = ""

    @property
    def nbytes(self) -> int:
        """Of its pictures."""
        pictures = sum(step.imagined.nbytes + step.true.nbytes for step in self.replay)
        return pictures + (self.dream.nbytes if self.dream else 0)


class Worlds:
    """Dreams by session; nobody can reach another's. Of the address that has most the least
    recently used goes first."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.dream_bytes_total
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """Pictures held now, of all sessions."""
        with self._lock:
            return sum(kept.nbytes for kept in self._kept.values())

    def dream(self, session: str | None) -> Dream:
        """The dream of a session; UserError if it has none."""
        with self._lock:
            kept = self._kept.get(session or "")
            if kept is None or kept.dream is None:
                raise UserError(say.GONE)
            self._kept.move_to_end(session or "")
            return kept.dream

    def keep(self, session: str | None, dream: Dream) -> None:
        """From now on this is the dream of the session; one that plays is stopped."""
        kept = self._of(session)
        self.halt(session)
        kept.dream = dream
        self.make_room()

    def keep_replay(self, session: str | None, clip: str, steps: tuple[ReplayStep, ...]) -> None:
        """From now on this is the replay of the session."""
        kept = self._of(session)
        kept.replay, kept.replay_clip = steps, clip
        self.make_room()

    def replay(self, session: str | None) -> tuple[str, tuple[ReplayStep, ...]]:
        """Clip and steps of the session's last replay; UserError if there is none."""
        with self._lock:
            kept = self._kept.get(session or "")
        if kept is None or not kept.replay:
            raise UserError(say.NO_REPLAY)
        return kept.replay_clip, kept.replay

    def halt(self, session: str | None) -> None:
        """Whatever loop plays for this session ends before its next step."""
        with self._lock:
            kept = self._kept.get(session or "")
        if kept is not None and kept.dream is not None:
            kept.dream.controls.turn += 1

    def drop(self, session: str) -> None:
        """Forget a session; what plays for it ends."""
        self.halt(session)
        with self._lock:
            self._kept.pop(session, None)

    def make_room(self) -> None:
        """Let some go until the limit holds; the latest stays."""
        with self._lock:
            kept = [(key, each.address, each.nbytes) for key, each in self._kept.items()]
            for session in crowded_out(kept, self._most):
                dream = self._kept[session].dream
                if session != kept[-1][0]:
                    del self._kept[session]
                    if dream is not None:
                        dream.controls.turn += 1

    def _of(self, session: str | None) -> Kept:
        if not session:
            raise UserError(say.NEEDS_PAGE)
        with self._lock:
            kept = self._kept.setdefault(session, Kept(asking.get().address))
            self._kept.move_to_end(session)
            return kept
