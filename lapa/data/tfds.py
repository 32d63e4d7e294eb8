"""What TensorFlow Datasets says of a data set in features.json, and values read as it says.

A data set is a tree of features. On disk each leaf is a list under its path (`steps/action`), of
all steps after each other. A list within a step is kept as its values and how many belong to each
step: `…/ragged_flat_values` and `…/ragged_row_lengths_0`.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lapa.data.example import Values, values
from lapa.files import read_json
from lapa.media.pictures import FORMATS, upright_rgb

FLAT, LENGTHS = "ragged_flat_values", "ragged_row_lengths_0"
_COLOURS = 3
# each step's own value of a feature: an array, a text, an encoded picture, or a list of these
Rows = Sequence[Any] | np.ndarray


@dataclass(frozen=True)
class Feature:
    """A leaf of the tree.

    Attributes:
        path: `steps/observation/image`.
        kind: "image" (an encoded picture), "text", or "tensor".
        dtype: of its values, as numpy names it; "string" of texts.
        shape: of one value; -1 where any size may come.
        encoding: of a tensor: "none", "bytes" or "zlib".
        depth: how many lists it lies in; 1 is a value for each step, 2 a list for each step.
    """

    path: str
    kind: str
    dtype: str
    shape: tuple[int, ...] = ()
    encoding: str = "none"
    depth: int = 0

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_camera(self) -> bool:
        """Whether a step of it is one colour picture, or a list of them."""
        colour = len(self.shape) == 3 and self.shape[2] in (_COLOURS, -1) and self.dtype == "uint8"
        return colour and self.depth in (1, 2) and self.path.startswith("steps/")

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers of a few dimensions, one list a step."""
        return self.kind == "tensor" and self.depth >= 1 and self.dtype != "string"


def read_features(file: Path) -> dict[str, Feature]:
    """The leaves by their paths, in the order of the file.

    Raises:
        ValueError: it is no features.json of TensorFlow Datasets.
    """
    try:
        tree = read_json(file)
        found: dict[str, Feature] = {}
        _leaves(tree, "", 0, found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{file.name} is no description of features ({_words(error)})") from error
    return found


def rows(feature: Feature, example: Mapping[str, memoryview], steps: int | None = None) -> Rows:
    """A feature's values in one record: one a step, or of depth 0 one at all.

    Args:
        steps: how many there are, where it is known; a value of open size needs it.

    Returns:
        of pictures and texts a list of their bytes; of tensors (N, *shape), or a list of N arrays
        where their sizes differ.

    Raises:
        ValueError: the record lacks it, or holds other values than features.json says.
    """
    if feature.depth < 2:
        return _shaped(feature, example, feature.path, steps)
    if feature.depth > 2:
        raise ValueError(f"{feature.path} is nested {feature.depth} lists deep, 2 are accepted")
    flat = _shaped(feature, example, f"{feature.path}/{FLAT}", None)
    lengths = _values(example, f"{feature.path}/{LENGTHS}")
    if not isinstance(lengths, np.ndarray) or lengths.sum() != len(flat) or (lengths < 0).any():
        raise ValueError(f"{feature.path} says other lengths than its {len(flat)} values have")
    ends = np.cumsum(lengths)
    return [flat[end - size : end] for end, size in zip(ends, lengths, strict=True)]


def picture(feature: Feature, row: Any) -> np.ndarray:
    """The picture of one step, (H, W, 3) uint8; of a list of pictures the first.

    Raises:
        ValueError: there is none.
    """
    if feature.depth == 2:
        if not len(row):
            raise ValueError(f"{feature.path} has a step without a picture")
        row = row[0]
    if isinstance(row, np.ndarray):
        if row.ndim != 3 or row.shape[2] != _COLOURS:
            raise ValueError(f"{feature.path} holds {row.shape}, (height, width, 3) is accepted")
        return row.astype(np.uint8)
    with opened(feature, row) as image:
        try:
            return upright_rgb(image)
        except (OSError, ValueError, SyntaxError) as error:
            raise ValueError(f"{feature.path} holds a damaged picture ({error})") from error


def opened(feature: Feature, encoded: memoryview) -> Image.Image:
    """An encoded picture whose size is known and whose pixels are not yet decoded.

    Raises:
        ValueError: it is none.
    """
    try:
        return Image.open(io.BytesIO(encoded), formats=FORMATS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{feature.path} holds no picture that can be read") from error


def text(value: Any) -> str:
    """A text, from its bytes or from the numbers of its characters, padded with zeros."""
    if isinstance(value, np.ndarray):
        value = value.astype(np.uint8).tobytes()
    return bytes(value).decode("utf-8", "replace").rstrip("\0").strip()


def _leaves(node: Mapping[str, Any], path: str, depth: int, found: dict[str, Feature]) -> None:
    inside = node.get("sequence") or node.get("dataset")
    if "featuresDict" in node:
        for name, child in node["featuresDict"]["features"].items():
            _leaves(child, f"{path}/{name}" if path else name, depth, found)
    elif inside:
        _leaves(inside["feature"], path, depth + 1, found)
    elif "image" in node:
        about = node["image"]
        dtype = about.get("dtype") or "uint8"
        found[path] = Feature(path, "image", dtype, _shape(about, (-1, -1, 3)), depth=depth)
    elif "text" in node:
        found[path] = Feature(path, "text", "string", depth=depth)
    elif "tensor" in node:
        about = node["tensor"]
        kind = "text" if about["dtype"] in ("string", "object") else "tensor"
        encoding = about.get("encoding") or "none"
        found[path] = Feature(path, kind, about["dtype"], _shape(about, ()), encoding, depth)
    elif "classLabel" in node:
        found[path] = Feature(path, "tensor", "int64", depth=depth)
    elif not path:
        raise ValueError("it holds no features")


def _shape(about: Mapping[str, Any], usual: tuple[int, ...]) -> tuple[int, ...]:
    sizes = about.get("shape", {}).get("dimensions")
    return usual if sizes is None else tuple(int(size) for size in sizes)


def _values(example: Mapping[str, memoryview], path: str) -> Values:
    if path not in example:
        raise ValueError(f"lacks {path}")
    return values(example[path])


def _shaped(
    feature: Feature, example: Mapping[str, memoryview], path: str, steps: int | None
) -> Rows:
    """Values as they were before they were written one after the other."""
    if feature.kind == "tensor" and feature.encoding != "none":
        return _unpacked(feature, example, path)
    flat = _values(example, path)
    if isinstance(flat, list) != (feature.kind != "tensor"):
        came = "bytes" if isinstance(flat, list) else "numbers"
        raise ValueError(f"{path} holds {came} where features.json says {feature.dtype}")
    if isinstance(flat, list):
        return flat
    try:
        return flat.reshape(-1 if steps is None else steps, *feature.shape)
    except ValueError as error:
        raise ValueError(f"{path} holds {len(flat)} numbers, not {feature.shape} a step") from error


def _unpacked(feature: Feature, example: Mapping[str, memoryview], path: str) -> Rows:
    """Tensors that are stored as their bytes; beside those of open sizes lie their shapes."""
    open_ = feature.shape.count(-1) > 1
    packed = _values(example, f"{path}/value" if open_ else path)
    shapes = [feature.shape] * len(packed)
    if open_:
        told = np.asarray(_values(example, f"{path}/shape")).reshape(len(packed), -1)
        shapes = [tuple(int(size) for size in shape) for shape in told]
    try:
        raw = [zlib.decompress(each) if feature.encoding == "zlib" else each for each in packed]
        return [
            np.frombuffer(each, feature.dtype).reshape(shape)
            for each, shape in zip(raw, shapes, strict=True)
        ]
    except (ValueError, TypeError, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({_words(error)})") from error


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
