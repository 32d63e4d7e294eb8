"""A share of work for one of several processes or machines, written `2/8`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Number 1 … `of`."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Raises ValueError where it is none."""
        match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        shard = cls(int(match[1]), int(match[2])) if match else None
        if shard is None or not 1 <= shard.number <= shard.of:
            raise ValueError(f"a shard is {text!r}; accepted are 1/N to N/N, as 2/8")
        return shard

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """The items that are this shard's: neighbours, which lie in the same files."""
        first = len(items) * (self.number - 1) // self.of
        return items[first : len(items) * self.number // self.of]

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE = Shard()
