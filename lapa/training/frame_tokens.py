"""The vision tokens of all frames of a cache, made once and mapped from disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lapa.data import Cache
from lapa.models.tokenizers import Tokenizer
from lapa.training.remember import fingerprint


def frame_tokens(
    tokenizer: Tokenizer, cache: Cache, file: str | Path, *, batch_size: int = 32
) -> Iterator[tuple[int, int]]:
    """Write `file` (.npy, (N, h · w · parts) uint16) unless it is there.

    Yields (frames done, of all). `open_tokens` reads it. A file of other frames or of another
    tokenizer is written anew.
    """
    file = Path(file)
    about = {"data": cache.fingerprint, "tokenizer": fingerprint(tokenizer)}
    if _about(file) == about:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    total, tokens = len(cache.frames), tokenizer.config.grid**2 * tokenizer.config.parts
    partial = file.with_name(f".writing-{file.name}")
    array = np.lib.format.open_memmap(partial, "w+", np.uint16, (total, tokens))
    for start in range(0, total, batch_size):
        frames = np.asarray(cache.frames[start : start + batch_size])
        array[start : start + len(frames)] = tokenizer.encode(frames).reshape(len(frames), -1)
        yield start + len(frames), total
    array.flush()
    os.replace(partial, file)
    file.with_suffix(".json").write_text(json.dumps(about) + "\n", encoding="utf-8")


def open_tokens(file: str | Path) -> np.ndarray:
    """(N, h · w · parts) uint16, mapped from disk."""
    return np.load(file, mmap_mode="r")


def _about(file: Path) -> dict | None:
    about = file.with_suffix(".json")
    return json.loads(about.read_text()) if file.is_file() and about.is_file() else None
