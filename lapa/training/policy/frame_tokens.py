"""The vision tokens of the frames of a cache or of captions, made once and mapped from disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lapa.files import reserve, write_text
from lapa.models.tokenizers import Tokenizer
from lapa.training.remember import fingerprint

# a run that is stopped loses at most so many batches
_BATCHES_KEPT = 50


class Pictures(Protocol):
    """A `Cache` or `Captions`."""

    @property
    def frames(self) -> np.ndarray:
        """(N, h, w, 3) uint8."""

    @property
    def fingerprint(self) -> str:
        """Changes when any frame may have changed."""


def frame_tokens(
    tokenizer: Tokenizer, pictures: Pictures, file: str | Path, *, batch_size: int = 32
) -> Iterator[tuple[int, int]]:
    """Write `file` (.npy, (N, h · w · parts) uint16) unless it is there.

    Yields (frames done, of all). `open_tokens` reads it. A file of other frames or of another
    tokenizer is written anew; one that was stopped goes on.
    """
    file = Path(file)
    about = {"data": pictures.fingerprint, "tokenizer": fingerprint(tokenizer)}
    if _about(file) == about:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    total, tokens = len(pictures.frames), tokenizer.config.grid**2 * tokenizer.config.parts
    partial = file.with_name(f".writing-{file.name}")
    begun = _begun(partial, about)
    if begun:
        array = np.lib.format.open_memmap(partial, "r+")
    else:
        array = np.lib.format.open_memmap(partial, "w+", np.uint16, (total, tokens))
        reserve(partial)
    for number, start in enumerate(range(begun, total, batch_size)):
        frames = np.asarray(pictures.frames[start : start + batch_size])
        array[start : start + len(frames)] = tokenizer.encode(frames).reshape(len(frames), -1)
        if number % _BATCHES_KEPT == _BATCHES_KEPT - 1:
            array.flush()
            _write_about(partial, {**about, "frames": start + len(frames)})
        yield start + len(frames), total
    array.flush()
    os.replace(partial, file)
    _write_about(file, about)
    _about_file(partial).unlink(missing_ok=True)


def open_tokens(file: str | Path) -> np.ndarray:
    """(N, h · w · parts) uint16, mapped from disk."""
    return np.load(file, mmap_mode="r")


def _begun(partial: Path, about: dict[str, Any]) -> int:
    """How many frames an unfinished file holds already, if it is of these frames and tokenizer."""
    known = _about(partial) or {}
    done = known.pop("frames", 0)
    return int(done) if known == about else 0


def _about_file(file: Path) -> Path:
    return file.with_suffix(".json")


def _about(file: Path) -> dict[str, Any] | None:
    about = _about_file(file)
    return json.loads(about.read_text()) if file.is_file() and about.is_file() else None


def _write_about(file: Path, about: dict[str, Any]) -> None:
    write_text(_about_file(file), json.dumps(about) + "\n")
