"""Labels: the latent action of every frame pair of a data set, as a folder of parquet files.

    labels.json          what made them
    part-00000.parquet   episode, t, gap_frames, codes; whole episodes, written whole

Parts are only added, so that a run that was stopped goes on with the next one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ABOUT = "labels.json"


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
        about = _about(folder)
        if about is None:
            raise FileNotFoundError(f"there are no labels in {folder}")
        if not about.get("complete"):
            raise ValueError(f"the labels in {folder} are unfinished: run the same command again")
        try:
            table = pa.concat_tables([pq.read_table(path) for path in sorted(_parts(folder))])
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


class LabelWriter:
    """Adds parts to a folder. about: what makes them; a folder made otherwise is refused.

    Attributes:
        done: ids of the episodes that are there.

    Raises:
        ValueError: the folder holds other labels.
    """

    def __init__(self, folder: str | Path, about: Mapping[str, Any]) -> None:
        self._folder, self._about = Path(folder), dict(about)
        known = _about(self._folder)
        if known is not None:
            changed = [name for name in about if known.get(name) != about[name]]
            if changed:
                raise ValueError(
                    f"{self._folder} holds other labels ({', '.join(changed)} differ): choose "
                    f"another folder"
                )
        self._folder.mkdir(parents=True, exist_ok=True)
        self.done: set[str] = set()
        for path in _parts(self._folder):
            self.done |= _episodes(path)
        self._next = len(_parts(self._folder))
        self._write_about(complete=False)

    def add(
        self,
        episode: Iterable[str],
        t: np.ndarray,
        gap_frames: np.ndarray,
        codes: np.ndarray,
    ) -> None:
        """Write a part: whole episodes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        episode = list(episode)
        table = pa.table(
            {
                "episode": episode,
                "t": pa.array(t, pa.int32()),
                "gap_frames": pa.array(gap_frames, pa.int16()),
                "codes": pa.array(list(np.asarray(codes)), pa.list_(pa.int16())),
            }
        )
        target = self._folder / f"part-{self._next:05d}.parquet"
        partial = target.with_suffix(".writing")
        pq.write_table(table, partial)
        os.replace(partial, target)
        self._next += 1
        self.done |= set(episode)

    def finish(self) -> None:
        """Every episode is there."""
        self._write_about(complete=True)

    def _write_about(self, *, complete: bool) -> None:
        told = json.dumps({**self._about, "complete": complete}, indent=1) + "\n"
        (self._folder / ABOUT).write_text(told, encoding="utf-8")


def _parts(folder: Path) -> list[Path]:
    return list(folder.glob("part-*.parquet"))


def _episodes(path: Path) -> set[str]:
    import pyarrow.parquet as pq

    return set(pq.read_table(path, columns=["episode"])["episode"].to_pylist())


def _about(folder: Path) -> dict[str, Any] | None:
    path = folder / ABOUT
    if not path.is_file():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is not valid JSON") from error
