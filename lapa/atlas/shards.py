"""Embedding in parts, for one process, several, or a cluster; and what they made, put together.

    embedding.json       what made the parts
    part-00000.parquet   columns of Points, and in `sheet` the part's sheets of thumbnails

A part begins a sheet of its own, so that its thumbnails are drawn and packed where its frames are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lapa.atlas.embed import SIDE, Quantizer, embed
from lapa.atlas.points import Points
from lapa.atlas.store import SHEETS, TILES, points_of, sheets_of, table_of
from lapa.data import Episode, Skipped
from lapa.data.episodes import EpisodeInfo
from lapa.scale import Made, Parts, Work
from lapa.scale.parts import content
from lapa.scale.work import in_parts

ABOUT = "embedding.json"
# about as many as fill a sheet of thumbnails, and lost at most when a run is stopped
EPISODES_A_PART = 16
SKIPPED = b"skipped"


@dataclass(frozen=True, eq=False)
class Gathered:
    """points: of all parts. skipped: episodes that could not be decoded. episodes: that gave
    points."""

    points: Points
    skipped: tuple[Skipped, ...]
    episodes: int


def embedding(
    load: Callable[[], Quantizer], episodes: Sequence[Episode], *, thin: int = 3, side: int = SIDE
) -> Work:
    """The work of embedding episodes.

    Args:
        load: opens the quantizer, in each process anew. thin, side: as of `embed`.
    """
    chosen = [
        [episodes[at] for at in numbers] for numbers in in_parts(len(episodes), EPISODES_A_PART)
    ]
    return Work(
        parts=[[episode.id for episode in own] for own in chosen],
        task=chosen.__getitem__,
        open=partial(_open, load, thin, side),
    )


def parts_in(
    folder: Path, episodes: Sequence[Episode], about: Mapping[str, Any], *, side: int = SIDE
) -> Parts:
    """The folder of that work's parts. about: what else decides what is in them.

    Raises:
        ValueError: it holds parts of other episodes, or made otherwise.
    """
    hashed = hashlib.sha256()
    for episode in episodes:
        own = [str(getattr(episode, each.name)) for each in fields(EpisodeInfo)]
        hashed.update("\0".join([*own, episode.part, "\n"]).encode())
    return Parts(folder, ABOUT, {**about, "side": side, "data": hashed.hexdigest()[:32]})


def gather(parts: Parts) -> Gathered:
    """The points of all parts, thumbnails numbered as `put_sheets` lays them out.

    Raises:
        ValueError: there is no frame pair, or a part is damaged.
    """
    found: list[Points] = []
    skipped: list[Skipped] = []
    sheets = episodes = 0
    for path in parts.there():
        table = _read(path)
        skipped += [Skipped(*each) for each in json.loads(table.schema.metadata[SKIPPED])]
        if len(table):
            points, before = points_of(table), sheets * TILES**2
            moved = {name: getattr(points, name) + before for name in ("first", "second")}
            found.append(replace(points, **moved))
            episodes += len(set(points.clip.tolist()))
            sheets += len(table["sheet"].drop_null())
    if not found:
        raise ValueError("There is no frame pair: every episode is shorter than its gap.")
    return Gathered(Points.join(found), tuple(skipped), episodes)


def put_sheets(parts: Parts, out: Path) -> None:
    """Write the sheets of thumbnails of all parts into `out`, in the place of those there."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("thumbnails-*.webp"):
        old.unlink()
    columns = (_read(path, ["sheet"])["sheet"].drop_null() for path in parts.there())
    sheets = (sheet for column in columns for sheet in column.to_pylist())
    for number, sheet in enumerate(sheets):
        (out / SHEETS.format(number)).write_bytes(sheet)


def _open(load: Callable[[], Quantizer], thin: int, side: int) -> Callable[[Any], Made]:
    return partial(_make, load(), thin, side)


def _make(quantizer: Quantizer, thin: int, side: int, episodes: Sequence[Episode]) -> Made:
    """A part; an episode that cannot be decoded costs no other."""
    import pyarrow as pa

    points: list[Points] = []
    thumbnails: list[np.ndarray] = []
    skipped: list[Skipped] = []
    before = 0
    for episode in episodes:
        try:
            found = next(embed(quantizer, [episode], thin=thin, side=side), None)
        except (ValueError, OSError) as error:
            skipped.append(Skipped(episode.id, str(error)))
            continue
        if found is None:
            continue
        own = found.points
        points.append(replace(own, first=own.first + before, second=own.second + before))
        thumbnails.append(found.thumbnails)
        before += len(found.thumbnails)
    count = sum(map(len, points))
    sheets = sheets_of(np.concatenate(thumbnails)) if points else []
    # there are at least as many pairs as sheets
    column = pa.array([*sheets, *[None] * (count - len(sheets))], pa.binary())
    table = table_of(Points.join(points)) if points else pa.table({})
    header = {SKIPPED: json.dumps([[each.name, each.reason] for each in skipped]).encode()}
    header |= {key: value for key, value in (table.schema.metadata or {}).items()}
    whole = content(table.append_column("sheet", column), [e.id for e in episodes], header)
    return Made(whole, count, tuple(f"skipped {each}" for each in skipped))


def _read(path: Path, columns: list[str] | None = None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{path.name} is damaged ({error}): delete it, and run the same command again"
        ) from error
