"""What is looked at in the tab Atlas as query parameters:
`?tab=atlas&m=robots&map=umap2&by=direction&i=123&q=3.*.0.*`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.tabs.atlas import words as say
from app.tabs.atlas.pattern import is_pattern
from app.web.link import VERSION

TAB, LONGEST = "atlas", 60
MAPS = ("umap2", "umap3", "pca2", "pca3")
# first what the regions are called after most often, so that a first look shows why
COLOURS = ("direction", "embodiment", "size", "task")


@dataclass(frozen=True)
class Look:
    """map: of MAPS. by: of COLOURS, or code0, code1, …. row: the opened point. pattern: what was
    searched, codes or words."""

    model: str
    map: str = MAPS[0]
    by: str = COLOURS[0]
    row: int | None = None
    pattern: str = ""


def read(
    query: Mapping[str, str], *, models: Sequence[str], positions: int
) -> tuple[Look, list[str]]:
    """A look that can be had here, and a sentence for everything that had to be changed."""
    notes: list[str] = []
    model = query.get("m") or models[0]
    if model not in models:
        notes.append(say.NO_CHECKPOINT.format(model=model[:LONGEST], other=models[0]))
        model = models[0]
    shown = _known(query.get("map"), MAPS, "map", notes)
    colours = (*COLOURS, *(f"code{place}" for place in range(positions)))
    by = _known(query.get("by"), colours, "colouring", notes)
    row = query.get("i", "")
    return Look(
        model=model,
        map=shown,
        by=by,
        row=int(row) if row.isdigit() and len(row) < 9 else None,
        pattern=_read_search(query.get("q", ""))[:LONGEST],
    ), notes


def write(look: Look) -> str:
    """The query string of a look, without the question mark."""
    pairs = {"tab": TAB, "v": VERSION, "m": look.model, "map": look.map, "by": look.by}
    if look.row is not None:
        pairs["i"] = str(look.row)
    if look.pattern:
        pairs["q"] = _written_search(look.pattern)
    return urlencode(pairs, safe="*")


def _written_search(text: str) -> str:
    """Codes as short as they can be; words as they are."""
    if not is_pattern(text):
        return text
    return text.strip("[]() ").replace(",", ".").replace(" ", "")


def _read_search(text: str) -> str:
    return text.replace(".", ",") if is_pattern(text) else text


def to_event(look: Look) -> dict[str, Any]:
    """A look as the browser keeps it."""
    return {"m": look.model, "map": look.map, "by": look.by, "i": look.row, "q": look.pattern}


def from_event(event: Mapping[str, Any]) -> Look:
    """The look an event carries; what is none of it is left at what it is by default."""
    row = event.get("i")
    return Look(
        model=str(event.get("m", "")),
        map=str(event.get("map") or MAPS[0]),
        by=str(event.get("by") or COLOURS[0]),
        row=row if isinstance(row, int) and not isinstance(row, bool) else None,
        pattern=str(event.get("q") or "")[:LONGEST],
    )


def _known(asked: str | None, known: Sequence[str], name: str, notes: list[str]) -> str:
    if not asked:
        return known[0]
    if asked not in known:
        notes.append(say.NO_LOOK.format(name=name, asked=asked[:LONGEST], known=known[0]))
        return known[0]
    return asked
