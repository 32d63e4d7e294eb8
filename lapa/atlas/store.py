"""An atlas on disk: one parquet with a row a pair, and sheets of thumbnails.

    atlas.parquet         columns of Points, coordinates, and in its header what was measured
    thumbnails-00.webp    TILES x TILES thumbnails each, in their order

Reading needs pyarrow and Pillow only.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lapa.atlas.points import Points
from lapa.files import replacing

TABLE, SHEETS = "atlas.parquet", "thumbnails-{:02d}.webp"
TILES, QUALITY = 32, 62
WORDS = ("clip", "embodiment", "task", "instruction", "split")
VECTORS = ("codes", "latent", "motion", "centre", "displacement")
ATLAS, SHAPES = b"atlas", b"shapes"
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


def sheets_of(images: np.ndarray) -> list[bytes]:
    """Thumbnails (M, side, side, 3) uint8 in their order, TILES x TILES a sheet, as WebP; the last
    sheet has no more rows than it needs."""
    side, sheets = images.shape[1], []
    for first in range(0, len(images), TILES**2):
        own = images[first : first + TILES**2]
        sheet = np.zeros((-(-len(own) // TILES) * side, TILES * side, 3), np.uint8)
        for place, image in enumerate(own):
            top, left = divmod(place, TILES)
            sheet[top * side : (top + 1) * side, left * side : (left + 1) * side] = image
        packed = io.BytesIO()
        Image.fromarray(sheet).save(packed, "WEBP", quality=QUALITY, method=4)
        sheets.append(packed.getvalue())
    return sheets


def table_of(points: Points) -> Any:
    """Points as a pyarrow table; its header has the shapes of vectors."""
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in (each.name for each in fields(Points)):
        column = getattr(points, name)
        if name in WORDS:
            columns[name] = pa.array(column.tolist(), pa.string()).dictionary_encode()
        elif name in VECTORS:
            columns[name] = _fixed(column, np.float16 if name in HALVES else column.dtype)
        else:
            columns[name] = pa.array(column)
    shapes = {name: list(getattr(points, name).shape[1:]) for name in VECTORS}
    return pa.table(columns).replace_schema_metadata({SHAPES: json.dumps(shapes).encode()})


def points_of(table: Any) -> Points:
    """What `table_of` made a table of, and perhaps more columns."""
    shapes = json.loads(table.schema.metadata[SHAPES])
    names = (each.name for each in fields(Points))
    return Points(**{name: _column(table[name], shapes.get(name)) for name in names})


def write_atlas(folder: Path, atlas: Atlas) -> Path:
    """The table, whole or not at all; its thumbnails lie there already (`shards.put_sheets`)."""
    import pyarrow.parquet as pq

    table = table_of(atlas.points)
    for name, each in atlas.maps.items():
        table = table.append_column(f"map_{name}", _fixed(each, np.float32))
    # one header, as atlases have had from the first
    about = {**atlas.about, "shapes": json.loads(table.schema.metadata[SHAPES])}
    table = table.replace_schema_metadata({ATLAS: json.dumps(about).encode()})
    path = folder / TABLE
    with replacing(path) as draft:
        pq.write_table(table, draft, compression="zstd", compression_level=15)
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
        about = json.loads(table.schema.metadata[ATLAS])
        shapes = json.dumps(about.pop("shapes")).encode()
        points = points_of(table.replace_schema_metadata({SHAPES: shapes}))
        maps: dict[str, np.ndarray] = {
            name.removeprefix("map_"): _column(table[name], [-1]).astype(np.float32)
            for name in table.column_names
            if name.startswith("map_")
        }
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged or no atlas ({error})") from error
    return Atlas(points, maps, about)


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
        flat: np.ndarray = column.values.to_numpy(zero_copy_only=False)
        values = flat.reshape(len(column), *shape)
        return values.astype(np.float32) if values.dtype == np.float16 else values
    if pa.types.is_dictionary(column.type):
        words = np.array(column.dictionary.to_pylist())
        column_words: np.ndarray = words[column.indices.to_numpy(zero_copy_only=False)]
        return column_words
    numbers: np.ndarray = column.to_numpy(zero_copy_only=False)
    return numbers
