"""Patterns of codes as people write them: `[3,*,0,*]`, where * is any code."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from app.limits import SequenceProblem
from app.views import Model

Pattern = tuple[int | None, ...]
TOKEN = re.compile(r"\s*(?:(\d+)|([*_?])|([\[\](),;]))|\s+")
LONGEST = 200


def parse_pattern(text: str, model: Model) -> Pattern:
    """One entry a position; None is any code.

    Raises:
        SequenceProblem: with the character that does not fit.
    """
    found: list[int | None] = []
    at, text = 0, text[:LONGEST]
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise _problem(text, at, f'found "{text[at]}"', model)
        number, star, _ = token.groups()
        if number is not None or star is not None:
            start = token.start(1 if number is not None else 2)
            if len(found) == model.code_length:
                raise _problem(text, start, f"there are only {model.code_length} positions", model)
            if number is not None and int(number) >= model.codebook_size:
                raise _problem(text, start, f'found "{number}"', model)
            found.append(None if number is None else int(number))
        at = token.end()
    if len(found) != model.code_length:
        said = f"{len(found)} of {model.code_length} positions are given"
        raise _problem(text, len(text), said, model)
    return tuple(found)


def written(pattern: Pattern) -> str:
    """As it is read."""
    return "[" + ",".join("*" if code is None else str(code) for code in pattern) + "]"


def matching(codes: np.ndarray, pattern: Sequence[int | None]) -> np.ndarray:
    """Which rows of codes (N, S) a pattern has: (N,) bool."""
    found = np.ones(len(codes), bool)
    for position, code in enumerate(pattern):
        if code is not None:
            found &= codes[:, position] == code
    return found


def _problem(text: str, at: int, said: str, model: Model) -> SequenceProblem:
    example = ",".join("*" if place % 2 else "0" for place in range(model.code_length))
    line = text.replace("\n", " ")
    return SequenceProblem(
        f"character {at + 1}: {said}; a pattern has {model.code_length} codes from 0 to "
        f"{model.codebook_size - 1} or *, such as [{example}]",
        at,
        f"{line}\n{' ' * at}^",
    )
