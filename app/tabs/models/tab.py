"""The drawer Models: what is on offer, what each takes, and opening another one.

tabs/models/drawer.js shows it; the header's button opens it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from app.core.views import Model
from app.tabs.models.service import Models
from app.web.components import panel
from app.web.events import Callbacks, Record, answers, reading_of, streams
from app.web.records import in_bytes, in_milliseconds, model_record


def layout(models: Models) -> None:
    """Lays out the drawer and connects it to the service."""
    handlers = ModelHandlers(models)
    drawer = panel("drawer", events=["offered", "another"])
    quiet = {"show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
    drawer.offered(handlers.offered, None, drawer, api_name="models_list", queue=False, **quiet)
    drawer.another(
        handlers.another, None, drawer, api_name="models_add", concurrency_limit=1, **quiet
    )


class ModelHandlers(Callbacks):
    """The callbacks of the drawer on one service."""

    def __init__(self, models: Models) -> None:
        self._models = models

    @answers
    def offered(self, event: Record, session: str | None) -> Record:
        """Every model and whether another may be opened."""
        return {"kind": "listed", **self._listed()}

    @streams
    def another(self, event: Record, session: str | None) -> Generator[Record, None, None]:
        """Opens another model, telling how far it is."""
        for told in self._models.open(str(event.get("source") or ""), reading_of(event)):
            if isinstance(told, Model):
                yield {"kind": "opened", "name": told.name, **self._listed()}
            else:
                yield {"kind": "stage", "words": told}

    def _listed(self) -> dict[str, Any]:
        return {
            "open": self._models.open_models,
            "models": [
                {
                    "model": model_record(each.model),
                    "source": each.source,
                    "memory": in_bytes(each.bytes),
                    "time": in_milliseconds(each.milliseconds),
                }
                for each in self._models.offered()
            ],
        }
