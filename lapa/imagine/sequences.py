"""Sequences of latent actions as text: `[3,1,0,6] x4, [0,0,2,1]`, read and written.

    sequence = item { "," item }          line breaks and semicolons separate, too
    item     = ( action | "(" sequence ")" ) [ "x" times ]
    action   = "[" code { "," code } "]"

Spaces mean nothing. What cannot be read is told with its place: see `SequenceError`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from lapa.imagine.rollout import LONGEST

DEEPEST = 8
_BLANK = re.compile(r"[ \t\r]*")
_GAP = re.compile(r"\s*")
_NUMBER = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"\s*[,;\n]\s*")

Codes = tuple[int, ...]


class SequenceError(ValueError):
    """Text that is no sequence of latent actions.

    text: all of it. position: the first character that does not fit, counted from 0; the length of
    the text where it ends too early. token: what stands there. accepted: what could.
    """

    def __init__(self, text: str, position: int, token: str, accepted: str) -> None:
        self.text, self.position, self.token, self.accepted = text, position, token, accepted
        line, column = self.place
        where = f"character {column}" if line == 1 else f"line {line}, character {column}"
        super().__init__(f"{where}: found {token}, accepted {accepted}")

    @property
    def place(self) -> tuple[int, int]:
        """Line and character, both counted from 1."""
        before = self.text[: self.position]
        return before.count("\n") + 1, self.position - (before.rfind("\n") + 1) + 1

    @property
    def pointer(self) -> str:
        """The line in question, and below it a caret under the character."""
        line, column = self.place
        return f"{self.text.split(chr(10))[line - 1]}\n{' ' * (column - 1)}^"


def parse_sequence(text: str, *, code_length: int, codebook_size: int) -> list[Codes]:
    """The latent actions that a text names, in their order.

    Args:
        code_length, codebook_size: S and K of the model; codes are 0 … K-1.

    Raises:
        SequenceError: it is no sequence, a code is out of range, or it is longer than 4096 steps.
    """
    reader = _Reader(text, code_length, codebook_size)
    steps = reader.sequence(0)
    reader.skip()
    if reader.at < len(text):
        raise reader.error("a comma and the next latent action, or the end")
    return steps


def write_sequence(actions: Sequence[Sequence[int]] | np.ndarray) -> str:
    """The text for latent actions (T, S); equal ones in a row are written once, `x4`."""
    runs = [(codes, len(list(run))) for codes, run in groupby(tuple(map(int, a)) for a in actions)]
    return ", ".join(write_codes(codes) + (f" x{n}" if n > 1 else "") for codes, n in runs)


def write_codes(codes: Sequence[int]) -> str:
    """One latent action: `[3,1,0,6]`."""
    return f"[{','.join(str(int(code)) for code in codes)}]"


def shuffled(actions: Sequence[Sequence[int]], seed: int) -> list[Codes]:
    """The same latent actions in another order, the same at every call with this seed."""
    order = np.random.default_rng(seed).permutation(len(actions))
    return [tuple(map(int, actions[place])) for place in order]


def repeated(actions: Sequence[Sequence[int]], times: int) -> list[Codes]:
    """The whole sequence `times` over. Raises ValueError beyond 4096 steps, or below one time."""
    if times < 1 or len(actions) * times > LONGEST:
        raise ValueError(
            f"{len(actions)} steps {times} times over; accepted are 1 or more times and up to "
            f"{LONGEST} steps in all"
        )
    return [tuple(map(int, codes)) for codes in actions] * times


class _Reader:
    """A place in the text that moves to the right; every method reads one thing of the grammar."""

    def __init__(self, text: str, code_length: int, codebook_size: int) -> None:
        self.text, self.at = text, 0
        self.code_length, self.codebook_size = code_length, codebook_size

    def sequence(self, depth: int) -> list[Codes]:
        steps = self.item(depth)
        while self.between():
            steps += self.item(depth)
            self.check_length(len(steps), self.at)
        return steps

    def item(self, depth: int) -> list[Codes]:
        self.skip()
        start = self.at
        if self.peek() == "(" and depth < DEEPEST:
            self.at += 1
            steps = self.sequence(depth + 1)
            self.skip()
            self.expect(")", 'a comma and the next latent action, or ")"')
        else:
            steps = [self.action()]
        times = self.times()
        self.check_length(len(steps) * times, start)
        return steps * times

    def action(self) -> Codes:
        example = f'"[" and {self.code_length} codes, as in {write_codes([0] * self.code_length)}'
        self.expect("[", example)
        codes = []
        for position in range(self.code_length):
            if position:
                some = f"a comma and {self.code_length - position} more code"
                self.expect(",", some + "s" * (position < self.code_length - 1))
            codes.append(self.code())
        self.expect("]", f'"]" after {self.code_length} codes')
        return tuple(codes)

    def code(self) -> int:
        accepted = f"a code from 0 to {self.codebook_size - 1}"
        self.skip()
        number = _NUMBER.match(self.text, self.at)
        # a number too long to be a code is not worth reading
        if not number or len(number[0]) > 9 or int(number[0]) >= self.codebook_size:
            raise self.error(accepted)
        self.at = number.end()
        return int(number[0])

    def times(self) -> int:
        ahead = self.past(_BLANK, self.at)
        if self.text[ahead : ahead + 1] not in ("x", "X", "×", "*"):
            return 1
        self.at = self.past(_BLANK, ahead + 1)
        number = _NUMBER.match(self.text, self.at)
        if not number or len(number[0]) > 9 or not 1 <= int(number[0]) <= LONGEST:
            raise self.error(f"how many times, 1 to {LONGEST}")
        self.at = number.end()
        return int(number[0])

    def between(self) -> bool:
        """Whether something separates what was read from a next item; a last comma may hang."""
        gap = _BETWEEN.match(self.text, self.at)
        if not gap:
            return False
        self.at = gap.end()
        return self.peek() not in ("", ")")

    def expect(self, character: str, accepted: str) -> None:
        self.skip()
        if self.peek() != character:
            raise self.error(accepted)
        self.at += 1

    def skip(self) -> None:
        self.at = self.past(_GAP, self.at)

    def past(self, pattern: re.Pattern[str], at: int) -> int:
        """The place behind what `pattern` matches at `at`."""
        match = pattern.match(self.text, at)
        return match.end() if match else at

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def check_length(self, steps: int, start: int) -> None:
        if steps > LONGEST:
            raise SequenceError(self.text, start, f"{steps} steps", f"up to {LONGEST} in all")

    def error(self, accepted: str) -> SequenceError:
        number = _NUMBER.match(self.text, self.at)
        found = number[0][:12] if number else self.peek()
        return SequenceError(self.text, self.at, f'"{found}"' if found else "the end", accepted)
