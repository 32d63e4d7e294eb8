"""The atlas for visitors: every point at once, the pair behind one, what codes stand for.

It is read when first asked for. Only some of its clips are here in full; of the others there are
thumbnails, and what is imagined for them is imagined from those.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from app.cache import Cache
from app.checkpoints import Checkpoints, Loaded
from app.compare import gap_frames, no_future
from app.compute import Compute
from app.gallery import Gallery
from app.limits import UserError
from app.patterns import Pattern, matching
from app.views import AtlasPair, AtlasTable, CodeCard, EmbodimentEffect, Placed

log = logging.getLogger(__name__)
SHEET_BYTES, MOST_THUMBNAILS = 120_000_000, 60
EXAMPLES, SHOWN = 6, 4


@dataclass(frozen=True, eq=False)
class _Book:
    """An atlas as it was read. rows: (clip, frame) -> row, of clips that are here."""

    atlas: Any
    table: AtlasTable
    rows: dict[tuple[str, int], int]
    flat: np.ndarray


class Atlases:
    """What the tab Atlas and the endpoint /atlas can do.

    explorer: the clips, and `still_of(model, embodiment)`. mapping: lapa's part, as
    `app.service.Mapping`. folder: of the atlas, which may be missing.
    """

    def __init__(
        self,
        explorer: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        mapping: Any,
        folder: Path,
    ) -> None:
        self._explorer, self._checkpoints, self._compute = explorer, checkpoints, compute
        self._lapa, self._folder = mapping, folder
        self._books = Cache(10, size=lambda _: 1)
        self._sheets = Cache(SHEET_BYTES, size=lambda sheet: sheet.nbytes)

    def table(self, model: str) -> AtlasTable:
        """Every point; UserError where there is no atlas of this model."""
        return self._book(model).table

    def latents(self, model: str, position: int) -> np.ndarray:
        """The latents of all points at one position, (N, D) float64."""
        return self._book(model).atlas.points.latent[:, position].astype(np.float64)

    def thumbnails(self, model: str, rows: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """x_t and x_t+H of up to MOST_THUMBNAILS points, small, in their own shape."""
        points = self._book(model).atlas.points
        chosen = [self._row(model, row) for row in list(rows)[:MOST_THUMBNAILS]]
        return [
            tuple(self._tile(getattr(points, end)[row]) for end in ("first", "second"))
            for row in chosen
        ]

    def pair(self, model: str, row: int) -> AtlasPair:
        """The pair behind a point."""
        book, loaded, row = self._book(model), self._usable(model), self._row(model, row)
        points = book.atlas.points
        codes = tuple(map(int, points.codes[row]))
        clip_id, index = str(points.clip[row]), int(points.index[row])
        whole = bool(book.table.shipped[row])
        if whole:
            frame = self._prepared(loaded, clip_id, index)
            future = self._prepared(loaded, clip_id, index + int(points.gap[row]))
        else:
            frame, future = (self._tile(n[row]) for n in (points.first, points.second))
        return AtlasPair(
            row=row,
            clip_id=clip_id,
            index=index,
            embodiment=str(points.embodiment[row]),
            task=str(points.task[row]),
            instruction=str(points.instruction[row]),
            split=str(points.split[row]),
            codes=codes,
            frame=frame,
            future=future,
            decoded=self._decoded(loaded, frame, codes),
            aspect=float(points.aspect[row]),
            whole=whole,
            neighbours=self._elsewhere(book, row),
        )

    def row_of(self, model: str, clip_id: str, index: int) -> int:
        """The point of a clip's pair that begins nearest to this frame.

        Raises:
            UserError: the clip has none.
        """
        table = self._book(model).table
        known = [own for own in self._book(model).rows if own[0] == clip_id]
        if not known:
            raise UserError(f"The clip {clip_id[:60]} has no point in the atlas.")
        nearest = min(known, key=lambda own: abs(own[1] - index))
        row = self._book(model).rows[nearest]
        assert table.index[row] == nearest[1]
        return row

    def place(self, model: str, clip_id: str, index: int, session: str | None) -> Placed:
        """Where any pair lies, a visitor's own too, by its nearest neighbours."""
        book, loaded = self._book(model), self._usable(model)
        clip = self._explorer.clip(clip_id, session)
        self._explorer.check_frame(clip, index)
        end = int(index) + gap_frames(loaded.view.gap_seconds, clip.fps)
        if end >= clip.frames:
            raise UserError(no_future(clip, loaded.view).replace("compare with", "place"))
        ends = (self._explorer.frame(clip_id, at, session) for at in (int(index), end))
        found = self._compute.encoding(loaded, *ends)
        latent = found.latent.reshape(-1)
        rows, apart = self._lapa.nearest(book.flat, latent, 8)
        return Placed(
            codes=found.codes,
            places={
                name: tuple(map(float, self._lapa.place(book.flat, own, latent)))
                for name, own in book.table.maps.items()
            },
            nearest=tuple(zip(map(int, rows), map(float, apart), strict=True)),
        )

    def matching(self, model: str, pattern: Pattern) -> np.ndarray:
        """Rows whose codes fit a pattern, (n,) int64."""
        return np.flatnonzero(matching(self._book(model).atlas.points.codes, pattern))

    def card(self, model: str, pattern: Pattern) -> CodeCard:
        """What a pattern stands for; UserError if no pair of the atlas has it."""
        book, loaded = self._book(model), self._usable(model)
        rows, table = self.matching(model, pattern), book.table
        if not len(rows):
            raise UserError("No pair of the atlas has these codes.")
        effects = tuple(
            effect(name, table.motion[own])
            for number, name in enumerate(table.embodiments)
            if len(own := rows[table.embodiment[rows] == number])
        )
        return CodeCard(
            pattern=tuple(pattern),
            pairs=len(rows),
            effects=effects,
            examples=examples(table, rows),
            shown=self._shown(loaded, pattern, effects),
            agreement=effect("", table.motion[rows]).agreement,
        )

    # Inside

    def _book(self, model: str) -> _Book:
        return self._books.get_or_make(model, lambda: self._read(model))

    def _read(self, model: str) -> _Book:
        try:
            atlas = self._lapa.read(self._folder)
        except FileNotFoundError as error:
            raise UserError("There is no atlas here; python -m lapa atlas makes one.") from error
        except (OSError, ValueError) as error:
            log.warning("the atlas cannot be read", exc_info=True)
            raise UserError("The atlas is damaged; python -m lapa atlas makes it anew.") from error
        if atlas.about.get("model") != model:
            made = str(atlas.about.get("model"))[:40]
            raise UserError(f"The atlas here is of the checkpoint {made}, not of {model[:40]}.")
        points = atlas.points
        here = {clip.id for clip in self._explorer.clips()}
        shipped = np.array([clip in here for clip in points.clip])
        columns = {}
        for name in ("embodiment", "task", "clip"):
            columns[name] = np.unique(getattr(points, name), return_inverse=True)
        table = AtlasTable(
            model=model,
            embodiments=tuple(map(str, columns["embodiment"][0])),
            tasks=tuple(map(str, columns["task"][0])),
            clips=tuple(map(str, columns["clip"][0])),
            embodiment=columns["embodiment"][1],
            task=columns["task"][1],
            clip=columns["clip"][1],
            index=points.index,
            codes=points.codes,
            direction=points.direction.astype(np.uint8),
            motion=points.motion,
            shipped=shipped,
            maps=atlas.maps,
            about=atlas.about,
        )
        rows = {
            (str(points.clip[row]), int(points.index[row])): int(row)
            for row in np.flatnonzero(shipped)
        }
        return _Book(atlas, table, rows, points.flat)

    def _row(self, model: str, row: Any) -> int:
        count = len(self._book(model).table)
        if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < count:
            raise UserError(f"There is no point {row!s:.20}; the atlas has 0 to {count - 1}.")
        return int(row)

    def _usable(self, name: str) -> Loaded:
        loaded = self._checkpoints.get(name)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        return loaded

    def _prepared(self, loaded: Loaded, clip_id: str, index: int) -> np.ndarray:
        return self._compute.prepared(
            loaded, clip_id, index, lambda: self._explorer.frame(clip_id, index)
        )

    def _decoded(self, loaded: Loaded, frame: np.ndarray, codes: Sequence[int]) -> np.ndarray:
        frame = self._compute.resize(loaded, frame)
        return self._compute.decode(loaded, frame, tuple(codes))[0]

    def _tile(self, number: int) -> np.ndarray:
        """A thumbnail, cut from its sheet."""
        name, column, row = self._lapa.sheet_of(number)

        def read() -> np.ndarray:
            try:
                with Image.open(self._folder / name) as sheet:
                    return np.asarray(sheet.convert("RGB"))
            except OSError as error:
                raise UserError(f"The atlas lacks {name}; make it anew.") from error

        sheet = self._sheets.get_or_make(name, read)
        side = sheet.shape[1] // 32
        return sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]

    def _elsewhere(self, book: _Book, row: int) -> tuple[tuple[int, float], ...]:
        """The nearest pair of each other embodiment, the nearest of all first."""
        table, found = book.table, []
        apart = np.square(book.flat - book.flat[row]).sum(1)
        for number in range(len(table.embodiments)):
            if number != table.embodiment[row]:
                own = np.flatnonzero(table.embodiment == number)
                nearest = int(own[apart[own].argmin()])
                found.append((nearest, float(np.sqrt(apart[nearest]))))
        return tuple(sorted(found, key=lambda each: each[1]))

    def _shown(
        self, loaded: Loaded, pattern: Pattern, effects: Sequence[EmbodimentEffect]
    ) -> tuple[tuple[str, np.ndarray, np.ndarray], ...]:
        """The pattern done on the embodiments that have most pairs of it."""
        ranked = sorted(effects, key=lambda each: -each.pairs)[:SHOWN]
        found = []
        for name in (each.embodiment for each in ranked):
            if name not in self._explorer.embodiments():
                continue
            clip = self._explorer.clips(name)[0]
            frame = self._prepared(loaded, clip.id, clip.frames // 3)
            rest = self._explorer.still_of(loaded.view.name, name)
            codes = tuple(r if c is None else c for c, r in zip(pattern, rest, strict=True))
            found.append((name, frame, self._decoded(loaded, frame, codes)))
        return tuple(found)


def effect(name: str, motion: np.ndarray) -> EmbodimentEffect:
    """The mean of motions (n, 2), and how far they agree: |mean of the unit vectors|."""
    motion = motion.astype(np.float64)
    length = np.hypot(*motion.T)
    moving = length > 0.004
    units = motion[moving] / length[moving, None]
    agreement = float(np.hypot(*units.mean(0))) if moving.any() else float("nan")
    right, down = motion.mean(0)
    return EmbodimentEffect(name, len(motion), (float(right), float(down)), agreement)


def examples(table: AtlasTable, rows: np.ndarray) -> tuple[int, ...]:
    """Rows that show best what these pairs have in common: the furthest along their own
    embodiment's mean motion, one a clip, embodiments in turn."""
    ranked: list[list[int]] = []
    for number in np.unique(table.embodiment[rows]):
        own = rows[table.embodiment[rows] == number]
        along = table.motion[own] @ table.motion[own].mean(0)
        own = own[np.argsort(-along, kind="stable")]
        _, first = np.unique(table.clip[own], return_index=True)
        ranked.append(own[np.sort(first)].tolist())
    ranked.sort(key=len, reverse=True)
    turns = [row for turn in range(EXAMPLES) for own in ranked for row in own[turn : turn + 1]]
    return tuple(turns[:EXAMPLES])
