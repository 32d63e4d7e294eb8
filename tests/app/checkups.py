"""A stand-in for lapa's checkup, with two questions, that goes on only when a test lets it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.app.conftest import BOOK, GAP, LENGTH, SIZE

PATIENCE = 20.0
CONFIG = SimpleNamespace(image_size=SIZE, code_length=LENGTH, codebook_size=BOOK, gap_seconds=GAP)
QUESTIONS = ("Are all codes used?", "Is the future smuggled through?")


class BatchQuantizer:
    """Encodes brightness; takes batches (B, ...) as the measures do, and notes their sizes."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(**vars(CONFIG), quant_dim=2)
        self.sizes: list[int] = []
        self.threads: set[str] = set()

    def parameters(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(numel=lambda: 1234)]

    def resize(self, frames: np.ndarray, *, size: int | None = None) -> np.ndarray:
        shape = (*frames.shape[:-3], size or SIZE, size or SIZE, 3)
        return np.broadcast_to(frames[..., :1, :1, :], shape).copy()

    def encode(self, frames: np.ndarray, futures: np.ndarray) -> np.ndarray:
        self._seen(frames)
        change = (futures.astype(int) - frames).mean((-3, -2, -1))
        return np.repeat(np.clip(change, 0, BOOK - 1).astype(int)[..., None], LENGTH, -1)

    latent = encode

    def prepare(self, frames: np.ndarray, *, size: int | None = None) -> np.ndarray:
        return frames if size is None else self.resize(frames, size=size)

    def join(self, scenes: list[np.ndarray]) -> np.ndarray:
        return np.stack(scenes)

    def decode(self, scenes: np.ndarray, codes: np.ndarray) -> np.ndarray:
        self._seen(scenes)
        return (scenes + codes[..., 0][..., None, None, None]).astype(np.uint8)

    def _seen(self, frames: np.ndarray) -> None:
        self.sizes.append(len(frames) if frames.ndim == 4 else 1)
        self.threads.add(threading.current_thread().name)


class FakeInstrument:
    """`go`: set while examinations may pass their second step. `examined`: how many began."""

    def __init__(self, *, waits: bool = False, broken: Exception | None = None) -> None:
        self.go = threading.Event()
        if not waits:
            self.go.set()
        self.began = threading.Event()
        self.broken = broken
        self.examined = 0
        self.footage: list[Any] = []
        self.ended: list[str] = []

    def inspect(self, path: Path) -> tuple[Any, int]:
        """A checkpoint of ours with {"wrong": sentence} in its config is refused."""
        file = path / "config.json" if path.is_dir() else path
        text = file.read_bytes()
        if b"crash" in text:
            raise KeyError("crash")
        if b"wrong" in text:
            raise ValueError(f"{file} says {json.loads(text)['wrong']}")
        return CONFIG, 77

    def speed(self, turns: Any) -> float:
        return 2.0

    def workload(self, sample: Any) -> float:
        return sample.pairs / 100

    def activities(self) -> dict[str, str]:
        return {"frame pairs": "Encoding and imagining every frame pair"}

    def examine(self, turns: Any, footage: Sequence[Any], sample: Any) -> Iterator[Any]:
        self.examined += 1
        self.footage = list(footage)
        try:
            frames = np.stack([each.frames[0] for each in footage])
            turns.encode(frames, frames)
            yield stage("frame pairs", 1, 2, 4.0)
            self.began.set()
            while not self.go.wait(0.01):
                yield stage("frame pairs", 1, 2, 4.0)
            if self.broken:
                raise self.broken
            yield stage("done", 1, 1, 0.0, report="found")
        finally:
            self.ended.append("ended")

    def report(self, found: Any, *, seconds: float, checkpoint: str, data: str, notes: Any) -> Any:
        assert found == "found"
        findings = tuple(finding(question, "good") for question in QUESTIONS)
        return SimpleNamespace(
            title=f"Checkup of {checkpoint}", checkpoint=checkpoint, data=data, notes=tuple(notes),
            pairs=12, episodes=3, embodiments=("red-arm",), seconds=seconds, findings=findings,
            cards=cards(findings),
        )  # fmt: skip

    def measured(self, results: Path, name: str, model: Any) -> Any:
        if not results.is_file():
            return None
        findings = tuple(finding(question, "fair") for question in QUESTIONS)
        record = {"command": "python -m lapa checkup", "pairs": 40}
        return SimpleNamespace(
            command=record["command"], pairs=40, episodes=4, findings=findings,
            cards=cards(findings), as_json=lambda: record,
            as_report=lambda: SimpleNamespace(checkpoint=name, pairs=40),
        )  # fmt: skip

    def differences(self, report: Any, other: Any) -> Sequence[Any]:
        return [
            SimpleNamespace(
                key="use", verdict="better", sure=True, words="better", change="+1", same_data=True
            )  # fmt: skip
        ]

    def gauge(self, finding: Any) -> str:
        return "<svg></svg>"

    def as_json(self, report: Any) -> dict[str, Any]:
        return {"checkpoint": report.checkpoint, "pairs": report.pairs}

    def page(self, *reports: Any) -> str:
        return "<!doctype html>" + " and ".join(each.checkpoint for each in reports)


def stage(name: str, done: int, total: int, left: float | None, report: Any = None) -> Any:
    return SimpleNamespace(name=name, done=done, total=total, seconds_left=left, report=report)


def finding(question: str, verdict: str) -> SimpleNamespace:
    return SimpleNamespace(
        key="use" if "codes" in question else "leak", question=question, verdict=verdict,
        value=8.0, low=float("nan"), high=float("nan"), name="Figure", figure="8 of 8 (7 to 8)",
        sentence="All of them.", reference="All.", explanation="One. Two.",
        picture="<svg></svg>", decides=True,
    )  # fmt: skip


def cards(findings: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        SimpleNamespace(
            question=each.question,
            verdict=each.verdict,
            telling=each,
            anchor=each.key,
            findings=(each,),
        )  # fmt: skip
        for each in findings
    )


def write_two_networks(path: Path) -> None:
    """An official file whose weights fit 128 px with 4 codes and 256 px with 16 codes."""
    import torch

    from lapa.models.config import LAQConfig
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.official.laq import to_official

    network = LatentActionQuantizer(
        LAQConfig(
            image_size=128, patch_size=16, dim=32, heads=2, dim_head=16, spatial_depth=1,
            temporal_depth=1, decoder_depth=1, quant_dim=8,
        )
    )  # fmt: skip
    torch.save(to_official(network.state_dict()), path)
