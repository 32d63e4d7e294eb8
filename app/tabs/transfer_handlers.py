"""What the tab Transfer does when something is chosen: event in, plain JSON record out."""

from __future__ import annotations

from urllib.parse import parse_qsl

from app import figures
from app.service import Explorer
from app.tabs import transfer_links as links
from app.tabs import transfer_records as records
from app.tabs.events import Record, answers, serves
from app.tabs.uploaded import uploaded_path


class TransferHandlers:
    """The callbacks of one Transfer tab on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What the address asks for, if anything of this tab."""
        models = [model.name for model in self._explorer.models() if model.usable]
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:8000]))
        choice, notes = links.read(query, models=models, clips=self._explorer.clips())
        return {
            "kind": "opened",
            "choice": None if choice is None else links.to_event(choice),
            "notes": notes,
        }

    @answers
    def carry(self, event: Record, session: str | None) -> Record:
        """The chosen pair's latent action on every embodiment, and the link to it."""
        choice = links.from_event(event)
        carried = self._explorer.transfers.carry(
            choice.model, choice.pair, choice.steps, choice.onto, session
        )
        return {
            "kind": "carried",
            "link": links.write(choice),
            **records.carried_record(carried),
        }

    @answers
    def nearest(self, event: Record, session: str | None) -> Record:
        """Real pairs of every embodiment with the nearest codes."""
        choice = links.from_event(event)
        found = self._explorer.transfers.nearest(choice.model, choice.pair, session)
        told = {name: [records.known_record(each) for each in own] for name, own in found.items()}
        return {"kind": "nearest", "pairs": told}

    @answers
    def bring(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded picture or video and forgets the file itself."""
        path = uploaded_path(event.get("path"))
        clip = self._explorer.add_upload(path, session, delete=True)
        thumbnail = figures.thumb_url(self._explorer.thumbnail(clip.id, session))
        record = {**figures.clip_record(clip), "opening": 0}
        return {"kind": "brought", "clip": record, "thumbnail": thumbnail}

    # Past the queue: figures of shipped clips, the same for everybody

    @serves
    def matrix(self, asked: Record) -> Record:
        """What was measured on all held-out clips."""
        matrix = self._explorer.transfers.matrix(str(asked.get("m")))
        return {} if matrix is None else records.matrix_record(matrix)

    @serves
    def examples(self, asked: Record) -> Record:
        """A cell's best and worst examples."""
        transfers, model = self._explorer.transfers, str(asked.get("m"))
        cell = transfers.cell(model, str(asked.get("from")), str(asked.get("to")))
        best, worst = (transfers.examples(model, told) for told in (cell.best, cell.worst))
        return records.examples_record(cell, best, worst)
