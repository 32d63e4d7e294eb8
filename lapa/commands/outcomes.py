"""What an evaluation has done so far, kept on the disk so that it can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from lapa.files import write_json, write_text

T = TypeVar("T")


class Kept(Generic[T]):
    """Outcomes of an evaluation: beside its --json, a line each, until all are there, and then in
    it. Those of another evaluation, or of one that is not resumed, are dropped.

    Attributes:
        outcomes: that are there.
    """

    def __init__(
        self, kind: type[T], json_file: Path | None, about: Mapping[str, Any], *, resume: bool
    ) -> None:
        """kind: a dataclass. json_file: None keeps nothing. about: which evaluation it is."""
        self.outcomes: list[T] = []
        self._whole, self._about = json_file, json.dumps(about)
        if json_file is None:
            return
        self._part = json_file.with_name(f".{json_file.name}.part")
        if resume:
            self.outcomes = [kind(**each) for each in self._before(json_file)]
        write_text(self._part, self._about + "\n")
        self.add(self.outcomes)

    def _before(self, whole: Path) -> list[dict[str, Any]]:
        lines = self._part.read_text().split("\n") if self._part.is_file() else [""]
        if lines[0] == self._about:
            # what follows the last end of a line was cut off
            return [json.loads(line) for line in lines[1:-1]]
        found = json.loads(whole.read_text()) if whole.is_file() else {}
        mine = json.dumps(found.get("about")) == self._about
        return list(found["episodes"]) if mine else []

    def add(self, outcomes: Sequence[T]) -> None:
        """Keep some more."""
        if self._whole is not None:
            with self._part.open("a") as file:
                file.writelines(json.dumps(asdict(each)) + "\n" for each in outcomes)  # type: ignore[call-overload]

    def done(self, record: Mapping[str, Any], outcomes: Sequence[T]) -> None:
        """All are there: they and what they come to, in the --json."""
        if self._whole is None:
            return
        episodes = [asdict(each) for each in outcomes]  # type: ignore[call-overload]
        write_json(self._whole, {**record, "about": json.loads(self._about), "episodes": episodes})
        self._part.unlink(missing_ok=True)
