"""What the tab Atlas does when something is asked: event in, plain JSON record out."""

from __future__ import annotations

import functools
from urllib.parse import parse_qsl

import plotly.graph_objects as go

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.codes import latent_action
from app.core.limits import SequenceProblem, UserError
from app.tabs.atlas import export, link, records
from app.tabs.atlas import words as say
from app.tabs.atlas.charts import divergence_map, usage_map
from app.tabs.atlas.pattern import is_pattern, parse_pattern
from app.tabs.atlas.service import Atlas
from app.web.events import Callbacks, Record, answers, draws, heavy, serves
from app.web.uploaded import bring

# characters of what pairs were chosen by, in a file of them
MOST = 200


class AtlasHandlers(Callbacks):
    """The callbacks of one Atlas tab on one service."""

    def __init__(self, atlas: Atlas, clips: Gallery, models: ModelList) -> None:
        self._atlas, self._clips, self._models = atlas, clips, models
        # the same for everybody, and a second's work to pack
        self._table = functools.lru_cache(maxsize=4)(self._make_table)

    @answers
    def open(self, event: Record, session: str | None) -> Record:
        """What the address asks for."""
        models = [model for model in self._models.all() if model.usable]
        if not models:
            raise UserError(say.NO_MODEL)
        query = dict(parse_qsl(str(event.get("query", "")).lstrip("?")[:4000]))
        asked = next((each for each in models if each.name == query.get("m")), models[0])
        look, notes = link.read(
            query, models=[each.name for each in models], positions=asked.code_length
        )
        return {"kind": "opened", "look": link.to_event(look), "notes": notes}

    @answers
    def pair(self, event: Record, session: str | None) -> Record:
        """The pair behind a point."""
        return records.pair_record(self._atlas.pair(_model(event), event.get("i")))

    @answers
    def search(self, event: Record, session: str | None) -> Record:
        """The points that have all words, or whose codes fit a pattern and what it stands for."""
        model, text = self._models.get(_model(event)), str(event.get("q", ""))
        if not is_pattern(text):
            return records.found_record(text, self._atlas.find(model.name, text))
        try:
            pattern = parse_pattern(text, model)
        except SequenceProblem as problem:
            return {"error": str(problem), "pointer": problem.pointer, "at": problem.position}
        rows = self._atlas.matching(model.name, pattern)
        told = {"text": latent_action(pattern), "rows": rows.tolist()}
        if not len(rows):
            return {**told, "note": say.NONE_WITH.format(pattern=latent_action(pattern))}
        return {
            **told,
            "card": records.card_record(self._atlas.card(model.name, pattern)),
        }

    @heavy("models")
    @answers
    def like(self, event: Record, session: str | None) -> Record:
        """The points most like one, of other clips."""
        found = self._atlas.like(_model(event), event.get("i"))
        return {"nearest": records.nearest_record(found)}

    @answers
    def place(self, event: Record, session: str | None) -> Record:
        """Where a frame of Explore lies: its own point if it is in the atlas, or among others."""
        model, clip, index = _model(event), str(event.get("c")), _whole(event.get("f"))
        placed = self._atlas.place(model, clip, index, session)
        try:
            row = self._atlas.row_of(model, clip, index)
        except UserError:
            row = None
        return {"kind": "placed", "row": row, **records.placed_record(placed)}

    @heavy("files")
    @answers
    def bring(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded video and forgets the file itself."""
        return bring(self._clips, event, session)

    @answers
    def link(self, event: Record, session: str | None) -> Record:
        """The link of what is looked at."""
        return {"link": link.write(link.from_event(event))}

    @draws
    def chart(self, event: Record, session: str | None) -> go.Figure:
        """How embodiments use the codes of a position `p`, or without one how far they diverge."""
        table = self._atlas.table(_model(event))
        usage, position = table.about.get("usage", {}), event.get("p")
        if "embodiments" not in usage:
            raise UserError(say.USAGE_UNKNOWN)
        if position is None:
            return divergence_map(usage)
        if _whole(position) not in range(table.codes.shape[1]):
            raise UserError(say.NO_POSITION.format(position=position))
        return usage_map(usage, position)

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
            raise UserError(say.PICTURES_UNREAD)
        found = self._atlas.thumbnails(_model(asked), rows)
        return {"pictures": [records.thumbnail_record(ends) for ends in found]}

    @serves
    def export(self, asked: Record) -> Record:
        """Chosen points as a file: `as` csv, json or webp. words: what they were chosen by."""
        model, kind, chosen = _model(asked), asked.get("as"), str(asked.get("words", ""))[:MOST]
        table, rows = self._atlas.table(model), self._atlas.rows(model, asked.get("rows"))
        if kind == "csv":
            data = export.as_csv(table, rows).encode()
        elif kind == "json":
            data = export.as_json(table, rows, chosen).encode()
        elif kind == "webp":
            data = export.contact_sheet(table, rows, chosen, self._atlas.ends(model, rows))
        else:
            raise UserError(say.KINDS_OF_FILE.format(kind=kind))
        return {
            "name": f"atlas-{model}-{len(rows)}-pairs.{kind}",
            **records.file_record(kind, data),
        }

    def _make_table(self, model: str) -> Record:
        first = self._atlas.first(model)
        return records.table_record(
            self._atlas.table(model),
            self._atlas.regions(model),
            latent_action(first) if first else "",
        )


def _model(event: Record) -> str:
    return str(event.get("m"))[:200]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(say.NUMBER_UNREAD)
    return value
