"""What the tab Atlas does when something is asked: event in, plain JSON record out."""

from __future__ import annotations

import functools
from urllib.parse import parse_qsl

from app.service import Explorer, SequenceProblem, UserError, parse_pattern, written
from app.tabs import atlas_links as links
from app.tabs import atlas_records as records
from app.tabs.events import Record, answers, serves


class AtlasHandlers:
    """The callbacks of one Atlas tab on one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        # the same for everybody, and a second's work to pack
        self._table = functools.lru_cache(maxsize=2)(self._make_table)

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What the address asks for."""
        models = [model for model in self._explorer.models() if model.usable]
        if not models:
            raise UserError("No checkpoint can be used here, so there is no atlas of one.")
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:4000]))
        look, notes = links.read(
            query, models=[each.name for each in models], positions=models[0].code_length
        )
        return {"kind": "opened", "look": links.to_event(look), "notes": notes}

    @answers
    def pair(self, event: Record, session: str | None) -> Record:
        """The pair behind a point."""
        return records.pair_record(self._explorer.atlases.pair(_model(event), event.get("i")))

    @answers
    def search(self, event: Record, session: str | None) -> Record:
        """The points whose codes fit a pattern, and what it stands for."""
        model = self._explorer.model(_model(event))
        try:
            pattern = parse_pattern(str(event.get("q", "")), model)
        except SequenceProblem as problem:
            return {"error": str(problem), "pointer": problem.pointer, "at": problem.position}
        rows = self._explorer.atlases.matching(model.name, pattern)
        told = {"text": written(pattern), "rows": rows.tolist()}
        if not len(rows):
            return {**told, "note": f"No pair of the atlas has {written(pattern)}."}
        return {
            **told,
            "card": records.card_record(self._explorer.atlases.card(model.name, pattern)),
        }

    @answers
    def place(self, event: Record, session: str | None) -> Record:
        """Where a frame of Explore lies: its own point if it is in the atlas, or among others."""
        model, clip, index = _model(event), str(event.get("c")), _whole(event.get("f"))
        placed = self._explorer.atlases.place(model, clip, index, session)
        try:
            row = self._explorer.atlases.row_of(model, clip, index)
        except UserError:
            row = None
        return {"kind": "placed", "row": row, **records.placed_record(placed)}

    @answers
    def link(self, event: Record, session: str | None) -> Record:
        """The link of what is looked at."""
        return {"link": links.write(links.from_event(event))}

    # Past the queue: the same for everybody

    @serves
    def table(self, asked: Record) -> Record:
        """Every point."""
        return self._table(_model(asked))

    @serves
    def thumbnails(self, asked: Record) -> Record:
        """Small pictures of points."""
        rows = asked.get("rows")
        if not isinstance(rows, list):
            raise UserError("The page asked for pictures that cannot be named; please reload it.")
        found = self._explorer.atlases.thumbnails(_model(asked), rows)
        return {"pictures": [records.thumbnail_record(ends) for ends in found]}

    def _make_table(self, model: str) -> Record:
        return records.table_record(self._explorer.atlases.table(model))


def _model(event: Record) -> str:
    return str(event.get("m"))[:200]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError("The page sent a frame that cannot be read; please reload it.")
    return value
