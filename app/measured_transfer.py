"""What `python -m lapa transfer` left beside a checkpoint: the matrix and its frame pairs."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

from app.cache import Cache
from app.checkpoints import Checkpoints
from app.views import Model, TransferCell, TransferMatrix

log = logging.getLogger(__name__)


class MeasuredTransfer:
    """Matrix and pairs by checkpoint, read once; a checkpoint without them does without.

    carrying: lapa's part, which reads pairs.
    """

    def __init__(self, checkpoints: Checkpoints, carrying: Any) -> None:
        self._checkpoints, self._lapa = checkpoints, carrying
        self._kept = Cache(100, size=lambda _: 1)

    def matrix(self, model: Model) -> TransferMatrix | None:
        """Every embodiment on every other."""
        path = self._checkpoints.path(model.name) / "transfer.json"
        return self._kept.get_or_make((model.name, "matrix"), lambda: _read(path, _matrix))

    def pairs(self, model: Model) -> Any:
        """`lapa.evaluation.known_pairs.KnownPairs` whose codes this model can have."""
        path = self._checkpoints.path(model.name) / "pairs.safetensors"

        def load() -> Any:
            found = _read(path, self._lapa.pairs)
            fits = found is not None and found.codes.shape[1] == model.code_length
            return found if fits and found.codes.max(initial=0) < model.codebook_size else None

        return self._kept.get_or_make((model.name, "pairs"), load)


def _read(path: Path, read: Any) -> Any:
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.warning("%s of %s is damaged", path.name, path.parent.name)
        return None


def _matrix(path: Path) -> TransferMatrix:
    told = json.loads(path.read_text(encoding="utf-8"))
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
