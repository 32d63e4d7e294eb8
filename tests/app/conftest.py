"""A small quantizer and a few clips with the public API of the real ones, for fast tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from app.core.limits import Limits
from app.explorer import Explorer
from tests.conftest import patient_launches

SIZE, LENGTH, BOOK, GAP = 32, 4, 8, 0.5


@pytest.fixture(autouse=True, scope="session")
def patient() -> Iterator[None]:
    """Pages that are launched here have a minute to start."""
    with patient_launches():
        yield


class SmallQuantizer:
    """Brightness is the action: code 0 of every position leaves the frame as it is.

    encode: the change of mean brightness of the four quarters, in steps of 8 levels.
    decode: adds those steps back. Counts its calls, and notes if two ever run at once.
    """

    def __init__(self) -> None:
        self.config = SimpleNamespace(
            image_size=SIZE, code_length=LENGTH, codebook_size=BOOK, quant_dim=2, gap_seconds=GAP
        )
        self.calls: list[str] = []
        self.threads: set[str] = set()
        self.overlapped = False
        self._busy = threading.Lock()

    def parameters(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(numel=lambda: 1234)]

    def resize(self, frame: np.ndarray, *, size: int | None = None) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.resize(each, size=size) for each in frame])
        with self._alone("resize" if size is None else "show"):
            assert frame.dtype == np.uint8 and frame.ndim == 3 and frame.flags.writeable
            side = size or SIZE
            image = Image.fromarray(frame).resize((side, side), Image.Resampling.BOX)
            return np.array(image)

    def prepare(self, frame: np.ndarray, *, size: int | None = None) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.prepare(each, size=size) for each in frame])
        with self._alone("prepare"):
            side = size or SIZE
            image = Image.fromarray(frame).resize((side, side), Image.Resampling.BOX)
            return np.array(image)

    def join(self, scenes: list[np.ndarray]) -> np.ndarray:
        self.calls.append(f"join {len(scenes)}")
        return np.stack(scenes)

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.latent(*each) for each in zip(frame, future, strict=True)])
        with self._alone("latent"):
            change = future.astype(np.float32) - frame
            means = [quarter.mean() / 8 for quarter in quarters(change)]
            return np.stack([means, means], 1).astype(np.float32)

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.encode(*each) for each in zip(frame, future, strict=True)])
        steps = self.latent(frame, future)[:, 0]
        with self._alone("encode"):
            return np.clip(np.round(steps), 0, BOOK - 1).astype(np.int64)

    def decode(
        self, scene: np.ndarray, codes: np.ndarray, *, size: int | None = None
    ) -> np.ndarray:
        assert size is None or scene.shape[-3:] == (size, size, 3)
        if scene.ndim == 4:
            scenes = np.broadcast_to(scene, (len(codes), *scene.shape[1:]))
            return np.stack([self.decode(*each) for each in zip(scenes, codes, strict=True)])
        with self._alone("decode"):
            return self._moved(scene, codes)

    def sweep(self, scene: np.ndarray, codes: np.ndarray, *, position: int) -> np.ndarray:
        with self._alone("sweep"):
            rows = np.repeat(np.asarray(codes)[None], BOOK, 0)
            rows[:, position] = np.arange(BOOK)
            return np.stack([self._moved(scene, row) for row in rows])

    def _moved(self, scene: np.ndarray, codes: np.ndarray) -> np.ndarray:
        image = scene.astype(np.int16)
        for quarter, code in zip(quarters(image), codes, strict=True):
            quarter += 8 * int(code)
        return np.clip(image, 0, 255).astype(np.uint8)

    def _alone(self, call: str) -> Alone:
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)
        return Alone(self)


@dataclass
class Alone:
    """Notes if the quantizer is used by two threads at once."""

    quantizer: SmallQuantizer
    got: bool = field(default=False)

    def __enter__(self) -> None:
        self.got = self.quantizer._busy.acquire(blocking=False)
        self.quantizer.overlapped |= not self.got
        time.sleep(0.0005)

    def __exit__(self, *error: object) -> None:
        if self.got:
            self.quantizer._busy.release()


def quarters(image: np.ndarray) -> list[np.ndarray]:
    """Views of the four quarters of an (h, w, 3) image."""
    half = len(image) // 2
    return [image[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]


class Recording:
    """An episode as `lapa.data` gives it: each frame is 8 levels brighter for two frames."""

    def __init__(self, clip_id: str, embodiment: str, task: str, fps: float, count: int) -> None:
        self.id, self.embodiment, self.task, self.fps = clip_id, embodiment, task, fps
        self.source, self.instruction, self.split = "small", f"{task} the cube", "holdout"
        self.height, self.width, self.length = 48, 64, count
        self.decoded = 0
        self.actions, self.action_names = None, ()

    @property
    def frames(self) -> np.ndarray:
        self.decoded += 1
        brightness = 40 + 4 * np.arange(self.length) % 160
        shape = (self.length, self.height, self.width, 3)
        return np.broadcast_to(brightness[:, None, None, None], shape).astype(np.uint8)


def recordings() -> list[Recording]:
    """Two robots, three tasks; gap 0.5 s is 5 frames at 10 fps and 3 at 5 fps."""
    return [
        Recording("red-push-0", "red-arm", "push", 10, 20),
        Recording("red-lift-0", "red-arm", "lift", 10, 12),
        Recording("blue-push-0", "blue-arm", "push", 5, 9),
    ]


def write_checkpoint(parent: Path) -> Path:
    folder = parent / "checkpoints" / "small"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Small quantizer\ntext")
    return folder


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder with one checkpoint named `small`."""
    return write_checkpoint(tmp_path)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Explorer]:
    """As `make_explorer`, for a server that lives through many tests."""
    parent = tmp_path_factory.mktemp("world")
    folder = write_checkpoint(parent)

    def make(*, load=None, instrument=None, limits: Limits | None = None) -> Explorer:
        return Explorer(
            folder.parent,
            parent,
            load=load or (lambda folder: SmallQuantizer()),
            read=lambda folder: (recordings(), None),
            instrument=instrument,
            limits=limits or Limits(),
        )

    return make


@pytest.fixture
def quantizer() -> SmallQuantizer:
    return SmallQuantizer()


@pytest.fixture
def small_clips() -> list[Recording]:
    return recordings()


@pytest.fixture
def make_explorer(
    tmp_path: Path, checkpoint: Path, quantizer: SmallQuantizer
) -> Callable[..., Explorer]:
    """Makes services over the small quantizer and clips; arguments replace parts of it."""
    clips = tmp_path / "clips"
    clips.mkdir()

    def make(limits: Limits | None = None, *, load=None, read=None, instrument=None) -> Explorer:
        return Explorer(
            checkpoint.parent,
            clips,
            limits,
            load=load or (lambda folder: quantizer),
            read=read or (lambda folder: (recordings(), None)),
            instrument=instrument,
        )

    return make


@pytest.fixture
def explorer(make_explorer: Callable[..., Explorer]) -> Explorer:
    return make_explorer()


@pytest.fixture
def write_usage(checkpoint: Path) -> Callable[[object], None]:
    """Writes the checkpoint's usage.json, as the checkup does."""

    def write(usage: object) -> None:
        (checkpoint / "usage.json").write_text(json.dumps(usage))

    return write


@pytest.fixture
def send_picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small grey picture, as a visitor would send it."""

    def write(name: str = "mine.png", level: int = 90, size: tuple[int, int] = (64, 48)) -> Path:
        path = tmp_path / name
        Image.new("RGB", size, (level, level, level)).save(path)
        return path

    return write


@pytest.fixture
def send_video(tmp_path: Path) -> Callable[..., Path]:
    """Writes a moving picture of `count` frames at 10 fps."""

    def write(name: str = "mine.gif", count: int = 10) -> Path:
        path = tmp_path / name
        frames = [Image.new("RGB", (64, 48), (10 + 4 * i,) * 3) for i in range(count)]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
        return path

    return write
