"""What gradio keeps of each visit, without what this page never asks for.

Gradio describes all components anew for whoever comes, for links that restore a page (which here
are the page's own, app/web/link.py). That holds up everybody else, and makes hundreds of visits
too large to be kept.
"""

from __future__ import annotations

import datetime
from copy import copy
from typing import Any

from gradio.state_holder import SessionState, StateHolder

# visits that are kept; the one that was silent for longest goes first
MOST = 4000


class _Nothing(dict[int, Any]):
    """In place of the descriptions: it has an empty one of every component, and keeps none."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: int) -> dict[str, Any]:
        return {}

    def __setitem__(self, key: int, value: Any) -> None:
        pass


class Visits(StateHolder):
    """Gradio's sessions, each begun as a copy of an empty one."""

    _empty: SessionState | None = None

    def __getitem__(self, session_id: str) -> SessionState:
        """What is kept of a session, which may begin with this."""
        if session_id not in self.session_data:
            self.session_data[session_id] = self._fresh()
        self.update(session_id)
        self.time_last_used[session_id] = datetime.datetime.now()
        session: SessionState = self.session_data[session_id]
        return session

    def _fresh(self) -> SessionState:
        if self._empty is None:
            self._empty = SessionState(self.blocks)
            self._empty.config_values = _Nothing()
        fresh = copy(self._empty)
        fresh.blocks_config = copy(self.blocks.default_config)
        fresh.state_data, fresh._state_ttl = {}, {}
        return fresh
