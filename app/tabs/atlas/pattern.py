"""Patterns of codes as people write them: `[3,*,0,*]`, where * is any code."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from app.core.codes import Unread, latent_action, read_codes
from app.core.limits import SequenceProblem
from app.core.views import Model
from app.tabs.atlas import words as say

Pattern = tuple[int | None, ...]
LONGEST = 200


def parse_pattern(text: str, model: Model) -> Pattern:
    """One entry a position; None is any code. A number alone is the code at the first position.

    Raises:
        SequenceProblem: with the character that does not fit.
    """
    text = text[:LONGEST]
    try:
        found = read_codes(text)
    except Unread as error:
        at = error.position
        raise _problem(text, at, f'found "{text[at]}"', model) from None
    if len(found) == 1 and text.strip().isdigit():
        found += [(len(text), None)] * (model.code_length - 1)
    for position, (at, code) in enumerate(found):
        if position == model.code_length:
            raise _problem(text, at, say.FEW_POSITIONS.format(code_length=model.code_length), model)
        if code is not None and not 0 <= code < model.codebook_size:
            raise _problem(text, at, f'found "{code}"', model)
    if len(found) != model.code_length:
        said = say.POSITIONS_GIVEN.format(count=len(found), code_length=model.code_length)
        raise _problem(text, len(text), said, model)
    return tuple(code for _, code in found)


def is_pattern(text: str) -> bool:
    """Whether text means codes, not words: it begins as a latent action does, or has no letter."""
    text = text.strip()
    return text[:1] in ("[", "(") or not re.search(r"[^\W\d_]", text)


def matching(codes: np.ndarray, pattern: Sequence[int | None]) -> np.ndarray:
    """Which rows of codes (N, S) a pattern has: (N,) bool."""
    found = np.ones(len(codes), bool)
    for position, code in enumerate(pattern):
        if code is not None:
            found &= codes[:, position] == code
    return found


def _problem(text: str, at: int, said: str, model: Model) -> SequenceProblem:
    example = latent_action(None if place % 2 else 0 for place in range(model.code_length))
    line = text.replace("\n", " ")
    return SequenceProblem(
        f"character {at + 1}: {said}; a pattern has {model.code_length} codes from 0 to "
        f"{model.codebook_size - 1} or *, such as {example}",
        at,
        f"{line}\n{' ' * at}^",
    )
