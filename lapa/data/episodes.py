"""What an episode is, and how trouble with episodes is told.

Everything that reads clips makes `Episode`s, and everything that uses clips takes them. An
episode knows what it shows (embodiment, task, instruction, the robot's actions) and opens its
frames only when asked. What cannot be used is named in a `Report`, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

SPLITS = ("train", "holdout")


def whole_text(text: str) -> str:
    """A text that every file can hold: halves of characters (lone surrogates), as JSON and names of
    files may have them, are spelled out (\\ud800)."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, kw_only=True)
class EpisodeInfo:
    """What is known of an episode without looking at its frames.

    Attributes:
        id: unique in its source, the name under which it is reported.
        source: where it comes from (a simulator, a folder).
        embodiment: whose body is seen; sampling is balanced over these.
        task, instruction: what is done; empty where nobody said.
        fps: frames a second.
        split: "train" or "holdout".
        height, width: of a frame as it is meant to be seen, in pixels.
        action_names: one for each action dimension, empty without actions.
    """

    id: str
    source: str
    embodiment: str
    task: str = ""
    instruction: str = ""
    fps: float
    split: str
    height: int
    width: int
    action_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("id", "source", "embodiment", "task", "instruction"):
            object.__setattr__(self, name, whole_text(getattr(self, name)))
        object.__setattr__(self, "action_names", tuple(map(whole_text, self.action_names)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Episode(EpisodeInfo):
    """One recording, opened when its frames are asked for.

    Attributes:
        path: the video, or the folder of frames.
        files: every file that is its own; a cache watches them for changes.
        part: of an episode in a file with others: which part it is, and its checksum or what else
            tells it from another; a cache watches this, too.
        stream: opens the episode and yields its frames one by one, uint8 RGB (H, W, 3); raises
            ValueError with the reason when the file turns out to be broken.
        length: number of frames, or None where only decoding can tell.
        actions: (length - 1, A) float32, row t leads from frame t to t + 1; None if unknown.
    """

    path: Path
    files: tuple[Path, ...] = field(repr=False)
    stream: Callable[[], Iterator[np.ndarray]] = field(repr=False)
    length: int | None = None
    actions: np.ndarray | None = field(default=None, repr=False)
    part: str = ""

    @property
    def frames(self) -> np.ndarray:
        """All frames, decoded anew at each call: (T, H, W, 3) uint8 RGB.

        Raises:
            ValueError: the file is broken.
        """
        return np.stack(list(self.stream()))


@dataclass(frozen=True)
class Skipped:
    """Something that could not be used: its name and the reason, both for people."""

    name: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", whole_text(self.name))
        object.__setattr__(self, "reason", whole_text(self.reason))

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True)
class Report:
    """How many episodes could be used, and which could not, by name.

    Attributes:
        kept: number of episodes that can be used.
        skipped: those that cannot.
        notes: episodes that are used although something about them is odd.
    """

    kept: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Skipped, ...] = ()

    def summary(self, limit: int = 20) -> str:
        """The report in lines for people: at most `limit` names, and always the count."""
        lines = [f"skipped {item}" for item in self.skipped[:limit]]
        if len(self.skipped) > limit:
            lines.append(f"… and {len(self.skipped) - limit} more")
        lines += [f"note: {item}" for item in self.notes[:limit]]
        return "\n".join([*lines, f"{self.kept} episodes used, {len(self.skipped)} skipped."])
