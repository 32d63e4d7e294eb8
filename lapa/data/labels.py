"""Labels: the latent action of every frame pair of a data set, as a folder of parquet files.

    labels.json          what made them
    part-00000.parquet   episode, t, gap_frames, codes; whole episodes, written whole

`lapa.scale` makes them, in one process or several; `datasets` and pandas read them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lapa.scale.parts import content, part_files, read_about

ABOUT = "labels.json"
COLUMNS = ["episode", "t", "gap_frames", "codes"]


@dataclass(frozen=True, eq=False)
class Labels:
    """The codes of N frame pairs.

    Attributes:
        about: code_length, codebook_size, gap_seconds, and the cache's fingerprint.
        episode: N ids. t: (N,) int64, the first frame. gap_frames: (N,) int64.
        codes: (N, S) int64.
    """

    about: Mapping[str, Any]
    episode: tuple[str, ...]
    t: np.ndarray
    gap_frames: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def open(cls, folder: str | Path) -> Labels:
        """Read finished labels.

        Raises:
            FileNotFoundError: none there. ValueError: unfinished or damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = Path(folder)
        about = read_about(folder, ABOUT)
        if about is None:
            raise FileNotFoundError(f"there are no labels in {folder}")
        if not about.get("complete"):
            raise ValueError(f"the labels in {folder} are unfinished: run the same command again")
        try:
            tables = [pq.read_table(path, columns=COLUMNS) for path in part_files(folder)]
            table = pa.concat_tables([each.replace_schema_metadata() for each in tables])
            codes = np.array(table["codes"].to_pylist(), np.int64)
        except (pa.ArrowException, KeyError, OSError, ValueError) as error:
            raise ValueError(f"the labels in {folder} are damaged: {error}") from error
        return cls(
            about,
            tuple(table["episode"].to_pylist()),
            table["t"].to_numpy().astype(np.int64),
            table["gap_frames"].to_numpy().astype(np.int64),
            codes,
        )


def part(
    episodes: Sequence[str],
    lengths: Sequence[int],
    t: np.ndarray,
    gap_frames: np.ndarray,
    codes: np.ndarray,
) -> bytes:
    """The content of a part's file.

    Args:
        episodes, lengths: ids of whole episodes, and how many of the rows are each one's.
        t, gap_frames: (N,), codes: (N, S); whole numbers.
    """
    import pyarrow as pa

    columns = [
        np.repeat(np.array(episodes, object), lengths).tolist(),
        pa.array(t, pa.int32()),
        pa.array(gap_frames, pa.int16()),
        pa.array(list(np.asarray(codes)), pa.list_(pa.int16())),
    ]
    return content(pa.table(columns, names=COLUMNS), episodes)
