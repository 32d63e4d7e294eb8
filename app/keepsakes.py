"""A dream as JSON, and back: the model, the start, every latent action, and a digest of the frames.

What is imported is imagined again, so the file holds no pictures (but the first one, where it was
a visitor's own); the digest says whether the frames are the same to the last bit.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.codes import is_whole
from app.limits import UserError
from app.moments import Codes, Dream

FORMAT, VERSION = "lapa-dream", 1
LARGEST = 2_000_000
PACKAGES = ("torch", "numpy", "gradio")
HEX = 16


@dataclass(frozen=True)
class Keepsake:
    """What a JSON file asks for, taken apart but not yet compared with what exists.

    moves: (parent, codes) of every moment but the first. start: the first frame where it is no
    shipped clip's, (h, w, 3) uint8.
    """

    model: str
    weights: str
    clip: str
    frame: int
    moves: tuple[tuple[int, Codes], ...]
    here: int
    pins: tuple[int, ...]
    frames: str
    start: np.ndarray | None = None


def write(dream: Dream, *, weights: str, sequence: str, pins: list[int]) -> str:
    """The JSON text of a dream."""
    uploaded = dream.clip.uploaded
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "model": {"name": dream.model.name, "weights": weights},
        "clip": None if uploaded else dream.clip.id,
        "frame": dream.index,
        "embodiment": dream.clip.embodiment,
        "sequence": sequence,
        "moves": [[step.parent, list(step.codes or ())] for step in dream.steps[1:]],
        "here": dream.here,
        "pins": [pin for pin in pins if 0 <= pin < len(dream.steps)],
        "frames": frames_digest(dream),
        "versions": {"python": platform.python_version(), **_versions()},
    }
    if uploaded:
        record["start"] = _png(dream.steps[0].image)
    return json.dumps(record, indent=1)


def read(text: str) -> Keepsake:
    """Takes JSON text apart without trusting it; UserError says what is wrong with it."""
    if len(text) > LARGEST:
        raise UserError(f"The file has {len(text) / 1e6:.1f} MB; a dream has at most 2 MB.")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError("The file is no JSON; choose one that this page has kept.") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UserError("The file is JSON, but no dream of this page.")
    if record.get("version") != VERSION:
        raise UserError("The file was written by another version of this page.")
    try:
        moves = tuple(_move(place, move) for place, move in enumerate(record["moves"]))
        numbers = (record["frame"], record["here"], *record["pins"])
        if not all(map(is_whole, numbers)):
            raise ValueError
        start = record.get("start")
        return Keepsake(
            model=str(record["model"]["name"]),
            weights=str(record["model"]["weights"]),
            clip="" if record["clip"] is None else str(record["clip"]),
            frame=int(record["frame"]),
            moves=moves,
            here=_within(record["here"], len(moves)),
            pins=tuple(_within(pin, len(moves)) for pin in record["pins"][:2]),
            frames=str(record["frames"]),
            start=None if start is None else _picture(start),
        )
    except (KeyError, TypeError, ValueError, OSError, Image.DecompressionBombError):
        raise UserError("The file is damaged; choose one that this page has kept.") from None


def frames_digest(dream: Dream) -> str:
    """Of all frames in their order: equal digests are equal dreams."""
    digest = hashlib.sha256()
    for step in dream.steps:
        digest.update(np.ascontiguousarray(step.image))
    return digest.hexdigest()[:HEX]


def weights_digest(path: Path) -> str:
    """Of a checkpoint's weights, in its folder or file."""
    file = path / "model.safetensors" if path.is_dir() else path
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:HEX]


def _move(place: int, move: Any) -> tuple[int, Codes]:
    parent, codes = move
    # a moment comes after the one it grew from
    if not is_whole(parent) or not 0 <= parent <= place or not all(map(is_whole, codes)):
        raise ValueError
    return int(parent), tuple(int(code) for code in codes)


def _within(number: Any, last: int) -> int:
    return min(max(int(number), 0), last)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _png(frame: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _picture(text: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"]) as image:
        if max(image.size) > 1024 or min(image.size) < 8:
            raise ValueError
        return np.array(image.convert("RGB"))
