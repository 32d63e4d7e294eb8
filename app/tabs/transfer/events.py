"""What the tab Transfer does when something is chosen: event in, plain JSON record out."""

from __future__ import annotations

from urllib.parse import parse_qsl

import plotly.graph_objects as go

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.limits import UserError
from app.tabs.transfer import link, records
from app.tabs.transfer import words as say
from app.tabs.transfer.charts import matrix_map
from app.tabs.transfer.service import Transfer
from app.web.events import Callbacks, Record, answers, draws, heavy, serves
from app.web.uploaded import bring

# rows that are shown while the others are waited for
FIRST = 3


class TransferHandlers(Callbacks):
    """The callbacks of one Transfer tab on one service."""

    def __init__(self, transfer: Transfer, clips: Gallery, models: ModelList) -> None:
        self._transfer, self._clips, self._models = transfer, clips, models

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What the address asks for, if anything of this tab."""
        models = [model.name for model in self._models.all() if model.usable]
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:8000]))
        choice, notes = link.read(query, models=models, clips=self._clips.all())
        return {
            "kind": "opened",
            "choice": None if choice is None else link.to_event(choice),
            "notes": notes,
        }

    @heavy("models")
    @answers
    def carry(self, event: Record, session: str | None) -> Record:
        """The chosen pair's latent action on every embodiment, and the link to it; with "first"
        only what can be shown at once."""
        choice = link.from_event(event)
        carried = self._transfer.carry(
            choice.model, choice.pair, choice.steps, choice.onto, session,
            most=FIRST if event.get("first") is True else None,
        )  # fmt: skip
        return {
            "kind": "carried",
            "link": link.write(choice),
            **records.carried_record(carried),
        }

    @heavy("models")
    @answers
    def nearest(self, event: Record, session: str | None) -> Record:
        """Real pairs of every embodiment with the nearest codes."""
        choice = link.from_event(event)
        found = self._transfer.nearest(choice.model, choice.pair, session)
        told = {name: [records.known_record(each) for each in own] for name, own in found.items()}
        return {"kind": "nearest", "pairs": told}

    @heavy("files")
    @answers
    def bring(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded picture or video and forgets the file itself."""
        return bring(self._clips, event, session)

    @draws
    def chart(self, event: Record, session: str | None) -> go.Figure:
        """The matrix of what was measured on all held-out clips."""
        matrix = self._transfer.matrix(str(event.get("m")))
        if matrix is None:
            raise UserError(say.NOTHING_MEASURED)
        return matrix_map(matrix)

    # Past the queue: figures of shipped clips, the same for everybody

    @serves
    def matrix(self, asked: Record) -> Record:
        """What was measured on all held-out clips."""
        name = str(asked.get("m"))
        matrix = self._transfer.matrix(name)
        if matrix is None:
            note = self._models.get(name).note
            return {"note": note} if note else {}
        return records.matrix_record(matrix, self._transfer.elsewhere(matrix))

    @serves
    def examples(self, asked: Record) -> Record:
        """A cell's best and worst examples."""
        transfer, model = self._transfer, str(asked.get("m"))
        cell = transfer.cell(model, str(asked.get("from")), str(asked.get("to")))
        best, worst = (transfer.examples(model, told) for told in (cell.best, cell.worst))
        return records.examples_record(cell, best, worst)
