"""`export_model`: a quantizer as three ONNX graphs and a model.json, held to what torch gives.

`lapa/web_export/browser/model.js` reads what is written here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lapa.files import checksum, replacing, write_text
from lapa.web_export.graphs import PRECISIONS

if TYPE_CHECKING:
    from lapa.models.quantizer import LatentActionQuantizer

# grey levels that a picture may be away from the one that torch gives; nobody sees them
LEVELS = 2
# of model.json; a page that reads another one says so
FORMAT = 1
NEEDED = ("onnx", "onnxscript", "onnxruntime")

Pairs = Sequence[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class ModelFiles:
    """What was written: the folder, the names in it, their bytes together, and the grey levels that
    the worst of the compared pictures is away from torch's."""

    folder: Path
    names: tuple[str, ...]
    bytes: int
    levels: int


def export_model(
    laq: LatentActionQuantizer,
    folder: str | Path,
    *,
    name: str,
    precision: str = "float16",
    embodiments: Sequence[str] = (),
    pairs: Pairs | None = None,
) -> ModelFiles:
    """Write prepare.onnx, decode.onnx, encode.onnx and model.json into `folder`.

    Before anything is written the graphs run in onnxruntime: the codes of `pairs` must be those of
    `laq`, and every value of every position a picture within LEVELS grey levels of its own.

    Args:
        name: of the model, as the page shows it. embodiments: that it has learned.
        precision: how weights are stored, "float32", "float16" or "int8"; all compute in float32.
        pairs: frames (H, W, 3) uint8 and their futures to compare on; by default patterns that
            move. Give it frames of the clips that the page shows.

    Raises:
        ValueError: another precision, or pictures or codes that differ too much.
        RuntimeError: onnx, onnxscript or onnxruntime is not installed.
        OSError: the folder cannot be written to.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; accepted are {', '.join(PRECISIONS)}")
    _check_packages()
    plain = copy.deepcopy(laq).cpu().float().eval().requires_grad_(False)
    graphs = _graphs(plain, precision)
    levels = _compare(plain, graphs, pairs or patterns(plain.config.image_size), name, precision)
    folder = Path(folder)
    for graph in graphs:
        with replacing(folder / graph.file) as draft:
            draft.write_bytes(graph.data)
    about = _describe(plain, graphs, folder, name, precision, embodiments)
    write_text(folder / "model.json", json.dumps(about, indent=1) + "\n")
    names = (*(graph.file for graph in graphs), "model.json")
    total = sum((folder / each).stat().st_size for each in names)
    return ModelFiles(folder, names, total, levels)


@dataclass(frozen=True)
class _Graph:
    """A graph's name, its bytes, and the names of what goes in and comes out."""

    name: str
    data: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"


def _check_packages() -> None:
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise RuntimeError(
            f"exporting for the web needs {', '.join(missing)}, which is not installed: "
            "pip install '.[web]'"
        )


def _graphs(laq: LatentActionQuantizer, precision: str) -> list[_Graph]:
    import torch

    from lapa.web_export.graphs import to_onnx
    from lapa.web_export.network import Decode, Encode, Prepare, encoder_names, skip_names

    c = laq.config
    prepare, decode = Prepare(laq), Decode(laq)
    frame = torch.zeros(1, 3, c.image_size, c.image_size)
    made = dict(zip(prepare.names, prepare(frame), strict=True))
    codes = torch.zeros(1, c.code_length, dtype=torch.int32)
    pressed = {"codes": codes} | {key: made[key] for key in ("start", *skip_names(laq))}
    # the same tensor twice would be one input
    pair = {f"{key}_{of}": made[key].clone() for of in ("t", "next") for key in encoder_names(laq)}
    return [
        _Graph(name, to_onnx(module, inputs, outputs, precision), tuple(inputs), tuple(outputs))
        for name, module, inputs, outputs in (
            ("prepare", prepare, {"frame": frame}, prepare.names),
            ("decode", decode, pressed, decode.names),
            ("encode", Encode(laq), pair, Encode.names),
        )
    ]


def patterns(size: int, count: int = 4) -> Pairs:
    """Frames (size, size, 3) uint8 with a square that moves over a smooth ground, and its futures;
    the same ones every time."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    pairs = []
    for _ in range(count):
        waves = np.sin(6 * x[..., None] + generator.uniform(0, 6, 3))
        ground = (128 + 80 * waves + 30 * y[..., None]).clip(0, 255)
        at = generator.integers(size // 8, size // 2, 2)
        both = []
        for row, column in (at, at + generator.integers(-size // 8, size // 8, 2)):
            picture = ground.copy()
            picture[row : row + size // 4, column : column + size // 4] = (200, 60, 40)
            both.append(picture.astype(np.uint8))
        pairs.append((both[0], both[1]))
    return pairs


def _compare(
    laq: LatentActionQuantizer, graphs: list[_Graph], pairs: Pairs, name: str, precision: str
) -> int:
    """The greatest difference of a picture in grey levels.

    Raises:
        ValueError: it is more than LEVELS, or codes differ.
    """
    from lapa.web_export.native import NativeModel

    native = NativeModel(laq, {graph.name: graph.data for graph in graphs})
    other = "choose float16 or float32" if precision == "int8" else "choose float32"
    other = f"; {other}" if precision != "float32" else ""
    worst = 0
    for frame, future in pairs:
        first, last = native.prepare(frame), native.prepare(future)
        codes, wanted = native.encode(first, last), laq.encode(frame, future)
        if codes.tolist() != wanted.tolist():
            raise ValueError(
                f"{name} in {precision} encodes a pair as {codes.tolist()}, its own codes are "
                f"{wanted.tolist()}{other}"
            )
        scene = laq.prepare(frame)
        for position in range(laq.config.code_length):
            every = laq.sweep(scene, wanted, position=position).astype(int)
            for code, picture in enumerate(every):
                row = wanted.copy()
                row[position] = code
                worst = max(worst, int(np.abs(native.decode(first, row) - picture).max()))
    if worst > LEVELS:
        raise ValueError(
            f"{name} in {precision} gives pictures up to {worst} grey levels away from its own; "
            f"accepted are {LEVELS}{other}"
        )
    return worst


def _describe(
    laq: LatentActionQuantizer,
    graphs: list[_Graph],
    folder: Path,
    name: str,
    precision: str,
    embodiments: Sequence[str],
) -> dict[str, Any]:
    """model.json."""
    c = laq.config
    return {
        "format": FORMAT,
        "name": name,
        "image_size": c.image_size,
        "code_length": c.code_length,
        "codebook_size": c.codebook_size,
        "gap_seconds": c.gap_seconds,
        "embodiments": list(embodiments),
        "head": c.head,
        "precision": precision,
        "graphs": {
            graph.name: {
                "file": graph.file,
                "bytes": len(graph.data),
                "sha256": checksum(folder / graph.file),
                "inputs": list(graph.inputs),
                "outputs": list(graph.outputs),
            }
            for graph in graphs
        },
    }
