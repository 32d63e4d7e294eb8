"""Writes TFRecord sets as TensorFlow Datasets does, by hand: nothing here is shared with what reads
them, the checksum least of all."""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Value = list[bytes] | np.ndarray
Example = Mapping[str, Value]


def crc32c(data: bytes) -> int:
    """The checksum by its definition, bit by bit: reflected, polynomial 0x82F63B78."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def example(values: Example) -> bytes:
    """A tf.train.Example; integers and floats are packed, as TensorFlow writes them."""
    entries = b""
    for name, value in values.items():
        if isinstance(value, list):
            lists = field(1, b"".join(field(1, each) for each in value))
        elif value.dtype.kind == "f":
            lists = field(2, field(1, value.astype("<f4").tobytes()))
        else:
            lists = field(3, field(1, b"".join(varint(int(each)) for each in value.ravel())))
        entries += field(1, field(1, name.encode()) + field(2, lists))
    return field(1, entries)


def png(frame: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG")
    return data.getvalue()


def image(height: int = 8, width: int = 12) -> dict[str, Any]:
    """The description of a camera in features.json."""
    shape = {"dimensions": [str(height), str(width), "3"]}
    return {"image": {"shape": shape, "dtype": "uint8", "encodingFormat": "png"}}


def tensor(*shape: int, dtype: str = "float32", encoding: str = "none") -> dict[str, Any]:
    sizes = {"dimensions": [str(size) for size in shape]} if shape else {}
    return {"tensor": {"shape": sizes, "dtype": dtype, "encoding": encoding}}


def text() -> dict[str, Any]:
    return {"text": {}}


def group(**features: Any) -> dict[str, Any]:
    return {"featuresDict": {"features": features}}


def sequence(feature: Mapping[str, Any]) -> dict[str, Any]:
    return {"sequence": {"feature": feature, "length": "-1"}}


STEPS = group(
    observation=group(image=image(), wrist_image=image()),
    action=tensor(2),
    language_instruction=text(),
)


def steps(length: int, first: int = 0) -> dict[str, Value]:
    """An episode of `STEPS`: frame t is of the grey (first + t) * 10, its action (first, t)."""
    greys = [np.full((8, 12, 3), (first + t) * 10, np.uint8) for t in range(length)]
    return {
        "steps/observation/image": [png(grey) for grey in greys],
        "steps/observation/wrist_image": [png(255 - grey) for grey in greys],
        "steps/action": np.array([[first, t] for t in range(length)], np.float32),
        "steps/language_instruction": [f"do {first}".encode()] * length,
    }


def write_set(
    folder: Path,
    examples: Mapping[str, Sequence[Example]],
    features: Mapping[str, Any] = STEPS,
    *,
    name: str = "viola",
    compressed: bool = False,
) -> Path:
    """A version of a set; examples: by split. Returns its folder."""
    version = folder / name / "1.0.0"
    version.mkdir(parents=True)
    about = group(steps=sequence(features), episode_metadata=group(file_path=text()))
    (version / "features.json").write_text(json.dumps(about))
    splits = [{"name": s, "shardLengths": [str(len(own))]} for s, own in examples.items()]
    (version / "dataset_info.json").write_text(json.dumps({"name": name, "splits": splits}))
    for split, own in examples.items():
        data = b"".join(record(example(each)) for each in own)
        file = version / f"{name}-{split}.tfrecord-00000-of-00001"
        file.write_bytes(gzip.compress(data) if compressed else data)
    return version


def file_of(version: Path, split: str = "train") -> Path:
    return next(version.glob(f"*-{split}.tfrecord-*"))
