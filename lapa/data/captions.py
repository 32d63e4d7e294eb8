"""Captioned pictures: frames, and what lies where in each, as a folder.

    frames.npy            (N, size, size, 3) uint8
    captions.safetensors  names (N, M) int64, places (N, M, 2) float32
    captions.json         what the names are, and how many pictures are done
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FRAMES, TOLD, ABOUT = "frames.npy", "captions.safetensors", "captions.json"


@dataclass(frozen=True, eq=False)
class Captions:
    """N pictures with M things in each.

    Attributes:
        vocabulary: names of things.
        frames: (N, size, size, 3) uint8, mapped from disk.
        names: (N, M) int64, places in the vocabulary.
        places: (N, M, 2) float32, right and down from the upper left corner, as shares of the side.
    """

    vocabulary: tuple[str, ...]
    frames: np.ndarray
    names: np.ndarray
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    @property
    def fingerprint(self) -> str:
        """Changes when anything lies elsewhere."""
        told = self.names.tobytes() + self.places.tobytes()
        return hashlib.sha256(told + str(self.frames.shape).encode()).hexdigest()[:32]

    @classmethod
    def open(cls, folder: str | Path) -> Captions:
        """Read a finished folder.

        Raises:
            FileNotFoundError: none there. ValueError: unfinished or damaged.
        """
        from safetensors.numpy import load_file

        folder = Path(folder)
        if not (folder / ABOUT).is_file():
            raise FileNotFoundError(f"there are no captioned pictures in {folder}")
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            if about["done"] < about["pictures"]:
                raise ValueError(f"{about['done']} of {about['pictures']} are there")
            told = load_file(folder / TOLD)
            frames = np.load(folder / FRAMES, mmap_mode="r")
            return cls(tuple(about["names"]), frames, told["names"], told["places"])
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

    def __init__(self, folder: str | Path, vocabulary: Sequence[str], pictures: int, size: int):
        self._folder = Path(folder)
        about = {"names": list(vocabulary), "pictures": pictures, "size": size}
        self._folder.mkdir(parents=True, exist_ok=True)
        file, self._about, self.done = self._folder / ABOUT, about, 0
        shape = (pictures, size, size, 3)
        self._names: list[np.ndarray] = []
        self._places: list[np.ndarray] = []
        if not file.is_file():
            self._frames = np.lib.format.open_memmap(
                self._folder / FRAMES, "w+", np.uint8, shape
            )
            return
        known = json.loads(file.read_text(encoding="utf-8"))
        if {name: known.get(name) for name in about} != about:
            raise ValueError(f"{folder} holds other pictures: choose another folder")
        from safetensors.numpy import load_file

        told = load_file(self._folder / TOLD)
        self._names, self._places = [told["names"]], [told["places"]]
        self._frames = np.lib.format.open_memmap(self._folder / FRAMES, "r+")
        self.done = len(told["names"])

    def add(self, frames: np.ndarray, names: np.ndarray, places: np.ndarray) -> None:
        """The next pictures: (B, size, size, 3) uint8, (B, M) int64, (B, M, 2) float32."""
        from safetensors.numpy import save_file

        self._frames[self.done : self.done + len(frames)] = frames
        self._frames.flush()
        self._names.append(names)
        self._places.append(places)
        self.done += len(frames)
        told = {"names": np.concatenate(self._names), "places": np.concatenate(self._places)}
        save_file(told, self._folder / TOLD)
        about = json.dumps({**self._about, "done": self.done}, indent=1) + "\n"
        (self._folder / ABOUT).write_text(about, encoding="utf-8")
