"""What `python -m lapa transfer` left beside a checkpoint: the matrix and its frame pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.core.cache import Cache
from app.core.checkpoints import Checkpoints
from app.core.limits import DAMAGED
from app.core.views import Model
from app.tabs.transfer import words as say
from app.tabs.transfer.views import TransferCell, TransferMatrix

if TYPE_CHECKING:
    from lapa.transfer.pairs import KnownPairs

Found = TypeVar("Found")


class MeasuredTransfer:
    """Matrix and pairs by checkpoint, read once; a checkpoint without them does without."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._matrices: Cache[TransferMatrix | None] = Cache(100, size=lambda _: 1)
        self._pairs: Cache[KnownPairs | None] = Cache(100, size=lambda _: 1)

    def matrix(self, model: Model) -> TransferMatrix | None:
        """Every embodiment on every other."""
        path = self._checkpoints.path(model.name) / "transfer.json"
        return self._matrices.get_or_make(model.name, lambda: self._read(model, path, _matrix))

    def pairs(self, model: Model) -> KnownPairs | None:
        """Real pairs, where this model can have their codes."""
        path = self._checkpoints.path(model.name) / "pairs.safetensors"

        def load() -> KnownPairs | None:
            from lapa.transfer.pairs import load_pairs

            def fitting(path: Path) -> KnownPairs:
                pairs = load_pairs(path)
                fits = pairs.codes.shape[1] == model.code_length
                if not fits or pairs.codes.max(initial=0) >= model.codebook_size:
                    raise ValueError(say.OTHER_CODES)
                return pairs

            return self._read(model, path, fitting)

        return self._pairs.get_or_make(model.name, load)

    def _read(self, model: Model, path: Path, read: Callable[[Path], Found]) -> Found | None:
        """None where there is nothing, or nothing that can be used."""
        try:
            return read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except DAMAGED:
            self._checkpoints.leave_out(model.name, path.name)
            return None


def _matrix(path: Path) -> TransferMatrix:
    from lapa.files import read_json

    told = read_json(path)
    cells = tuple(_cell(each) for each in told["cells"])
    return TransferMatrix(tuple(map(str, told["embodiments"])), cells, str(told["command"]))


def _cell(told: dict[str, Any]) -> TransferCell:
    value, low, high = (math.nan if each is None else float(each) for each in told["cosine"])
    return TransferCell(
        source=str(told["from"]),
        target=str(told["to"]),
        pairs=int(told["pairs"]),
        cosine=value,
        low=low,
        high=high,
        same_code=float(told["same_code"]),
        best=tuple(map(dict, told["best"])),
        worst=tuple(map(dict, told["worst"])),
    )
