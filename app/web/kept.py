"""Whose files lie in the temporary folder, so that one visitor cannot take the room of all."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.core.limits import MB
from app.core.shares import network_of
from app.web import words as say
from app.web.hidden import real

Message = MutableMapping[str, Any]
# addresses whose files are counted; whoever sent nothing for longest is forgotten first
MOST_ADDRESSES = 10_000


class Kept:
    """What uploads were answered with, by the address that they came from.

    most: bytes that may lie here for one address, which a class may share.
    """

    def __init__(self, most: int = 1 << 62) -> None:
        self._most = most
        self._paths: OrderedDict[str, set[Path]] = OrderedDict()
        self._coming: Counter[str] = Counter()

    @property
    def coming(self) -> int:
        """Bytes that are on their way, of all addresses."""
        return self._coming.total()

    @contextmanager
    def arriving(self, scope: Message, size: int) -> Iterator[None]:
        """While an upload of up to `size` bytes comes in, its room is taken."""
        address = address_of(scope)
        self._coming[address] += size
        try:
            yield
        finally:
            self._coming[address] -= size
            self._coming += Counter()  # nobody is kept for nothing

    def refusal(self, scope: Message) -> str:
        """One sentence where this address may send no more now, else empty."""
        address = address_of(scope)
        total = self._coming[address]
        here = set()
        for path in self._paths.get(address, ()):
            try:
                total += path.stat().st_size
            except OSError:  # read and removed since
                continue
            here.add(path)
        if address in self._paths:
            self._paths[address] = here
        if total < self._most:
            return ""
        return say.FILES_LIE_HERE.format(total=total // MB, most=self._most // MB)

    def note(self, scope: Message, answer: bytes) -> None:
        """Counts the files that an upload was answered with."""
        try:
            paths = {Path(real(str(path))) for path in json.loads(answer)}
        except (ValueError, TypeError):
            return
        address = address_of(scope)
        self._paths.setdefault(address, set()).update(paths)
        self._paths.move_to_end(address)
        while len(self._paths) > MOST_ADDRESSES:
            self._paths.popitem(last=False)


def address_of(scope: Message) -> str:
    """Where a request comes from; "" where it does not say. Whom a proxy names is believed where
    uvicorn believes it (FORWARDED_ALLOW_IPS)."""
    client = scope.get("client")
    return network_of(str(client[0])) if client else ""
