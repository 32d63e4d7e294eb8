"""An atlas on disk: one parquet with a row a pair, and sheets of thumbnails.

    atlas.parquet         columns of Points, coordinates, and in its header what was measured
    thumbnails-00.webp    TILES x TILES thumbnails each, in their order

Reading needs pyarrow and Pillow only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lapa.evaluation.atlas.points import Points

TABLE, SHEETS = "atlas.parquet", "thumbnails-{:02d}.webp"
TILES, QUALITY = 32, 62
WORDS = ("clip", "embodiment", "task", "instruction", "split")
VECTORS = ("codes", "latent", "motion", "centre", "displacement")
# kept at half precision: a place on a map or a latent needs no more
HALVES = ("latent", "motion", "centre", "displacement")


@dataclass(frozen=True, eq=False)
class Atlas:
    """maps: coordinates (N, 2 or 3) float32 by name, such as umap2, umap3, pca2, pca3. about:
    JSON-able: command, model, code length and codebook size, how the maps were made, quality,
    usage."""

    points: Points
    maps: Mapping[str, np.ndarray]
    about: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.points)


class Thumbnails:
    """Writes thumbnails sheet by sheet as they come; memory holds one sheet."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._sheet, self._kept = Path(folder), 0, []
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("thumbnails-*.webp"):
            old.unlink()

    def add(self, images: np.ndarray) -> None:
        """The next thumbnails, (M, side, side, 3) uint8."""
        for image in images:
            self._kept.append(image)
            if len(self._kept) == TILES**2:
                self.close()

    def close(self) -> None:
        """Write what is left."""
        if not self._kept:
            return
        side = len(self._kept[0])
        rows = -(-len(self._kept) // TILES)
        sheet = np.zeros((rows * side, TILES * side, 3), np.uint8)
        for place, image in enumerate(self._kept):
            top, left = divmod(place, TILES)
            sheet[top * side : (top + 1) * side, left * side : (left + 1) * side] = image
        path = self._folder / SHEETS.format(self._sheet)
        Image.fromarray(sheet).save(path, "WEBP", quality=QUALITY, method=4)
        self._sheet, self._kept = self._sheet + 1, []


def write_atlas(folder: Path, atlas: Atlas) -> Path:
    """The table; its thumbnails are written by `Thumbnails`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {}
    for name in (each.name for each in fields(Points)):
        column = getattr(atlas.points, name)
        if name in WORDS:
            columns[name] = pa.array(column.tolist(), pa.string()).dictionary_encode()
        elif name in VECTORS:
            columns[name] = _fixed(column, np.float16 if name in HALVES else column.dtype)
        else:
            columns[name] = pa.array(column)
    columns |= {f"map_{name}": _fixed(each, np.float32) for name, each in atlas.maps.items()}
    shapes = {name: list(getattr(atlas.points, name).shape[1:]) for name in VECTORS}
    about = {b"atlas": json.dumps({**atlas.about, "shapes": shapes}).encode()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / TABLE
    table = pa.table(columns).replace_schema_metadata(about)
    pq.write_table(table, path, compression="zstd", compression_level=15)
    return path


def read_atlas(folder: Path) -> Atlas:
    """The atlas that `write_atlas` left in a folder.

    Raises:
        FileNotFoundError: there is none. ValueError: the table is damaged or none of an atlas.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / TABLE
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; `python -m lapa atlas` makes it")
    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[b"atlas"])
        shapes, kept = about.pop("shapes"), {}
        for name in (each.name for each in fields(Points)):
            kept[name] = _column(table[name], shapes.get(name))
        maps = {
            name.removeprefix("map_"): _column(table[name], [-1]).astype(np.float32)
            for name in table.column_names
            if name.startswith("map_")
        }
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged or no atlas ({error})") from error
    return Atlas(Points(**kept), maps, about)


def sheet_of(number: int) -> tuple[str, int, int]:
    """The file of a thumbnail, and its column and row in it, in tiles."""
    sheet, place = divmod(int(number), TILES**2)
    row, column = divmod(place, TILES)
    return SHEETS.format(sheet), column, row


def _fixed(column: np.ndarray, kind: Any) -> Any:
    """(N, …) as a column of lists of one length."""
    import pyarrow as pa

    flat = np.ascontiguousarray(column.reshape(len(column), -1), kind)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])


def _column(column: Any, shape: Iterable[int] | None) -> np.ndarray:
    import pyarrow as pa

    column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0)
    if shape is not None:
        values = column.values.to_numpy(zero_copy_only=False)
        values = values.reshape(len(column), *shape)
        return values.astype(np.float32) if values.dtype == np.float16 else values
    if pa.types.is_dictionary(column.type):
        words = np.array(column.dictionary.to_pylist())
        return words[column.indices.to_numpy(zero_copy_only=False)]
    return column.to_numpy(zero_copy_only=False)
