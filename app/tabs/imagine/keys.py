"""What lies beside a checkpoint for driving its dreams: learned keys.

They are written by `python -m lapa drive` and belong to these weights; a checkpoint without them
can be driven all the same, with codes instead of keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.cache import Cache
from app.core.checkpoints import Checkpoints
from app.core.codes import parse_codes
from app.core.limits import DAMAGED
from app.core.views import Model
from app.tabs.imagine import words as say
from app.tabs.imagine.views import DreamKey

# characters of a digest: enough to tell weights and dreams apart
HEX = 16


class Driving:
    """Keys by checkpoint, read once."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._keys: Cache[dict[str, Any]] = Cache(100, size=lambda _: 1)
        self._digests: Cache[str] = Cache(100, size=lambda _: 1)

    def keys(self, model: Model, embodiment: str, says: Mapping[str, str]) -> tuple[DreamKey, ...]:
        """The keys that `python -m lapa drive` learned for an embodiment; () where none were.

        says: what words are called of it, where that is not the word itself (names.json).
        """
        own = self._all_keys(model).get(embodiment, {})
        return tuple(
            DreamKey(name, tuple(map(int, key["codes"])), _note(name, key, embodiment, says))
            for name, key in own.items()
        )

    def _all_keys(self, model: Model) -> dict[str, Any]:
        path = self._checkpoints.path(model.name) / "keys.json"

        def load() -> dict[str, Any]:
            from lapa.files import read_json

            try:
                found: dict[str, Any] = read_json(path)["embodiments"]
                for own in found.values():
                    for key in own.values():
                        parse_codes(key["codes"], model)
                return found
            except (FileNotFoundError, NotADirectoryError):
                return {}
            except DAMAGED:
                self._checkpoints.leave_out(model.name, path.name)
                return {}

        return self._keys.get_or_make(model.name, load)

    def weights(self, model: Model) -> str:
        """A digest of a checkpoint's weights."""
        path = self._checkpoints.path(model.name)
        return self._digests.get_or_make(model.name, lambda: _weights_digest(path))


def _weights_digest(path: Path) -> str:
    """Of a checkpoint's weights, in its folder or file."""
    file = path / "model.safetensors" if path.is_dir() else path
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:HEX]


def _note(name: str, key: dict[str, Any], embodiment: str, says: Mapping[str, str]) -> str:
    whose = say.EVERYONE if key.get("everyone") else embodiment
    did = {"stay": say.STAYED, "close": say.CLOSED, "open": say.OPENED}
    # a car is told what to do, and stays nowhere
    word = says.get("stays" if name == "stay" else name)
    what = say.DRIVEN.format(word=word) if word else did.get(name, say.MOVED.format(name=name))
    return say.INFERRED.format(pairs=key["pairs"], whose=whose, agree=100 * key["agree"], what=what)
