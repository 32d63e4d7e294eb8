"""The drawer Models: what is on offer, what each takes, and opening another one.

static/drawer.js shows it; the header's button opens it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app import figures
from app.service import Explorer
from app.tabs.components import panel
from app.tabs.events import Record, answers, streams
from app.views import Model


def models(explorer: Explorer) -> None:
    """Lays out the drawer and connects it to the service."""
    handlers = ModelHandlers(explorer)
    drawer = panel("drawer", events=["offered", "another"])
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    drawer.offered(handlers.offered, None, drawer, api_name="models_list", queue=False, **quiet)
    drawer.another(
        handlers.another, None, drawer, api_name="models_add", concurrency_limit=1, **quiet
    )


class ModelHandlers:
    """The callbacks of the drawer on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    @answers
    def offered(self, event: Record, session: str | None) -> Record:
        """Every model and whether another may be opened."""
        return {"kind": "listed", **self._listed()}

    @streams
    def another(self, event: Record, session: str | None) -> Iterator[Record]:
        """Opens another model, telling how far it is."""
        for told in self._explorer.shelf.open(str(event.get("source") or "")):
            if isinstance(told, Model):
                yield {"kind": "opened", "name": told.name, **self._listed()}
            else:
                yield {"kind": "stage", "words": told}

    def _listed(self) -> dict[str, Any]:
        shelf = self._explorer.shelf
        return {
            "open": shelf.open_models,
            "models": [
                {
                    "model": figures.model_record(each.model),
                    "source": each.source,
                    "memory": figures.in_bytes(each.bytes),
                    "time": figures.in_milliseconds(each.milliseconds),
                }
                for each in shelf.offered()
            ],
        }
