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
from typing import Any

import numpy as np
from PIL import Image

from app.core import films
from app.core.codes import is_whole, latent_action
from app.core.limits import UserError
from app.tabs.imagine import words as say
from app.tabs.imagine.dream import Codes, Dream
from app.tabs.imagine.dream_store import Worlds
from app.tabs.imagine.keys import HEX, Driving
from app.tabs.imagine.replay import Replays

FORMAT, VERSION = "lapa-dream", 1
LARGEST = 2_000_000
PACKAGES = ("torch", "numpy", "gradio")
# of an MP4 that repeats: half a minute's work
MOST_FRAMES = 1024


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


@dataclass(frozen=True)
class Film:
    """How frames become a film. rate: frames a second. captions: step, codes, model and clip below
    each. back: it returns to its first frame. loop: a GIF repeats for ever; an MP4 has no mark for
    that, so its frames are written `times` times, or as often as MOST_FRAMES allows."""

    rate: float = 10.0
    captions: bool = True
    loop: bool = True
    back: bool = False
    times: int = 1

    def rounds(self, frames: int) -> int:
        """How often an MP4 goes through so many frames."""
        return max(1, min(self.times, MOST_FRAMES // frames)) if self.loop else 1


class Saved:
    """The files of a session's dream and of its last replay."""

    def __init__(self, worlds: Worlds, driving: Driving, replays: Replays) -> None:
        self._worlds, self._driving, self._replays = worlds, driving, replays

    def json(self, session: str | None, pins: list[int]) -> str:
        """The dream as JSON, to be read again by `read_dream`."""
        from lapa.imagine.sequences import write_sequence

        dream = self._worlds.dream(session)
        actions = [step.codes for step in dream.line[1:] if step.codes is not None]
        sequence = write_sequence(actions) if actions else ""
        weights = self._driving.weights(dream.model)
        return write_dream(dream, weights=weights, sequence=sequence, pins=pins)

    def pictures(self, session: str | None, kind: str, *, of: str, film: Film) -> bytes:
        """The way to where the dream stands, or the last replay, as mp4, gif or png."""
        dream = self._worlds.dream(session)
        aspect = dream.clip.aspect
        if of == "replay":
            replayed = self._replays.last(session)[1]
            frames = films.beside([s.imagined for s in replayed], [s.true for s in replayed])
            aspect *= frames[0].shape[1] / frames[0].shape[0] if kind != "png" else 1
            codes = [tuple(map(int, step.codes)) for step in replayed]
            captions = [_caption(dream, n + 1, led, say.TRUE_BESIDE) for n, led in enumerate(codes)]
        else:
            frames = [step.image for step in dream.line]
            captions = [_caption(dream, step.step, step.codes) for step in dream.line]
        if kind == "png":
            return films.strip(frames, aspect=aspect)
        if film.back:
            frames, captions = films.there_and_back(frames), films.there_and_back(captions)
        words = captions if film.captions else None
        if kind == "mp4":
            rounds = film.rounds(len(frames))
            frames, words = frames * rounds, words and words * rounds
            return films.mp4(frames, rate=film.rate, aspect=aspect, captions=words)
        return films.gif(frames, rate=film.rate, aspect=aspect, captions=words, endless=film.loop)

    def same_frames(self, session: str | None, kept: Keepsake) -> bool:
        """Whether the dream has the frames it had when it was kept."""
        return frames_digest(self._worlds.dream(session)) == kept.frames


def write_dream(dream: Dream, *, weights: str, sequence: str, pins: list[int]) -> str:
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


def read_dream(text: str) -> Keepsake:
    """Takes JSON text apart without trusting it; UserError says what is wrong with it."""
    if len(text) > LARGEST:
        raise UserError(say.FILE_LARGE.format(size=len(text) / 1e6))
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(say.NO_JSON) from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UserError(say.NO_DREAM)
    if record.get("version") != VERSION:
        raise UserError(say.OTHER_VERSION)
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
        raise UserError(say.FILE_DAMAGED) from None


def _caption(dream: Dream, step: int, codes: Codes | None, more: str = "") -> str:
    led = f"step {step} · {latent_action(codes)}" if codes else say.FIRST_FRAME
    return f"{led}{more}\nimagined by {dream.model.name} · {dream.clip.embodiment}"


def frames_digest(dream: Dream) -> str:
    """Of all frames in their order: equal digests are equal dreams."""
    digest = hashlib.sha256()
    for step in dream.steps:
        digest.update(np.ascontiguousarray(step.image).data)
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
