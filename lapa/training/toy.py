"""Toy video in the robots format, made in two seconds: data for the debug preset and the tests.

Two embodiments (a square and a disc) slide over a still background, one direction at a time, so
what happens between two frames is a direction: exactly what a handful of codes can say.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

EMBODIMENTS = ("toy-square", "toy-disc")
_FPS = 10
_SPEED = 2.0  # pixels a frame


def make_toy_videos(
    folder: str | Path, *, episodes: int = 20, frames: int = 24, size: int = 48, seed: int = 0
) -> Path:
    """Write `episodes` videos of each embodiment under `folder` as source "toy"; returns folder.

    Every tenth episode of an embodiment is held out. Actions are (x, y) displacements in pixels.
    """
    folder = Path(folder)
    (folder / "toy").mkdir(parents=True, exist_ok=True)
    rows = []
    for embodiment in EMBODIMENTS:
        for index in range(episodes):
            generator = np.random.default_rng([seed, EMBODIMENTS.index(embodiment), index])
            name = f"{embodiment}-slide-{index:05d}"
            path = _path(generator, frames, size)
            _write_video(folder / "toy" / f"{name}.mp4", _draw(embodiment, generator, path, size))
            np.savez(folder / "toy" / f"{name}.npz", action=np.diff(path, axis=0))
            split = "holdout" if index % 10 == 9 else "train"
            rows.append(_row(name, embodiment, index, frames, size, split))
    (folder / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def _row(
    name: str, embodiment: str, seed: int, frames: int, size: int, split: str
) -> dict[str, Any]:
    return {
        "embodiment": embodiment,
        "task": "slide",
        "instruction": "slide around",
        "fps": _FPS,
        "seed": seed,
        "success": True,
        "id": name,
        "source": "toy",
        "frames": frames,
        "action_dim": 2,
        "action_names": ["x", "y"],
        "height": size,
        "width": size,
        "split": split,
    }


def _path(generator: np.random.Generator, frames: int, size: int) -> np.ndarray:
    """(frames, 2) positions: a new one of eight directions every eight frames, inside the walls."""
    margin = size / 5
    position = generator.uniform(margin, size - margin, 2)
    places = [position]
    for index in range(frames - 1):
        if index % 8 == 0:
            angle = generator.integers(8) * np.pi / 4
            step = _SPEED * np.array([np.cos(angle), np.sin(angle)])
        outside = (position + step < margin) | (position + step > size - margin)
        step = np.where(outside, -step, step)
        position = position + step
        places.append(position)
    return np.array(places, dtype=np.float32)


def _draw(
    embodiment: str, generator: np.random.Generator, path: np.ndarray, size: int
) -> np.ndarray:
    """(frames, size, size, 3) uint8: a soft-edged shape over a smooth background."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    tint = generator.uniform(90, 160, 3)
    slope = generator.uniform(-0.6, 0.6, (2, 3))
    ground = tint + rows[..., None] * slope[0] + columns[..., None] * slope[1]
    color = np.array([200, 40, 40] if embodiment == "toy-square" else [40, 60, 210], np.float32)
    images = []
    for x, y in path:
        across, down = np.abs(columns - x), np.abs(rows - y)
        square = embodiment == "toy-square"
        distance = np.maximum(across, down) if square else np.hypot(across, down)
        cover = np.clip(size / 8 - distance, 0, 1)[..., None]
        images.append(ground * (1 - cover) + color * cover)
    return np.clip(np.stack(images), 0, 255).astype(np.uint8)


def _write_video(path: Path, frames: np.ndarray) -> None:
    # x264's assembly does not give the same file at every run on every processor; plain C does
    options = {"crf": "12", "x264-params": "asm=0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(_FPS), options=options)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
