"""A dream's tree as text that fits a link, and taken apart again.

    3.1.0.6*4_0.0.2.1~@2:5.0.0.0

A chain is latent actions with "_" between, "*4" repeats one; "~" begins another chain, which grows
from moment "@2:" (the first frame is 0, every latent action makes the next number).
"""

from __future__ import annotations

import re

from app.core.limits import UserError
from app.tabs.imagine import words as say

LONGEST = 20_000
_CHAIN = re.compile(r"(?:@(\d{1,6}):)?(.+)")
_ITEM = re.compile(r"(\d{1,6}(?:\.\d{1,6})*)(?:\*(\d{1,4}))?")

Moves = list[tuple[int, tuple[int, ...]]]


def read_tree(text: str, *, most: int = 2000) -> Moves:
    """The moves (parent, codes) of a tree, in the order of their numbers.

    Raises:
        UserError: one sentence; whether codes fit a model is checked where they are used.
    """
    if len(text) > LONGEST:
        raise UserError(say.LINK_LONG)
    moves: Moves = []
    for chain in filter(None, text.split("~")):
        found = _CHAIN.fullmatch(chain)
        if found is None or (parent := int(found[1] or 0)) > len(moves):
            raise _damaged()
        for item in found[2].split("_"):
            read = _ITEM.fullmatch(item)
            if read is None or len(moves) + int(read[2] or 1) > most:
                raise _damaged()
            for _ in range(int(read[2] or 1)):
                moves.append((parent, tuple(map(int, read[1].split(".")))))
                parent = len(moves)
    return moves


def _damaged() -> UserError:
    return UserError(say.LINK_UNREAD)
