"""Latent actions as people and programs write them: `[3,1,0,6]`, `3 1 0 6`, a list of numbers; and
patterns, in which `*` leaves a position open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from app.core.limits import UserError
from app.core.views import Model

# a code, a position that is left open, or what stands between
_TOKEN = re.compile(r"((?<!\d)-?\d{1,9}(?!\d))|([*_?])|[\s,;\[\]()]+")


class Unread(ValueError):
    """Text with a character that no latent action has. position: of the first one."""

    def __init__(self, position: int) -> None:
        super().__init__(f"character {position + 1} cannot be read")
        self.position = position


def read_codes(text: str) -> list[tuple[int, int | None]]:
    """Each code with the place where it stands; None for an open position (`*`, `_` or `?`).

    Raises:
        Unread: where there is anything but codes, brackets, commas, semicolons and spaces.
    """
    codes: list[tuple[int, int | None]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unread(at)
        if token[1] or token[2]:
            codes.append((at, int(token[1]) if token[1] else None))
        at = token.end()
    return codes


def latent_action(codes: Iterable[int | None]) -> str:
    """Codes as they are written everywhere, `[3,1,0,6]`; an open position is `*`."""
    return "[" + ",".join("*" if code is None else str(int(code)) for code in codes) + "]"


def parse_codes(codes: str | Sequence[int], model: Model) -> tuple[int, ...]:
    """The latent action, one code per position.

    Raises:
        UserError: not numbers, not as many as the model has positions, or one out of range.
    """
    value: object = codes
    if isinstance(codes, str):
        try:
            value = [code for _, code in read_codes(codes)] or None
        except Unread:
            value = None
    if not isinstance(value, Sequence | np.ndarray) or not all(map(is_whole, value)):
        raise _unlike(model, codes)
    codes = tuple(int(code) for code in value)
    if len(codes) != model.code_length:
        raise UserError(
            f"The model {model.name} has {counted(model.code_length, 'position')}, "
            f"but {counted(len(codes), 'code')} came: {_short(list(codes))}."
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
            f"the model {model.name} has {positions(model)}."
        )
    return int(position)


def counted(count: int, word: str) -> str:
    """ "1 code", "4 codes"."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def positions(model: Model) -> str:
    """Which positions a model has: "positions 0 to 3", "position 0 alone"."""
    last = model.code_length - 1
    return f"positions 0 to {last}" if last else "position 0 alone"


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
        f"A latent action is written like [{example}], with {counted(model.code_length, 'code')} "
        f"from 0 to {model.codebook_size - 1}; {_short(codes)} came."
    )


def _short(value: object) -> str:
    # Messages are rendered as HTML by the page.
    return re.sub(r"[<>&]", "_", repr(value))[:60]
