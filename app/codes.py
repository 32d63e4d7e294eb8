"""Latent actions as people and programs write them: `[3,1,0,6]`, `3 1 0 6`, a list of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from app.limits import UserError
from app.views import Model


def parse_codes(codes: str | Sequence[int], model: Model) -> tuple[int, ...]:
    """The latent action, one code per position.

    Raises:
        UserError: not numbers, not as many as the model has positions, or one out of range.
    """
    if isinstance(codes, str):
        inside = re.fullmatch(r"\s*[\[(]?\s*(-?\d{1,9}(?:[\s,;]+-?\d{1,9})*)[\s,]*[\])]?\s*", codes)
        if inside is None:
            raise _unlike(model, codes)
        codes = [int(code) for code in re.split(r"[\s,;]+", inside.group(1))]
    if not isinstance(codes, Sequence | np.ndarray) or not all(map(is_whole, codes)):
        raise _unlike(model, codes)
    codes = tuple(int(code) for code in codes)
    if len(codes) != model.code_length:
        raise UserError(
            f"The model {model.name} has {model.code_length} positions, "
            f"but {len(codes)} codes came: {_short(list(codes))}."
        )
    for position, code in enumerate(codes):
        if not 0 <= code < model.codebook_size:
            raise UserError(
                f"Code {code} at position {position} is out of range; "
                f"the model {model.name} has codes 0 to {model.codebook_size - 1}."
            )
    return codes


def check_position(position: int, model: Model) -> int:
    """The position if the model has it; otherwise UserError naming those it has."""
    if not is_whole(position) or not 0 <= position < model.code_length:
        raise UserError(
            f"Position {_short(position)} does not exist; "
            f"the model {model.name} has positions 0 to {model.code_length - 1}."
        )
    return int(position)


def is_whole(value: object) -> bool:
    """Whether a value from a program is a whole number; JSON may have made it a float."""
    if isinstance(value, bool | np.bool_):
        return False
    if isinstance(value, float | np.floating):
        return float(value).is_integer()
    return isinstance(value, int | np.integer)


def _unlike(model: Model, codes: object) -> UserError:
    example = ",".join("0" for _ in range(model.code_length))
    return UserError(
        f"A latent action is written like [{example}], with {model.code_length} codes from 0 to "
        f"{model.codebook_size - 1}; {_short(codes)} came."
    )


def _short(value: object) -> str:
    # Messages are rendered as HTML by the page.
    return re.sub(r"[<>&]", "_", repr(value))[:60]
