"""Which clips are held out: a tenth, by a hash of each clip's name, so that no clip ever moves to
the other side because others came or went.

A set can say otherwise: with folders named `train` and `holdout`, or with a file `splits.json`
beside its clips that lists clips or folders of them,

    {"holdout": ["panda/04.mp4", "kitchen"]}

Clips that such a file does not name are trained on. Of all three the file leads, then the folders.
A format that has splits of its own keeps them: validation and test are held out.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lapa.data.episodes import SPLITS, Skipped
from lapa.files import read_json

FILE = "splits.json"
TRAIN, HOLDOUT = SPLITS
ONE_IN = 10
# what formats with splits of their own call those that are not trained on
HELD_OUT = frozenset({"holdout", "test", "val", "valid", "validation"})


def split_of(name: str) -> str:
    """The split of a clip that nobody put anywhere, by its name, however a system writes that: a
    Mac's disk takes letters with accents apart."""
    told = one_form(name).encode("utf-8", "surrogateescape")
    return HOLDOUT if zlib.crc32(told) % ONE_IN == 0 else TRAIN


def one_form(name: str) -> str:
    """A name with its accents composed, so that two ways to write it are one."""
    return unicodedata.normalize("NFC", name)


@dataclass(frozen=True)
class Splits:
    """What is known of the splits of a set of clips.

    Attributes:
        root: folder of the set.
        named: clip or folder -> split, as its file says; None without a file.
    """

    root: Path
    named: dict[str, str] | None = None

    @classmethod
    def of(cls, root: Path) -> Splits:
        """Those of the set in `root`.

        Raises:
            ValueError: its file cannot be understood.
        """
        file = root / FILE
        return cls(root, _named(file) if file.is_file() else None)

    def split(self, clip: str) -> str:
        """The split of a clip by its name below the root (`panda/04.mp4`)."""
        path = PurePosixPath(one_form(clip))
        if self.named is not None:
            places = [str(path), *(str(parent) for parent in path.parents)]
            return next((self.named[each] for each in places if each in self.named), TRAIN)
        folders = [part for part in (self.root.name, *path.parts[:-1]) if part in SPLITS]
        return folders[-1] if folders else split_of(str(path.with_suffix("")))

    def given(self, clip: str, own: str, others: Iterable[str]) -> str:
        """The split of a clip that its format puts into the split `own`, one of `others`: as the
        format says, and where that holds out none, a tenth of them all the same."""
        if self.named is not None:
            return self.split(clip)
        if own in HELD_OUT:
            return HOLDOUT
        return TRAIN if HELD_OUT & set(others) else self.split(clip)

    def unknown(self, clips: list[str]) -> list[Skipped]:
        """A note for what the file names and the set does not have."""
        names = map(PurePosixPath, map(one_form, clips))
        there = {str(each) for name in names for each in (name, *name.parents)}
        gone = [name for name in self.named or {} if name not in there]
        return [Skipped(FILE, f"names {name}, which is not there") for name in gone]


def _named(file: Path) -> dict[str, str]:
    try:
        told = read_json(file)
    except ValueError as error:
        raise ValueError(f"{file} is not valid JSON") from error
    lists = told.values() if isinstance(told, dict) else ()
    texts = all(isinstance(each, list) and all(isinstance(n, str) for n in each) for each in lists)
    if not isinstance(told, dict) or not texts or not set(told) <= set(SPLITS):
        raise ValueError(
            f'{file} is not understood; accepted is {{"train": [names], "holdout": [names]}}, '
            f"either of them or both"
        )
    named: dict[str, str] = {}
    for split, names in told.items():
        for name in names:
            clip = str(PurePosixPath(one_form(name)))
            if named.setdefault(clip, split) != split:
                raise ValueError(f"{file} names {name} both for train and for holdout")
    return named
