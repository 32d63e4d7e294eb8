"""What an evaluation has done so far, kept on the disk so that it can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from lapa.files import write_text

T = TypeVar("T")


class Kept(Generic[T]):
    """Outcomes of an evaluation that is not at its end, beside its --json: a line each. Those of
    another evaluation, or of one that is not resumed, are dropped.

    Attributes:
        outcomes: that are there.
    """

    def __init__(
        self, kind: type[T], json_file: Path | None, about: Mapping[str, Any], *, resume: bool
    ) -> None:
        """kind: a dataclass. json_file: None keeps nothing. about: which evaluation it is."""
        self.outcomes: list[T] = []
        self._file: Path | None = None
        if json_file is None:
            return
        self._file = json_file.with_name(f".{json_file.name}.part")
        head = json.dumps(about)
        lines = self._file.read_text().split("\n") if self._file.is_file() else [""]
        if resume and lines[0] == head:
            # what follows the last end of a line was cut off
            self.outcomes = [kind(**json.loads(line)) for line in lines[1:-1]]
        write_text(self._file, head + "\n")
        self.add(self.outcomes)

    def add(self, outcomes: Sequence[T]) -> None:
        """Keep some more."""
        if self._file is not None:
            with self._file.open("a") as file:
                file.writelines(json.dumps(asdict(each)) + "\n" for each in outcomes)  # type: ignore[call-overload]

    def done(self) -> None:
        """All are there, and kept elsewhere."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
