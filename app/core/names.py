"""What lies beside a checkpoint about the names of its codes: which way real pairs of each went.

`python -m lapa drive` writes it (lapa/imagine/names.py says how a name comes about). A checkpoint
without it has codes without names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.views import Model

NAMES = "names.json"
Names = dict[str, dict[str, Any]]
# the names of all embodiments together, for a robot that was not measured
EVERYONE = ""


def read_names(folder: Path, model: Model) -> Names:
    """Embodiment -> the names of its codes, as the page takes them; {} where there are none, and
    nearly any error where they are damaged or of another model."""
    from lapa.files import read_json

    try:
        entries = read_json(folder / NAMES)["embodiments"]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {str(body): _embodiment(own, model) for body, own in entries.items()}


def names_of(names: Names, embodiment: str) -> dict[str, Any] | None:
    """The names for a robot: its own, or those of all robots together (`whose` is then empty)."""
    whose = embodiment if embodiment in names else EVERYONE
    return {"whose": whose, **names[whose]} if whose in names else None


def is_still(names: Names, embodiment: str, codes: Sequence[int]) -> bool:
    """Whether the motion that real pairs give these codes is short enough to be called still; where
    the codes have no names, nothing speaks against it. A car never is: it goes straight on."""
    own = names_of(names, embodiment)
    if own is None:
        return True
    if own.get("says"):
        return False
    effects = [own["effects"][position][code] for position, code in enumerate(codes)]
    right, down = (sum(each) for each in zip(own["base"], *effects, strict=True))
    still: float = own["still"]
    return math.hypot(right, down) < still


def _embodiment(own: dict[str, Any], model: Model) -> dict[str, Any]:
    """The names of one embodiment, every value of the type and number that the page relies on."""
    shape = model.code_length, model.codebook_size
    codes, effects = (_table(own[part], *shape) for part in ("codes", "effects"))
    return {
        "says": {str(word): str(told) for word, told in own.get("says", {}).items()},
        "still": _number(own["still"]),
        "base": _motion(own["base"]),
        "effects": [[_motion(effect) for effect in position] for position in effects],
        "codes": [[_witness(name, str(name["word"])) for name in position] for position in codes],
        "sums": {str(word): _witness(each, str(word)) for word, each in own["sums"].items()},
        # what was measured before grippers were looked at has none
        "grips": {
            str(codes): _witness(each, str(each["word"]))
            for codes, each in own.get("grips", {}).items()
        },
    }


def _table(rows: list[list[Any]], length: int, size: int) -> list[list[Any]]:
    if [len(row) for row in rows] != [size] * length:
        raise ValueError(f"{[len(row) for row in rows]} codes, but the model has {length} x {size}")
    return rows


def _witness(record: dict[str, Any], word: str) -> dict[str, Any]:
    pairs, agree = int(record["pairs"]), int(record["agree"])
    if not 0 <= agree <= pairs:
        raise ValueError(f"{agree} of {pairs} pairs agree")
    return {"word": word, "pairs": pairs, "agree": agree, "named": record["named"] is True}


def _motion(values: list[Any]) -> list[float]:
    right, down = values
    return [_number(right), _number(down)]


def _number(value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no length")
    return float(value)
