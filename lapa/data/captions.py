"""Captioned pictures: frames, and what lies where in each, as a folder.

frames.npy          (N, size, size, 3) uint8
names.npy           (N, M) int64
places.npy          (N, M, 2) float32
instructions.npy    (N,) sentences
blocks.npy          (N,) int64
goals.npy           (N, 2) float32
captions.json       what the names are, and how many pictures are done
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from lapa.files import read_json, reserve, write_text

PARTS, ABOUT = ("frames", "names", "places", "instructions", "blocks", "goals"), "captions.json"
_LONGEST = 200  # characters of an instruction, for which a file of numpy has a fixed room


@dataclass(frozen=True, eq=False)
class Captions:
    """N pictures with M things in each.

    Attributes:
        vocabulary: names of things.
        frames: (N, size, size, 3) uint8, mapped from disk.
        names: (N, M) int64, places in the vocabulary.
        places: (N, M, 2) float32, right and down from the upper left corner, as shares of the side.
        instructions: (N,) sentences.
        blocks: (N,) int64, which of the M things the instruction is about.
        goals: (N, 2) float32, where that should be, as `places`; perhaps beside the picture.
    """

    vocabulary: tuple[str, ...]
    frames: np.ndarray
    names: np.ndarray
    places: np.ndarray
    instructions: np.ndarray
    blocks: np.ndarray
    goals: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    @property
    def fingerprint(self) -> str:
        """Changes when anything lies elsewhere."""
        contents = self.names.tobytes() + self.places.tobytes()
        return hashlib.sha256(contents + str(self.frames.shape).encode()).hexdigest()[:32]

    @classmethod
    def open(cls, folder: str | Path) -> Captions:
        """Read a finished folder.

        Raises:
            FileNotFoundError: none there. ValueError: unfinished or damaged.
        """
        folder = Path(folder)
        if not (folder / ABOUT).is_file():
            raise FileNotFoundError(f"there are no captioned pictures in {folder}")
        try:
            about = read_json(folder / ABOUT)
            if about["done"] < about["pictures"]:
                raise ValueError(f"{about['done']} of {about['pictures']} are there")
            arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in PARTS]
            return cls(tuple(about["names"]), *arrays)
        except Exception as error:
            raise ValueError(
                f"the captioned pictures in {folder} are unfinished or damaged ({error}): "
                f"run caption again"
            ) from error


class CaptionWriter:
    """Fills a folder in order; one that was begun goes on where it was.

    Attributes:
        done: how many pictures are there.

    Raises:
        ValueError: the folder holds another number or size of pictures.
    """

    def __init__(
        self, folder: str | Path, vocabulary: Sequence[str], pictures: int, size: int, things: int
    ) -> None:
        """things: M, in each picture."""
        self._folder, self.done = Path(folder), 0
        self._about = {"names": list(vocabulary), "pictures": pictures, "size": size}
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / ABOUT
        mode: Literal["w+", "r+"] = "w+"
        if file.is_file():
            about = read_json(file)
            self.done, mode = about.pop("done"), "r+"
            if about != self._about:
                raise ValueError(f"{folder} holds other pictures: choose another folder")
        layout: tuple[tuple[npt.DTypeLike, tuple[int, ...]], ...] = (
            (np.uint8, (size, size, 3)), (np.int64, (things,)), (np.float32, (things, 2)),
            (f"U{_LONGEST}", ()), (np.int64, ()), (np.float32, (2,)),
        )  # fmt: skip
        self._arrays = [
            np.lib.format.open_memmap(self._folder / f"{name}.npy", mode, dtype, (pictures, *shape))
            for name, (dtype, shape) in zip(PARTS, layout, strict=True)
        ]
        if mode == "w+":
            for name in PARTS:
                reserve(self._folder / f"{name}.npy")

    def add(self, *parts: np.ndarray) -> None:
        """The next pictures: (B, ...) of each of PARTS."""
        end = self.done + len(parts[0])
        for array, part in zip(self._arrays, parts, strict=True):
            array[self.done : end] = part
            array.flush()
        self.done = end
        about = json.dumps({**self._about, "done": self.done}, indent=1) + "\n"
        write_text(self._folder / ABOUT, about)
