"""Tiny clips to read, and folders of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from lapa.data import Cache

Write = Callable[..., Path]
HEIGHT, WIDTH = 48, 64


def shades(number: int, step: int = 10) -> list[np.ndarray]:
    """Plain grey frames; frame i has the value i * step, so a frame's mean is its number."""
    return [np.full((HEIGHT, WIDTH, 3), i * step, np.uint8) for i in range(number)]


def numbers(frames: Sequence[np.ndarray], step: int = 10) -> list[int]:
    """The numbers of frames made by `shades`, read back from their pixels."""
    return [round(float(frame.mean()) / step) for frame in frames]


@pytest.fixture(scope="session")
def write_video() -> Write:
    """write(path, frames, fps=10, at=milliseconds of each frame or None, aspect=of a pixel,
    codec=of FFmpeg)."""

    def write(
        path: Path,
        frames: Sequence[np.ndarray],
        fps: int = 10,
        at: Sequence[int] | None = None,
        aspect: int = 1,
        codec: str = "libx264",
        **options: str,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream(codec, rate=fps)
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            if codec == "libx264":
                stream.options = {"crf": "5", "preset": "ultrafast", "bf": "0"}
            stream.codec_context.time_base = Fraction(1, 1000 if at else fps)
            stream.codec_context.sample_aspect_ratio = Fraction(aspect)
            for number, image in enumerate(frames):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts = at[number] if at else number
                frame.time_base = stream.codec_context.time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture(scope="session")
def write_frames() -> Write:
    """write(folder, names): numbered pictures; the picture at place i is shade i."""

    def write(folder: Path, names: Sequence[str]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, image in zip(names, shades(len(names)), strict=True):
            Image.fromarray(image).save(folder / name)
        return folder

    return write


@pytest.fixture(scope="session")
def write_robots(write_video: Write) -> Write:
    """write(folder, {embodiment: lengths}, source="sim", fps=10): a set in the robots format."""

    def write(
        folder: Path, lengths: dict[str, Sequence[int]], source: str = "sim", fps: int = 10
    ) -> Path:
        rows = []
        for body, sizes in lengths.items():
            for number, length in enumerate(sizes):
                row = {
                    "id": f"{body}-{number:02d}",
                    "embodiment": body,
                    "task": "lift",
                    "instruction": "lift the cube",
                    "fps": fps,
                    "frames": length,
                    "action_names": ["x", "y"],
                    "height": HEIGHT,
                    "width": WIDTH,
                    "split": "holdout" if number % 10 == 4 else "train",
                }
                write_video(folder / source / f"{row['id']}.mp4", shades(length, 2), fps)
                action = np.arange((length - 1) * 2, dtype=np.float32).reshape(-1, 2)
                np.savez(folder / source / f"{row['id']}.npz", action=action)
                rows.append(json.dumps(row) + "\n")
        (folder / f"{source}.jsonl").write_text("".join(rows))
        return folder

    return write


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory, write_robots: Write) -> Path:
    """Three embodiments with 6, 2 and 1 episodes: 5 of the first to train on, one held out."""
    folder = tmp_path_factory.mktemp("robots")
    return write_robots(folder, {"arm": [20, 30, 8, 40, 25, 12], "hand": [15, 6], "crane": [50]})


@pytest.fixture(scope="session")
def small_cache(small_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache.build(small_set, tmp_path_factory.mktemp("cache") / "small", 16)
