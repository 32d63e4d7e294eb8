"""Pairs by words: of the instruction, the robot, the task, and of the direction in which they move.

`red star`, `panda up`, `robot:fetch`: every word has to fit, anywhere or in the field before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.core.limits import UserError
from app.tabs.atlas import words as say
from app.tabs.atlas.views import WAYS, AtlasTable

LONGEST = 200
# what people call a field besides its own name
ALSO = {"embodiment": "robot"}
# and a direction besides the word that the page has for it
SAME = {"up": "upper", "down": "lower"}


@dataclass(frozen=True, eq=False)
class Found:
    """rows: (n,) int64. where: field -> of how many of them it has one of the words. missing: words
    that no pair has."""

    rows: np.ndarray
    where: Mapping[str, int]
    missing: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Field:
    """The words of each value, and the number of the value that every row has."""

    values: tuple[frozenset[str], ...]
    rows: np.ndarray

    def fits(self, word: str) -> np.ndarray:
        """Rows (N,) bool with a word that begins so."""
        fit = [any(own.startswith(word) for own in value) for value in self.values]
        found: np.ndarray = np.array(fit)[self.rows]
        return found


def find(table: AtlasTable, text: str) -> Found:
    """The pairs that have every word.

    Raises:
        UserError: there is no word, or a field that no pair has.
    """
    fields = _fields(table)
    terms = [term for part in text[:LONGEST].split() for term in _terms(part, fields)]
    if not terms:
        raise UserError(say.NO_WORD)
    rows, missing = np.ones(len(table), bool), []
    has = {name: np.zeros(len(table), bool) for name in fields}
    for own, word in terms:
        fits = {name: fields[name].fits(word) for name in own}
        anywhere = np.any(list(fits.values()), axis=0)
        if not anywhere.any():
            missing.append(word)
        rows &= anywhere
        for name, fit in fits.items():
            has[name] |= fit
    where = {name: int((fit & rows).sum()) for name, fit in has.items()}
    told = {name: count for name, count in where.items() if count}
    return Found(np.flatnonzero(rows), told, tuple(missing))


def _fields(table: AtlasTable) -> dict[str, _Field]:
    ways = [{each for own in _words(way) for each in (own, SAME.get(own, own))} for way in WAYS]
    return {
        "instruction": _field(table.instructions, table.instruction),
        "robot": _field(table.embodiments, table.embodiment),
        "task": _field(table.tasks, table.task),
        "direction": _Field(tuple(map(frozenset, ways)), table.direction),
    }


def _field(names: tuple[str, ...], rows: np.ndarray) -> _Field:
    return _Field(tuple(frozenset(_words(name)) for name in names), rows)


def _terms(part: str, fields: Mapping[str, object]) -> list[tuple[tuple[str, ...], str]]:
    """The words of a piece of text, each with the fields that it is looked for in."""
    field, colon, rest = part.partition(":")
    if not colon:
        return [(tuple(fields), word) for word in _words(part)]
    name = ALSO.get(field.lower(), field.lower())
    if name not in fields:
        known = ", ".join(fields)
        raise UserError(say.NO_FIELD.format(field=field[:30], known=known))
    return [((name,), word) for word in _words(rest)]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())
