"""What the tab Policy knows without a simulator: recorded episodes, and rates measured before."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.clips.library import Library
from app.core.limits import DAMAGED, Limits, UserError
from app.tabs.policy import words as say
from app.tabs.policy.views import ActedStep, PolicyStart, Rate, Recorded

log = logging.getLogger(__name__)


class Recordings:
    """Episodes of policies in the robots format, their ids beginning with the policy's name.

    folder: with tabletop.jsonl, and may be missing. read: folder -> episodes.
    """

    def __init__(self, folder: Path, read: Callable[[Path], Any], limits: Limits) -> None:
        self._index = folder / "tabletop.jsonl"
        self._library = Library(folder, read, limits)

    def __iter__(self) -> Iterator[Recorded]:
        if not self._index.is_file():
            return
        there = {clip.id for clip in self._library.clips()}
        for line in self._index.read_text(encoding="utf-8").split("\n"):
            row = json.loads(line) if line.strip() else {"id": ""}
            if row["id"] in there:
                yield Recorded(
                    row["id"], row["instruction"], row["task"], row["id"].partition("-")[0],
                    bool(row["success"]), int(row["frames"]),
                )  # fmt: skip

    def get(self, name: str) -> Recorded:
        """The episode of this id; UserError if there is none."""
        for each in self:
            if each.id == name:
                return each
        raise UserError(say.NO_EPISODE.format(name=name[:60]))

    def embodiment(self, name: str) -> str:
        """Of a recorded episode; empty where there is none of this id."""
        clip = self._library.get(name)
        return clip.embodiment if clip else ""

    def start(self, name: str, index: int, instruction: str) -> PolicyStart:
        """A frame of an episode; instruction: empty for the episode's own."""
        told, frames = self.get(name), self._library.frames(name)
        if not 0 <= index < len(frames) - 1:
            raise UserError(say.EPISODE_FRAMES.format(last=len(frames) - 2))
        asked = instruction.strip() or told.instruction
        return PolicyStart(
            frames[index], asked, told.instruction, told.kind, judged=True, recorded=True
        )

    def steps(self, name: str, start: int) -> Iterator[ActedStep]:
        """What was recorded behind a frame; whether it was a success is told at the end."""
        success = self.get(name).success
        frames, actions, _ = self._library.recorded(name)
        last = len(frames) - 1
        for index in range(start + 1, last + 1):
            move: tuple[np.ndarray, ...] | np.ndarray = (
                () if actions is None else actions[index - 1]
            )
            over = index == last
            yield ActedStep(
                index - start, frames[index], tuple(map(float, move)), None, success and over, over
            )


def measured(results: Path, names: Mapping[str, str]) -> dict[str, dict[str, Rate]]:
    """Success rates from results.json: name -> kind of task, or `all` -> its rate.

    names: what a policy is called here -> its checkpoint. Empty where nothing was measured.
    """
    from lapa.files import read_json

    try:
        told = read_json(results).get("success", {})
        return {
            name: {
                kind: Rate(rate["done"], rate["of"], rate["low"], rate["high"])
                for kind, rate in told[checkpoint]["rates"].items()
            }
            for name, checkpoint in names.items()
            if checkpoint in told
        }
    except DAMAGED:
        log.warning("the success rates in %s cannot be read", results.name, exc_info=True)
        return {}
